package devices

import "github.com/synohm/synohm/internal/catalog"

// PCMJoshi is a phase-change cell by its spread after programming alone:
//
//	G0 = max(0, target + (0.28638599 + 0.07585724 target - 0.00178767 target^2) * xi), uS
//
// The fit is that of CrossSim's PCMJoshi, to Fig. 3(b) of the paper, measured
// 27 s after programming. Drift and noise of a read of such cells are in pcm.
type PCMJoshi struct{}

// PCMJoshiModel describes the cell.
func PCMJoshiModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name:      "pcm-joshi",
			Summary:   "phase-change cell of up to 25 uS: spread after programming alone",
			Equation:  "G0 = max(0, target + (0.28638599 + 0.07585724 target - 0.00178767 target^2) * xi) uS",
			Reference: "Joshi et al., Accurate deep neural network inference using computational phase-change memory, Nature Communications 11, 2473 (2020), Fig. 3(b); fit of CrossSim's PCMJoshi",
			Omits:     "drift and noise of a read (see pcm), temperature, random telegraph noise",
			Params:    &PCMJoshi{},
		},
		New: func(params any) (Cell, error) { return params.(*PCMJoshi), nil },
	}
}

const joshiHigh = 25 // uS

// Window is from a cell in full reset to the largest that was measured.
func (*PCMJoshi) Window() (low, high float64) { return 0, joshiHigh }

// Measured is the window.
func (*PCMJoshi) Measured() Measured { return Measured{High: joshiHigh} }

// Make makes cells in full reset.
func (p *PCMJoshi) Make(n int, seed uint64, first uint32) Cells {
	return makeStatistical(p.law(), "pcm-joshi", n, seed, first)
}

var joshiSpread = []float64{0.28638599, 0.07585724, -0.00178767}

func (*PCMJoshi) law() law {
	return law{
		program: func(target, xi float64) float64 {
			return max(0, target+float64(max(0, polynomial(target, joshiSpread))*xi))
		},
		later: stays,
	}
}

var (
	_ Cell    = (*PCMJoshi)(nil)
	_ Limited = (*PCMJoshi)(nil)
)
