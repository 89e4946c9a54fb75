// Package kernels holds the inner loops that runs spend their time in. Each
// has a portable form; some have one in assembly that gives the same bits.
//
// The assembly (AVX2, and AVX-512 of kernels that gain by it) is written by the
// generator in asm, a module of its own; the best form that the processor has
// is used, unless somebody asks for another one (Use). The rules that keep the bits the same: lanes run across
// neurons (or the lines of a crossbar), products and sums are rounded one by one (no fused multiply-add),
// and the additions of a neuron stand in one order. The tests hold every kernel
// to its portable form, bit by bit; only the payload of a NaN may differ.
//
// Products of matrices (Gemm) are the exception: in assembly they fuse product
// and sum, so they agree with the portable form within rounding. Their bits
// depend on no number of workers.
package kernels

//go:generate go -C asm run . -out ../vectors_amd64.s -stubs ../vectors_amd64.go -pkg kernels
