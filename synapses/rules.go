package synapses

import (
	"fmt"
	"math"
	"slices"

	"github.com/synohm/synohm/internal/catalog"
	"github.com/synohm/synohm/internal/philox"
)

// Rules lists the rules that join populations. A new rule is one line.
func Rules() catalog.Catalog {
	return catalog.Catalog{
		allToAllEntry(),
		oneToOneEntry(),
		fixedIndegreeEntry(),
		fixedOutdegreeEntry(),
		fixedTotalNumberEntry(),
		pairwiseBernoulliEntry(),
		distanceEntry(),
	}
}

// Selfs says whether a neuron may be joined with itself.
type Selfs struct {
	Autapses bool `yaml:"autapses" default:"true" doc:"a neuron may be joined with itself"`
}

// skips tells whether every neuron leaves itself out.
func (s Selfs) skips(w *Wiring) bool { return w.Same && !s.Autapses }

// choices is how many neurons one neuron can be joined with, of a population
// of n.
func (s Selfs) choices(w *Wiring, n int) int {
	if s.skips(w) {
		return n - 1
	}
	return n
}

// pairs is how many different pairs there are.
func (s Selfs) pairs(w *Wiring) float64 {
	return float64(s.choices(w, w.Sources)) * float64(w.Targets)
}

// Multiples says whether a pair may be joined more than once.
type Multiples struct {
	Multapses bool `yaml:"multapses" default:"true" doc:"a pair may be joined more than once"`
}

// checkDegree tells whether a neuron can have n synapses with so many others.
func checkDegree(rule string, n, others int, what string, multapses bool) error {
	switch {
	case others < 1:
		return fmt.Errorf("%s has no %s to choose: the only neuron is the same one; allow autapses", rule, what)
	case !multapses && n > others:
		return fmt.Errorf("%s of %d with %d %ss to choose from cannot be met; have n at most %d or multapses: true", rule, n, others, what, others)
	}
	return nil
}

// scaledCount is a whole number times a factor, at least 1.
func scaledCount(n int64, factor float64) int64 {
	return max(1, int64(math.Round(float64(n)*factor)))
}

// chooser draws numbers without replacement.
type chooser struct{ taken []uint64 }

// choose appends n different numbers below m, at most m of them, by the
// algorithm of Floyd (Bentley and Floyd, Communications of the ACM 30, 1987):
// n draws, any set equally likely.
func (c *chooser) choose(words *philox.Words, n, m int, into []int32) []int32 {
	if need := (m + 63) / 64; len(c.taken) < need {
		c.taken = make([]uint64, need)
	}
	first := len(into)
	for top := m - n; top < m; top++ {
		k := words.Below(top + 1)
		if c.taken[k/64]>>(k%64)&1 != 0 {
			k = top
		}
		c.taken[k/64] |= 1 << (k % 64)
		into = append(into, int32(k))
	}
	for _, k := range into[first:] {
		c.taken[k/64] = 0
	}
	return into
}

// draw appends n numbers below m, each independent of the others.
func draw(words *philox.Words, n, m int, into []int32) []int32 {
	into = slices.Grow(into, n)
	out := into[len(into) : len(into)+n]
	into = into[:len(into)+n]
	for k := uint64(m); len(out) > 0; {
		// 32 random bits over m choices: the bias is below m/2^32.
		b := words.Block()
		if len(out) < 4 {
			for i := range out {
				out[i] = int32(uint64(b[i]) * k >> 32)
			}
			break
		}
		out[0], out[1] = int32(uint64(b[0])*k>>32), int32(uint64(b[1])*k>>32)
		out[2], out[3] = int32(uint64(b[2])*k>>32), int32(uint64(b[3])*k>>32)
		out = out[4:]
	}
	return into
}

// skip makes numbers that leave one out: those from it on are one more.
func skip(numbers []int32, out int) {
	for i, s := range numbers {
		if int(s) >= out {
			numbers[i] = s + 1
		}
	}
}

// share is how many of n synapses fall to the left of two sides, which have so
// many places: any place equally likely, each taken once or, with multapses,
// any number of times.
func share(u float64, n, left, right int64, multapses bool) int64 {
	switch {
	case n == 0 || left == 0:
		return 0
	case right == 0:
		return n
	case multapses:
		return philox.Binomial(u, n, float64(left)/(float64(left)+float64(right)))
	}
	return philox.Hypergeometric(u, n, left, right)
}
