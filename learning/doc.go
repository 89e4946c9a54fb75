// Package learning trains networks. Its concepts:
//
//   - A Rule is the settings of how a network learns. It makes a Learner of the
//     layers that a configuration lists.
//   - A Learner takes batches (Learn), names classes (Scores), and keeps its state
//     for checkpoints.
//   - What a rule may see is in the type of its Signal method (signal.go): Own
//     is what a layer sees of itself, and a rule that takes anything else says so
//     by an argument more. A Stack carries batches through layers; a learner hands
//     each layer's rule no more than its method asks for.
//   - The Trainer drives every Learner alike: epochs, batches, schedules, early
//     stopping, checkpoints, metrics.
//
// Invariants: the same seed gives the same bits for any number of workers (dense
// products may differ between kernel paths), and a training that is cut by a
// checkpoint ends with those of one that is not. Draws depend on the number of the example in
// the data set, the epoch or the step, never on who draws.
//
// Below it: optimise (Adam, SGD), one package for every family of rules, and
// rules, the catalogue of all.
package learning
