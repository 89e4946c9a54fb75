package array

import (
	"fmt"
	"math"

	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/internal/philox"
)

// fitConverters makes the converters of a tile whose cells were just
// programmed, their ranges calibrated where the settings want it. They stay as
// they are while the cells drift.
func (t *tile) fitConverters() error {
	s := t.m.s
	if s.Output != nil {
		maximum, samples := t.outputs()
		if maximum == 0 {
			maximum = 1 // nothing ever flows
		}
		span, err := s.Output.Span(maximum, samples)
		if err != nil {
			return fmt.Errorf("tile at row %d, column %d: %w", t.row0, t.col0, err)
		}
		t.adc, err = converters.NewADC(*s.Output, len(t.digits)*t.cols, span, philox.Fork(t.seed, "adc"))
		if err != nil {
			return err
		}
	}
	if s.Input != nil {
		var sample []float32
		if s.Input.Range != converters.Maximum {
			sample = t.inputs()
		}
		span, err := s.Input.Span(1, sample)
		if err != nil {
			return fmt.Errorf("tile at row %d, column %d: %w", t.row0, t.col0, err)
		}
		t.dac, err = converters.NewDAC(*s.Input, span, philox.Fork(t.seed, "dac"))
		return err
	}
	return nil
}

var purposeCalibrate = philox.Purpose("devices.array.calibrate")

// calibrationVectors is how many random vectors ranges are calibrated with.
const calibrationVectors = 64

// outputs is the largest current that a column could give, all rows driven with
// its signs, and a sample of currents: random rows driven, without noise.
func (t *tile) outputs() (maximum float64, samples []float32) {
	st := philox.Stream{Seed: t.seed, Purpose: purposeCalibrate}
	y := make([]float32, t.cols)
	for d := range t.digits {
		current := t.digits[d].current
		sum := make([]float64, t.cols)
		for i, x := range current {
			sum[i%t.cols] += math.Abs(float64(x))
		}
		for _, x := range sum {
			maximum = max(maximum, x)
		}
		if t.m.s.Output.Range == converters.Maximum {
			continue // takes no sample
		}
		for v := range uint32(calibrationVectors) {
			clear(y)
			for r := range t.rows {
				if philox.Uniform(st.Word(uint32(r), v)) < t.m.s.Active {
					axpy(1, current[r*t.cols:(r+1)*t.cols], y)
				}
			}
			samples = append(samples, y...)
		}
	}
	return maximum, samples
}

// inputs is a sample of what rows are driven with: uniform in [-1, 1], or in
// [0, 1] where there are no signs.
func (t *tile) inputs() []float32 {
	st := philox.Stream{Seed: t.seed, Purpose: purposeCalibrate, Trial: 1}
	x := make([]float32, 4096)
	for i := range x {
		x[i] = float32(philox.Uniform(st.Word(uint32(i), 0)))
		if t.m.s.Input.Signed {
			x[i] = 2*x[i] - 1
		}
	}
	return x
}
