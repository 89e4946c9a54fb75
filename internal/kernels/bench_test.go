package kernels

import (
	"testing"

	"github.com/synohm/synohm/internal/philox"
)

const benchmarkSize = 12500 // one of two workers' part of 25,000 neurons

// perValue runs f with all forms and reports the time of one value.
func perValue(b *testing.B, unit string, f func()) {
	for _, form := range Forms() {
		use(b, form)
		b.Run(form, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkSize, "ns/"+unit)
		})
	}
	use(b, "auto")
}

func BenchmarkExpSlice(b *testing.B) {
	x, to := testFloats(benchmarkSize, 1, -20, 1), make([]float64, benchmarkSize)
	perValue(b, "value", func() { ExpSlice(to, x) })
}

func BenchmarkWords(b *testing.B) {
	to := make([]uint32, benchmarkSize)
	step := uint32(0)
	perValue(b, "word", func() {
		step++
		Words(philox.Stream{Seed: 1}, step, 0, to)
	})
}

func BenchmarkPoisson2(b *testing.B)   { poissonOf(b, 2) }
func BenchmarkPoisson20(b *testing.B)  { poissonOf(b, 20) }
func BenchmarkPoisson200(b *testing.B) { poissonOf(b, 200) }

func poissonOf(b *testing.B, mean float64) {
	to := make([]float32, benchmarkSize)
	table := NewPoissonTable(mean)
	step := uint32(0)
	perValue(b, "neuron", func() {
		step++
		table.Add(philox.Stream{Seed: 1}, step, 0, to, 0.1)
	})
}

// benchmarkInput is noise that takes cells to the threshold now and then, drawn
// before and used again in turn.
func benchmarkInput(low, high float64) func() []float32 {
	var in [16][]float32
	for k := range in {
		in[k] = (&draws{n: benchmarkSize, seed: uint64(k)}).floats(low, high)
	}
	k := 0
	return func() []float32 {
		k++
		return in[k%len(in)]
	}
}

func BenchmarkIAFPscDelta(b *testing.B) {
	c := &IAFPscDelta{Decay: 0.995, Rest: -0.35, VTh: -55, VReset: -70, Hold: 20}
	v, ref := testFloats(benchmarkSize, 1, -70, -55), make([]int32, benchmarkSize)
	jump := benchmarkInput(-0.9, 1.0)
	var spikes []int32
	perValue(b, "neuron", func() { spikes = c.Step(v, ref, jump(), nil, spikes[:0]) })
}

func BenchmarkIAFPscExp(b *testing.B) {
	c := &IAFPscExp{P22: 0.99, Rest: -0.7, P21Ex: 3.9e-3, P21In: 3.8e-3, P11Ex: 0.95, P11In: 0.94, VTh: -55, VReset: -70, Hold: 20}
	v, ref := testFloats(benchmarkSize, 1, -70, -55), make([]int32, benchmarkSize)
	ex, in := make([]float64, benchmarkSize), make([]float64, benchmarkSize)
	addEx, addIn := benchmarkInput(0, 52), benchmarkInput(-60, 0)
	var spikes []int32
	perValue(b, "neuron", func() { spikes = c.Step(v, ex, in, ref, addEx(), addIn(), nil, spikes[:0]) })
}

func BenchmarkIAFPscAlpha(b *testing.B) {
	c := &IAFPscAlpha{
		P33: 0.99, Rest: -0.7, P31Ex: 1.9e-5, P31In: 1.8e-5, P32Ex: 3.9e-3, P32In: 3.8e-3,
		P11Ex: 0.95, P11In: 0.94, P21Ex: 0.095, P21In: 0.094, P0Ex: 1.36, P0In: 1.35, VTh: -55, VReset: -70, Hold: 20,
	}
	some := func() []float64 { return make([]float64, benchmarkSize) }
	s := &IAFPscAlphaState{testFloats(benchmarkSize, 1, -70, -55), some(), some(), some(), some(), make([]int32, benchmarkSize)}
	addEx, addIn := benchmarkInput(0, 18), benchmarkInput(-25, 0)
	var spikes []int32
	perValue(b, "neuron", func() { spikes = c.Step(s, addEx(), addIn(), nil, spikes[:0]) })
}

func BenchmarkIAFCondExp(b *testing.B) {
	c := &IAFCondExp{GL: 16.7, Rest: -1169, EEx: 0, EIn: -85, Rate: -4e-4, DecayEx: 0.6, DecayIn: 0.95, VTh: -55, VReset: -60, Hold: 20}
	v, ref := testFloats(benchmarkSize, 1, -60, -55), make([]int32, benchmarkSize)
	gEx, gIn := make([]float64, benchmarkSize), make([]float64, benchmarkSize)
	addEx, addIn := benchmarkInput(0, 12), benchmarkInput(0, 2)
	var spikes []int32
	perValue(b, "neuron", func() { spikes = c.Step(v, gEx, gIn, ref, addEx(), addIn(), nil, spikes[:0]) })
}
