package sim

import (
	"fmt"
	"math"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/internal/philox"
)

// anyEvent draws events with many ties.
func anyEvent(t *rapid.T) event {
	return event{
		time: float64(rapid.IntRange(0, 3).Draw(t, "time")), target: int32(rapid.IntRange(0, 2).Draw(t, "target")),
		source: int32(rapid.IntRange(0, 2).Draw(t, "source")), sequence: uint64(rapid.IntRange(0, 2).Draw(t, "sequence")),
		next: uint32(rapid.IntRange(0, 2).Draw(t, "next")),
	}
}

// The model is a list that is sorted anew after every change.
func TestQueueAgreesWithASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q eventQueue
		var model []event
		order := func() { sort.SliceStable(model, func(i, j int) bool { return model[i].before(&model[j]) }) }
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				e := anyEvent(t)
				q.push(e)
				model = append(model, e)
				order()
			},
			"pop": func(t *rapid.T) {
				if len(model) == 0 {
					require.Empty(t, q)
					return
				}
				require.Equal(t, model[0], q.pop())
				model = model[1:]
			},
			"replace the first": func(t *rapid.T) {
				if len(model) == 0 {
					require.Empty(t, q)
					return
				}
				e := anyEvent(t)
				q.sink(e)
				model[0] = e
				order()
			},
			"": func(t *rapid.T) {
				require.Len(t, q, len(model))
				if len(model) > 0 {
					require.Equal(t, model[0], q[0])
				}
			},
		})
	})
}

func TestEventsAreOrderedByTimeTargetSourceSequenceAndPlace(t *testing.T) {
	want := []event{
		{time: 1, target: 9, source: 9, sequence: 9, next: 9},
		{time: 2, target: 1, source: 9, sequence: 9, next: 9},
		{time: 2, target: 2, source: 1, sequence: 9, next: 9},
		{time: 2, target: 2, source: 2, sequence: 1, next: 9},
		{time: 2, target: 2, source: 2, sequence: 2, next: 1},
		{time: 2, target: 2, source: 2, sequence: 2, next: 2},
	}
	rapid.Check(t, func(t *rapid.T) {
		var q eventQueue
		for _, e := range rapid.Permutation(want).Draw(t, "order of insertion") {
			q.push(e)
		}
		for _, e := range want {
			require.Equal(t, e, q.pop())
		}
	})
}

// The model is a table of times that is searched as a whole.
func TestWakesAgreeWithATable(t *testing.T) {
	const n = 6
	rapid.Check(t, func(t *rapid.T) {
		var w wakes
		for i := range int32(n) { // two trains after four neurons
			w.add(i % 4)
		}
		table := make([]float64, n)
		for i := range table {
			table[i] = math.Inf(1)
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				i := rapid.IntRange(0, n-1).Draw(t, "entity")
				at := float64(rapid.IntRange(0, 4).Draw(t, "time"))
				if at == 4 {
					at = math.Inf(1)
				}
				w.set(int32(i), at)
				table[i] = at
			},
			"": func(t *rapid.T) {
				first, some := -1, 0
				for i := range table {
					if math.IsInf(table[i], 1) {
						continue
					}
					some++
					if first < 0 || table[i] < table[first] || table[i] == table[first] && i%4 < first%4 {
						first = i
					}
				}
				require.Len(t, w.heap, some)
				if some > 0 {
					require.Equal(t, int32(first), w.heap[0])
				}
			},
		})
	})
}

// hold takes the first event out and puts it in again later: Vaucher and
// Duval's hold model, Comm. ACM 18 (1975).
func hold(q eventQueue, gaps []float64, n int) {
	for k := range n {
		e := q[0]
		e.time += gaps[k%len(gaps)]
		q.sink(e)
	}
}

func BenchmarkQueueHold(b *testing.B) {
	gaps := make([]float64, 1<<16)
	for i := range gaps {
		gaps[i] = -math.Log(philox.Uniform(philox.Stream{}.Word(uint32(i), 0)))
	}
	for _, size := range []int{100, 1000, 10000, 100000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var q eventQueue
			for i := range size {
				q.push(event{time: gaps[i%len(gaps)], target: int32(i)})
			}
			hold(q, gaps, 10*size)
			for b.Loop() {
				hold(q, gaps, 1000)
			}
			b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "events/s")
		})
	}
}
