package lines

import (
	"fmt"
	"math"
)

// Scheme is how the lines that are not selected are held while one cell is.
type Scheme int

const (
	// Grounded holds all other lines at 0 V: the other cells of the selected
	// word line see the full voltage, those of the selected bit line none.
	Grounded Scheme = iota
	// HalfVoltage (V/2) holds all other lines at half the voltage: the other
	// cells of the two selected lines see half of it, the rest none.
	HalfVoltage
	// ThirdVoltage (V/3) holds other word lines at a third and other bit lines
	// at two thirds of it: every cell but the selected one sees a third, of
	// either sign.
	ThirdVoltage
	// Floating leaves all other lines open: current reaches the selected bit
	// line by every path through other cells too, the sneak paths.
	Floating
)

var schemeNames = []string{Grounded: "grounded", HalfVoltage: "v/2", ThirdVoltage: "v/3", Floating: "floating"}

// String names a scheme: grounded, v/2, v/3 or floating.
func (s Scheme) String() string {
	if s < 0 || int(s) >= len(schemeNames) {
		return fmt.Sprintf("Scheme(%d)", int(s))
	}
	return schemeNames[s]
}

// Selected is the drive of a rows x cols crossbar that puts a voltage, in V,
// across the cell (row, col), from its word line to its bit line, which is at
// 0 V.
func Selected(rows, cols, row, col int, volt float64, scheme Scheme) (Drive, error) {
	if row < 0 || row >= rows || col < 0 || col >= cols {
		return Drive{}, fmt.Errorf("cell (%d, %d) is outside of %d x %d cells", row, col, rows, cols)
	}
	var word, bit float64
	switch scheme {
	case Grounded:
	case HalfVoltage:
		word, bit = volt/2, volt/2
	case ThirdVoltage:
		word, bit = volt/3, volt*2/3
	case Floating:
		word, bit = math.NaN(), math.NaN()
	default:
		return Drive{}, fmt.Errorf("%v is none of the schemes grounded, v/2, v/3, floating", scheme)
	}
	d := Drive{Word: make([]float64, rows), Bit: make([]float64, cols)}
	for i := range d.Word {
		d.Word[i] = word
	}
	for j := range d.Bit {
		d.Bit[j] = bit
	}
	d.Word[row], d.Bit[col] = volt, 0
	return d, nil
}

// OneTransistor is the network of an array of cells with a transistor each (1T1R)
// while the gates of the given rows are open: there the transistor, of ohm
// resistance, is in series with the cell; the cells of all other rows conduct
// nothing. The cell must be ohmic: in series with a resistor, a curve is another
// curve.
func (n *Network) OneTransistor(rows []int, ohm float64) (*Network, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	if n.Curve != nil {
		return nil, fmt.Errorf("a transistor in series with cells that are not ohmic: give the curve of both together, and conductances of 0 to the other rows")
	}
	if !(ohm >= 0) || math.IsInf(ohm, 1) {
		return nil, fmt.Errorf("transistor of %g ohm; must be finite and not negative", ohm)
	}
	to := *n
	to.G = make([]float64, len(n.G))
	for _, i := range rows {
		if i < 0 || i >= n.Rows {
			return nil, fmt.Errorf("row %d is outside of %d rows", i, n.Rows)
		}
		for k := i * n.Cols; k < (i+1)*n.Cols; k++ {
			to.G[k] = n.G[k] / (1 + float64(n.G[k]*ohm))
		}
	}
	return &to, nil
}
