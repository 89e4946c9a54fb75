// Package rules is the catalogue of what can train a network.
package rules

import (
	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/learning/backprop"
	"github.com/synohm/synohm/learning/eqprop"
	"github.com/synohm/synohm/learning/ewc"
	"github.com/synohm/synohm/learning/forward"
	"github.com/synohm/synohm/learning/lls"
	"github.com/synohm/synohm/learning/scalable"
	"github.com/synohm/synohm/learning/zeroth"
)

// Catalog lists the rules; their Params are a learning.Rule. A new rule is one
// line.
func Catalog() catalog.Catalog {
	all := catalog.Catalog{
		forward.FFEntry(),
		forward.CollabEntry(),
		forward.RecurrentEntry(),
		scalable.ConvEntry(),
		forward.BPFFEntry(),
		backprop.BPEntry(),
		backprop.FAEntry(),
		backprop.DFAEntry(),
		eqprop.Entry(),
		zeroth.ZOEntry(),
		zeroth.SignEntry(),
		zeroth.ConserveEntry(),
		zeroth.SPSAEntry(),
		zeroth.ForwardGradEntry(),
		ewc.Entry(),
	}
	return append(all, lls.Entries()...)
}
