// Package formats holds the numbers that a digital memory of a few bits can
// keep: symmetric integers of 2 to 16 bits, and the 8-bit floating-point
// formats E4M3 and E5M2.
//
// Rounding goes to the nearest number, ties to the even one, or stochastically,
// by a word of randomness that the caller gives: a format draws nothing itself.
// What is beyond the largest number becomes that number (saturating) or what
// the format has for it (an infinity or a NaN).
//
// Sources: OCP 8-bit Floating Point Specification (OFP8), revision 1.0, 2023 (the
// formats and the two modes of conversion); Micikevicius et al., FP8 formats for
// deep learning, arXiv 2209.05433, table 1. Integers: Jacob et al., CVPR 2018,
// section 2.1 with zero point 0. Stochastic rounding: Gupta et al., ICML 2015,
// section 3.
package formats
