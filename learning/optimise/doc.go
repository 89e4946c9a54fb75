// Package optimise turns derivatives into changes of parameters. A Method is
// the settings; an Updater is the method at work on the parameters of one
// layer, with the state that it keeps for them.
//
// Weights that are plain numbers are changed in place. Others get a matrix of
// changes (DenseWeights.Add), or, where the method keeps no state of its own,
// the factors of the derivative (DenseWeights.AddOuter), which an array turns
// into pulses where its rows and columns meet.
package optimise
