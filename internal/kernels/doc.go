// Package kernels holds the inner loops that runs spend their time in. Each
// has a portable form; some have one in assembly that gives the same bits.
package kernels
