// Package tasks turns a configuration into an experiment and runs it: data,
// network, training, scores, and the run folder that keeps them.
//
// Load reads a file into an Experiment and finds every mistake; the block
// under task: decides what runs. Everything about one task is in the files
// named after it.
package tasks
