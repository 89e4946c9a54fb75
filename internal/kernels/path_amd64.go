package kernels

import "golang.org/x/sys/cpu"

// best is the best form that the processor and its system have. The products of
// matrices in AVX2 need fused products and sums, which came with it.
var best = func() form {
	switch x := &cpu.X86; {
	case x.HasAVX2 && x.HasFMA && x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL:
		return avx512
	case x.HasAVX2 && x.HasFMA:
		return avx2
	}
	return portable
}()
