package devices

import "github.com/synohm/synohm/internal/catalog"

// RRAMWanCrossSim is the resistive cell of the NeuRRAM chip by its spread one
// second after programming, in CrossSim's fit; reram-wan is aihwkit's, with the
// later times.
//
//	G0 = max(0, target + (1.053 + 0.2374 target - 1.167e-2 target^2 + 1.536e-4 target^3) * xi), uS
type RRAMWanCrossSim struct{}

// RRAMWanCrossSimModel describes the cell.
func RRAMWanCrossSimModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "rram-wan-crosssim",
			Summary:   "resistive cell of the NeuRRAM chip by CrossSim's fit: spread at 1 s alone",
			Equation:  "G0 = max(0, target + (1.053 + 0.2374 target - 1.167e-2 target^2 + 1.536e-4 target^3) * xi) uS",
			Reference: "Wan et al., Nature 608 (2022), Extended Data Fig. 3; fit of CrossSim's RRAMWan",
			Omits:     "relaxation (see reram-wan), noise of a read, temperature, random telegraph noise",
			Params:    &RRAMWanCrossSim{},
		},
		New: func(params any) (Cell, error) { return params.(*RRAMWanCrossSim), nil },
	}
}

const wanCrossSimHigh = 39.26 // uS, up to which the fit holds

// Window is from 0 to the end of the fit.
func (*RRAMWanCrossSim) Window() (low, high float64) { return 0, wanCrossSimHigh }

// Measured is the window.
func (*RRAMWanCrossSim) Measured() Measured { return Measured{High: wanCrossSimHigh} }

// Make makes cells that conduct nothing.
func (p *RRAMWanCrossSim) Make(n int, seed uint64, first uint32) Cells {
	return makeStatistical(p.law(), "rram-wan-crosssim", n, seed, first)
}

var wanCrossSimSpread = []float64{1.053, 0.2374, -1.167e-2, 1.536e-4}

func (*RRAMWanCrossSim) law() law {
	return law{
		program: func(target, xi float64) float64 {
			return max(0, target+float64(max(0, polynomial(target, wanCrossSimSpread))*xi))
		},
		later: stays,
	}
}

var (
	_ Cell    = (*RRAMWanCrossSim)(nil)
	_ Limited = (*RRAMWanCrossSim)(nil)
)
