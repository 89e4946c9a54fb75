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
// Ohm, siemens, volts and amperes throughout. A conductance of 0 is an open
// cell; a line of resistance 0 is one node.
package lines
