// Package lines solves what the resistance of its lines does to a crossbar:
// the whole network of word lines, cells and bit lines by Kirchhoff's laws.
//
// Geometry. Word lines run from left to right, bit lines from top to bottom; a
// cell joins word line i and bit line j where they cross, at the nodes (i, j)
// of either. A word line is driven from the left, through the resistance of its
// source and one segment before its first cell; a bit line ends at the bottom,
// behind its last cell, in one segment and the resistance of its sense
// amplifier. The far ends are open. That is 2 rows*cols nodes.
//
//	word (i,j): (v[i,j] - v[i,j-1])/r_word + (v[i,j] - v[i,j+1])/r_word + I(g, v[i,j] - u[i,j]) = 0
//	bit  (i,j): (u[i,j] - u[i-1,j])/r_bit  + (u[i,j] - u[i+1,j])/r_bit  - I(g, v[i,j] - u[i,j]) = 0
//
// What is given is exact but for rounding: ohmic networks are solved by conjugate
// gradients in which all lines of a kind are solved at once (system), lines
// without resistance as single nodes (rigid), other cells by Newton's method
// around it (Curve). A Solver is a network made ready for many drives; Effective
// makes of a network and its lines one matrix; Approximate is for where little
// accuracy will do, and tells how little. The numbers are the same bits for any
// number of workers, for a batch and its drives one by one, and for every form of
// the kernels.
//
// A Solver takes 3 numbers of 8 bytes a cell, a solution on its way 4 more.
//
// Ohm, siemens, volts and amperes throughout. A conductance of 0 is an open
// cell; a line of resistance 0 is one node.
package lines
