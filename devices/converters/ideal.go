package converters

// IdealInput drives rows with the numbers themselves.
func IdealInput() Input {
	return Input{Drive: Amplitude, Signed: true, Management: None, Scale: 1, Range: Maximum, Digit: 1, Percentile: 100}
}

// IdealOutput gives what the columns give.
func IdealOutput() Output {
	return Output{Kind: Ideal, Signed: true, Range: Maximum, Bounds: None, MaxFactor: 1, MaxRes: 1, Share: 1, Percentile: 100}
}

// Round writes what inputs are once they were divided by scale and converted,
// without noise. A scale of 0 is that of a vector that was not sent.
func (d *DAC) Round(scale float64, x, out []float32) {
	if scale == 0 {
		clear(out)
		return
	}
	for i, v := range x {
		r, _ := d.grid.round(float64(v) / scale)
		out[i] = float32(r * scale)
	}
}
