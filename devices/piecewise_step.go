package devices

import (
	"errors"
	"fmt"
	"math"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/config"
)

// PiecewiseStep is a cell whose steps are given by a table over its range and
// linear between the nodes, the first of which stands at the lower bound and the
// last at the upper one:
//
//	x = (w - b_min)/(b_max - b_min) (nodes - 1),  k = floor(x)
//	up:   w = w + scale_up   ((k + 1 - x) up[k]   + (x - k) up[k+1])   (1 + dw_min_std xi)
//	down: w = w - scale_down ((k + 1 - x) down[k] + (x - k) down[k+1]) (1 + dw_min_std xi)
//
// A table of one node is that everywhere. A stuck cell does not move.
type PiecewiseStep struct {
	StepParams `yaml:",inline"`

	Up   []float64 `yaml:"piecewise_up" default:"[1]" range:"[-1000, 1000]" doc:"up steps from w_min to w_max, in steps"`
	Down []float64 `yaml:"piecewise_down" default:"[1]" range:"[-1000, 1000]" doc:"down steps from w_min to w_max, in steps"`
}

const maxNodes = 1000

// PiecewiseStepModel describes the cell.
func PiecewiseStepModel() Model {
	return Model{
		Entry: catalog.Entry{
			Name: "piecewise-step", Summary: "pulsed cell whose steps are a table over its range",
			Equation: "x = (w - b_min)/(b_max - b_min) (nodes - 1), k = floor(x)\nup:   w = w + scale_up ((k + 1 - x) up[k] + (x - k) up[k+1]) (1 + dw_min_std xi)\n" +
				"down: w = w - scale_down ((k + 1 - x) down[k] + (x - k) down[k+1]) (1 + dw_min_std xi)\n" + stepEquation,
			Reference: rasch2021,
			Omits:     stepOmits,
			Params:    &PiecewiseStep{},
		},
		New: func(params any) (Cell, error) { return params.(*PiecewiseStep), nil },
	}
}

// Validate wants nodes.
func (p *PiecewiseStep) Validate() error {
	errs := []error{p.StepParams.Validate()}
	for _, t := range []struct {
		field string
		nodes []float64
	}{{"piecewise_up", p.Up}, {"piecewise_down", p.Down}} {
		if len(t.nodes) < 1 || len(t.nodes) > maxNodes {
			errs = append(errs, config.FieldError{Field: t.field, Rule: fmt.Sprintf("needs 1 to %d nodes", maxNodes)})
		}
	}
	return errors.Join(errs...)
}

// Make draws the population.
func (p *PiecewiseStep) Make(n int, seed uint64, first uint32) Cells {
	of := p.draw(n, seed, first)
	return p.cells(of, &piecewiseRule{population: of, nodesUp: p.Up, nodesDown: p.Down, std: p.DwMinStd}, seed, first)
}

// Nominal is the cell without any spread or noise.
func (p *PiecewiseStep) Nominal() Cell { return &PiecewiseStep{p.nominal(), p.Up, p.Down} }

type piecewiseRule struct {
	population
	nodesUp, nodesDown []float64
	std                float64
}

func (r *piecewiseRule) pulses(i int, w float64, up bool, xi []float64) float64 {
	low, high := r.low[i], r.high[i]
	if !(high > low) {
		return w
	}
	scale, nodes := r.up[i], r.nodesUp
	if !up {
		scale, nodes = -r.down[i], r.nodesDown
	}
	last := float64(len(nodes) - 1)
	for _, x := range xi {
		part := nodes[0]
		if last > 0 {
			at := float64((w - low) / (high - low) * last)
			k := int(min(math.Floor(at), last-1))
			f := at - float64(k)
			part = float64((1-f)*nodes[k]) + float64(f*nodes[k+1])
		}
		w = clamp(w+float64(scale*part*(1+float64(r.std*x))), low, high)
	}
	return w
}

var _ Nominal = (*PiecewiseStep)(nil)
