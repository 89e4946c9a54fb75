package rules

import (
	"testing"

	"github.com/synohm/synohm/learning/learningtest"
)

// What a rule reaches on the quadrants in eight epochs, where it is not the
// usual, and the layers that it needs.
var options = map[string]learningtest.Options{
	"ff-conv": {Error: 0.3, Specs: windows()},
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
