package learning_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/learning"
)

func TestScheduleFactor(t *testing.T) {
	for _, c := range []struct {
		s            learning.Schedule
		part, factor float64
	}{
		{learning.Schedule{Kind: "constant"}, 0.9, 1},
		{learning.Schedule{Kind: "cooldown", From: 0.5}, 0.5, 1},
		{learning.Schedule{Kind: "cooldown", From: 0.5}, 0.75, 0.5},
		{learning.Schedule{Kind: "cooldown", From: 0.5}, 1, 0},
		{learning.Schedule{Kind: "cooldown", From: 1}, 1, 1},
		{learning.Schedule{Kind: "cosine"}, 0, 1},
		{learning.Schedule{Kind: "cosine"}, 0.5, 0.5},
		{learning.Schedule{Kind: "cosine"}, 1, 0},
		{learning.Schedule{Kind: "halves", Halvings: 3}, 0.24, 1},
		{learning.Schedule{Kind: "halves", Halvings: 3}, 0.25, 0.5},
		{learning.Schedule{Kind: "halves", Halvings: 3}, 0.99, 0.125},
		{learning.Schedule{Kind: "constant", Warm: 0.2}, 0, 0},
		{learning.Schedule{Kind: "constant", Warm: 0.2}, 0.1, 0.5},
		{learning.Schedule{Kind: "constant", Warm: 0.2}, 0.2, 1},
	} {
		require.InDelta(t, c.factor, c.s.Factor(c.part), 1e-12, "%+v at %g", c.s, c.part)
	}
}
