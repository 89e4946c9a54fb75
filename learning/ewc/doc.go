// Package ewc holds elastic weight consolidation: backpropagation that keeps
// the weights on which earlier tasks depend near to where those tasks left them.
package ewc
