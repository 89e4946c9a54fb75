package devices_test

import (
	"math"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
)

// The cells of these tests do what they are told, so that what is seen is the
// effect: exact are programmed, stepping pulsed by 1 uS, following driven by
// 1 uS for every V*s. They are read with a noise of a tenth of what they
// conduct, in a window of 10 to 90 uS.
type plainCell struct{ kind string }

func (plainCell) Window() (low, high float64) { return 10, 90 }

func (c plainCell) Make(n int, _ uint64, _ uint32) devices.Cells {
	p := plainCells{make([]float32, n)}
	for i := range p.g {
		p.g[i] = 50
	}
	switch c.kind {
	case "stepping":
		return steppingCells{p}
	case "rigid": // stepping, but cannot be set
		return rigidCells{steppingCells{p}}
	case "following":
		return followingCells{p}
	}
	return exactCells{p}
}

type plainCells struct{ g []float32 }

func (p plainCells) Conductance(_ float64, g, sigma []float32) {
	copy(g, p.g)
	for i := range sigma {
		sigma[i] = p.g[i] / 10
	}
}

func (p plainCells) State() []devices.Variable {
	return []devices.Variable{{Name: "g", Unit: "uS", Doc: "conductance", Values: p.g}}
}

func (p plainCells) at(cells []int32, k int) *float32 {
	if cells == nil {
		return &p.g[k]
	}
	return &p.g[cells[k]]
}

func (p plainCells) put(cells []int32, g []float32) {
	for k, x := range g {
		*p.at(cells, k) = x
	}
}

type exactCells struct{ plainCells }

func (p exactCells) Program(_ float64, cells []int32, target []float32) { p.put(cells, target) }

type steppingCells struct{ plainCells }

func (p steppingCells) Pulse(_ float64, cells []int32, pulses []int32) {
	for k, n := range pulses {
		g := p.at(cells, k)
		*g = min(max(*g+float32(n), 10), 90)
	}
}

func (p steppingCells) Set(_ float64, cells []int32, g []float32) { p.put(cells, g) }

type rigidCells struct{ steppingCells }

func (rigidCells) Set() {} // of another signature, which hides the right one

type followingCells struct{ plainCells }

func (p followingCells) Apply(_ float64, cells []int32, volts []float64, seconds float64) error {
	for k, v := range volts {
		g := p.at(cells, k)
		*g = min(max(*g+float32(v*seconds), 10), 90)
	}
	return nil
}

func (p followingCells) Current(cell int, volt float64) float64 {
	return 1e-6 * float64(p.g[cell]) * volt
}

func (p followingCells) Set(_ float64, cells []int32, g []float32) { p.put(cells, g) }

var (
	_ devices.Programmable = exactCells{}
	_ devices.Settable     = steppingCells{}
	_ devices.Settable     = followingCells{}
	_ devices.Driven       = followingCells{}
	_ devices.Pulsed       = rigidCells{}
)

// defaults are the settings of an effect as they are without a word.
func defaults[T any](change func(*T)) *T {
	e := new(T)
	config.Defaults(e, nil)
	if change != nil {
		change(e)
	}
	return e
}

func block(t require.TestingT, kind string, e devices.Effects, n int, seed uint64, first uint32) *devices.Block {
	b, err := devices.NewBlock(plainCell{kind}, e, n, seed, first)
	require.NoError(t, err)
	return b
}

func fill[T any](n int, x T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = x
	}
	return s
}

func look(b *devices.Block, t float64) (g, sigma []float32) {
	g, sigma = make([]float32, b.Len()), make([]float32, b.Len())
	b.Conductance(t, g, sigma)
	return g, sigma
}

const many = 100_003 // cells

// hasMoments checks mean and standard deviation within five standard errors;
// excess is the kurtosis of the law beyond 3.
func hasMoments(t *testing.T, x []float64, mean, std, excess float64) {
	t.Helper()
	n := float64(len(x))
	m, s := stat.MeanStdDev(x, nil)
	require.InDelta(t, mean, m, 5*std/math.Sqrt(n))
	require.InDelta(t, std, s, 5*std*math.Sqrt((excess+2)/(4*n)))
}

// follows compares with a distribution function by Kolmogorov and Smirnov, at
// p = 0.001.
func follows(t *testing.T, x []float64, cdf func(float64) float64) {
	t.Helper()
	x = append([]float64(nil), x...)
	sort.Float64s(x)
	n, worst := float64(len(x)), 0.0
	for i, v := range x {
		p := cdf(v)
		worst = max(worst, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
	}
	require.Less(t, worst, 1.95/math.Sqrt(n))
}

// isShare checks a number of cells against a probability, within five standard
// errors.
func isShare(t *testing.T, p float64, count, n int) {
	t.Helper()
	require.InDelta(t, p*float64(n), count, 5*math.Sqrt(float64(n)*p*(1-p))+1e-9)
}

// formed is a cell that is never programmed.
func formed(noise float64) *devices.FormedReRAM {
	return &devices.FormedReRAM{GMean: 14.2473, GStd: 2.4624, ReadNoise: noise}
}
