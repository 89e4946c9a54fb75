package converters

// IdealInput drives rows with the numbers themselves.
func IdealInput() Input {
	return Input{Drive: Amplitude, Signed: true, Management: None, Scale: 1, Range: Maximum, Digit: 1, Percentile: 100}
}

// IdealOutput gives what the columns give.
func IdealOutput() Output {
	return Output{Kind: Ideal, Signed: true, Range: Maximum, Bounds: None, MaxFactor: 1, MaxRes: 1, Share: 1, Percentile: 100}
}

// Round writes what inputs are once they are converted, without noise.
func (d *DAC) Round(x, out []float32) {
	scale := d.Scale(x)
	if scale == 0 {
		scale = d.span
	}
	for i, v := range x {
		r, _ := d.grid.round(float64(v) / scale)
		out[i] = float32(r * scale)
	}
}
