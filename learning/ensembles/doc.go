// Package ensembles looks at what the hidden layers of a trained network make of
// examples: how sparse their activity is, and which units are active for which
// class.
//
//	S = (sqrt n - |h|_1 / |h|_2) / (sqrt n - 1)
//
// is the sparsity of a layer of n units for one example: 1 where a single unit is
// active, 0 where all are equally so (Hoyer, J. Mach. Learn. Res. 5:1457 (2004)).
// An example without an active unit has none; such are counted, and left out of
// the mean.
//
// A unit is active for an example where its activity is at least a part of the
// greatest of its layer. The ensemble of a class is the units that are active for
// a part of its examples (Tosato et al., Emergent representations in networks
// trained with the forward-forward algorithm, TMLR (2025), arXiv 2305.18353, have
// ensembles of units that are reliably active; both parts are ours, and settings).
// Only examples whose class the network names count, as there.
package ensembles
