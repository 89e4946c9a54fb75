package rules

import (
	"testing"

	"github.com/synohm/synohm/learning/learningtest"
)

// What a rule reaches on the quadrants in eight epochs, where it is not the
// usual, and the layers that it needs.
var options = map[string]learningtest.Options{
	"fa":         {Error: 0.1, Epochs: 40},
	"dfa":        {Error: 0.1, Epochs: 40},
	"eqprop":     {Error: 0.1, Epochs: 20},
	"lls":        {Error: 0.1, Epochs: 30},
	"lls-m":      {Error: 0.1, Epochs: 30},
	"lls-mxm":    {Error: 0.1, Epochs: 30},
	"lls-random": {Error: 0.1, Epochs: 30},
	// Eighty steps are few for rules that know the loss alone.
	"zo-sgd":       {Error: 0.3},
	"zo-sign":      {Error: 0.3},
	"zo-conserve":  {Error: 0.3},
	"spsa":         {Error: 0.6},
	"forward-grad": {Error: 0.3},
	"ff-conv":      {Error: 0.3, Specs: windows()},
}

func TestEveryRuleKeepsItsContract(t *testing.T) {
	for _, e := range Catalog() {
		t.Run(e.Name, func(t *testing.T) {
			learningtest.Documented(t, e)
			o, ok := options[e.Name]
			if !ok {
				o = learningtest.Options{Error: 0.1}
			}
			learningtest.Contract(t, learningtest.Rule(e), o)
		})
	}
}

func TestWorkersShareLargeLayers(t *testing.T) {
	for _, e := range Catalog() {
		t.Run(e.Name, func(t *testing.T) { learningtest.Shared(t, learningtest.Rule(e)) })
	}
}
