package programming_test

import (
	"context"
	"errors"
	"math"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices/programming"
	"github.com/synohm/synohm/devices/programming/programmingtest"
	"github.com/synohm/synohm/internal/config"
)

// algorithm is that of a name with its defaults.
func algorithm[A programming.Algorithm](t require.TestingT, name string, change func(A)) A {
	e, ok := programming.Catalog().Find(name)
	require.True(t, ok)
	a := config.EntryDefaults(e).(A)
	if change != nil {
		change(a)
	}
	return a
}

func ispp(t require.TestingT, change func(*programming.ISPP)) *programming.ISPP {
	return algorithm(t, "ispp", change)
}

func limits() (l programming.Limits) {
	config.Defaults(&l, nil)
	return l
}

// all are the first n cells with one target.
func all(n int, target float32) (cells []int32, targets []float32) {
	for i := range n {
		cells, targets = append(cells, int32(i)), append(targets, target)
	}
	return cells, targets
}

func TestAlgorithmsHaveLegalDefaultsAndDocs(t *testing.T) {
	require.NoError(t, programming.Catalog().Check())
	for _, e := range programming.Catalog() {
		a := config.EntryDefaults(e).(programming.Algorithm)
		require.NoError(t, a.Validate(), e.Name)
		for _, f := range config.EntryFields(e) {
			require.NotEmpty(t, f.Doc, "%s.%s", e.Name, f.Key)
		}
		_, err := programming.Run(t.Context(), programmingtest.Writable{Cells: programmingtest.Many(programmingtest.Good, 1)}, a, limits(), nil, nil)
		require.NoError(t, err, "%s is within the default limits", e.Name)
	}
}

// Each kind of cell gets the verdict that it deserves, from each algorithm.
func TestVerdicts(t *testing.T) {
	kinds := []programmingtest.Kind{
		programmingtest.Good, programmingtest.StuckLow, programmingtest.StuckHigh,
		programmingtest.Unformed, programmingtest.Lazy, programmingtest.Good,
	}
	want := []programming.Verdict{
		programming.Reached, programming.StuckLow, programming.StuckHigh,
		programming.NotFormed, programming.GaveUp, programming.Reached,
	}
	cells, target := all(len(kinds), 50)
	target[5] = 10.5 // where it is already
	for _, noise := range []float64{0, 0.2} {
		for _, a := range []programming.Algorithm{
			ispp(t, nil), algorithm[*programming.WriteVerify](t, "write-verify", nil),
		} {
			port := programmingtest.New(kinds...)
			port.Noise = noise
			r, err := programming.Run(t.Context(), port, a, limits(), cells, target)
			require.NoError(t, err)
			for k, c := range r.Cells {
				require.Equal(t, want[k], c.Verdict, "%T, cell %d at %g uS", a, k, c.G)
				require.Equal(t, port.Sent(c.Cell), c.Pulses)
			}
			require.Zero(t, r.Cells[5].Pulses, "a cell at its target gets no pulse")
		}
	}
}

func TestOneShotWritesOnce(t *testing.T) {
	cells, target := all(400, 50)
	target[7] = 10
	port := programmingtest.Writable{Cells: programmingtest.Many(programmingtest.Good, 400)}
	port.Spread = 0.2 // 2 uS
	a := algorithm[*programming.OneShot](t, "one-shot", nil)
	r, err := programming.Run(t.Context(), port, a, limits(), cells, target)
	require.NoError(t, err)
	for k, c := range r.Cells {
		require.Equal(t, k != 7, c.Pulses == 1)
		require.Equal(t, math.Abs(float64(c.G-c.Target)) <= 1, c.Verdict == programming.Reached)
	}
	// P(|N(0, 2)| < 1) = 0.3829.
	require.InDelta(t, 0.3829, float64(r.Count(programming.Reached))/400, 5*math.Sqrt(0.3829*0.6171/400))
	require.Contains(t, r.Summary(), "400 cells: ")
	require.Contains(t, r.Summary(), "1.0 pulses and ")

	_, err = programming.Run(t.Context(), port.Cells, a, limits(), cells, target)
	require.ErrorContains(t, err, "use ispp or write-verify")
}

// Writing until it fits takes 1/p writes on average, p = P(|N(0, s)| < tolerance).
func TestWriteVerifyWritesUntilItFits(t *testing.T) {
	const n = 2000
	cells, target := all(n, 50)
	for _, tolerance := range []float64{0.5, 1, 2} {
		port := programmingtest.Writable{Cells: programmingtest.Many(programmingtest.Good, n)}
		port.Spread = 0.2
		a := algorithm(t, "write-verify", func(a *programming.WriteVerify) { a.Tolerance = tolerance })
		r, err := programming.Run(t.Context(), port, a, limits(), cells, target)
		require.NoError(t, err)
		pulses := 0
		for _, c := range r.Cells {
			pulses += c.Pulses
		}
		p := math.Erf(tolerance / 2 / math.Sqrt2)
		// A geometric count has mean 1/p and variance (1-p)/p^2.
		require.InDelta(t, 1/p, float64(pulses)/n, 5*math.Sqrt((1-p)/n)/p)
		require.Equal(t, n, r.Count(programming.Reached))
	}
}

// A cell that is reached, by readings with noise, is truly within the tolerance
// with the probability that two readings allow; more reads a reading and
// hysteresis bring more cells there.
func TestNoisyCellsConverge(t *testing.T) {
	const n = 600
	cells, target := all(n, 40)
	truly := func(change func(*programming.ISPP)) (reached, within float64) {
		port := programmingtest.Many(programmingtest.Good, n)
		port.Noise, port.Spread = 0.5, 0.3
		r, err := programming.Run(t.Context(), port, ispp(t, change), limits(), cells, target)
		require.NoError(t, err)
		for _, g := range port.G {
			if math.Abs(g-40) <= 1 {
				within += 1. / n
			}
		}
		return float64(r.Count(programming.Reached)) / n, within
	}
	reached, single := truly(func(a *programming.ISPP) { a.Confirm = false })
	require.Equal(t, 1.0, reached)
	_, confirmed := truly(nil)
	_, averaged := truly(func(a *programming.ISPP) { a.Reads, a.Drop = 16, 1 })
	_, tight := truly(func(a *programming.ISPP) { a.Reads, a.Hysteresis = 16, 30 })
	t.Logf("truly within tolerance: one read %.3f, confirmed %.3f, averages of 16 %.3f, tighter too %.3f", single, confirmed, averaged, tight)
	require.Less(t, single, confirmed)
	require.Less(t, confirmed, averaged)
	require.Less(t, averaged, tight)
	require.Greater(t, tight, 0.99)

	// A wider tolerance is reached by more cells where pulses are few.
	before := 0.0
	for _, tolerance := range []float64{0.1, 0.3, 1, 3} {
		reached, _ := truly(func(a *programming.ISPP) { a.Tolerance, a.Turns = tolerance, 0 })
		require.Greater(t, reached, before)
		before = reached
	}
	require.Greater(t, before, 0.95)
}

// Relaxing cells leave their tolerance; epochs bring them back, and what the
// last look finds is what is reported.
func TestRelaxingCellsAreWrittenAgain(t *testing.T) {
	const n = 50
	cells, target := all(n, 40)
	run := func(epochs int) (*programming.Report, *programmingtest.Cells) {
		port := programmingtest.Many(programmingtest.Relaxing, n)
		r, err := programming.Run(t.Context(), port, ispp(t, func(a *programming.ISPP) { a.Epochs = epochs }), limits(), cells, target)
		require.NoError(t, err)
		for k, c := range r.Cells {
			require.InDelta(t, port.G[k], c.G, 1e-4, "the report is of the last look")
		}
		return r, port
	}
	r, _ := run(0)
	require.Equal(t, n, r.Count(programming.Reached))
	r, _ = run(1) // 25 % less
	require.Equal(t, n, r.Count(programming.GaveUp))
	// The k-th wait takes 25 % / 2^(k-1): below 1 uS of 40 from the fifth on.
	r, port := run(7)
	require.Equal(t, n, r.Count(programming.Reached))
	waits := 0
	for _, call := range port.Log {
		if call.What == "wait" {
			waits++
			require.Equal(t, 1.0, call.Seconds)
		}
	}
	require.Equal(t, 7, waits)
	require.InDelta(t, 7, r.Seconds, 1e-3)

	// A cell that time alone took away from its target is not stuck.
	idle := programmingtest.New(programmingtest.Relaxing)
	r, err := programming.Run(t.Context(), idle, ispp(t, func(a *programming.ISPP) { a.Epochs = 1 }), limits(), []int32{0}, []float32{10})
	require.NoError(t, err)
	require.Equal(t, programming.GaveUp, r.Cells[0].Verdict)
	require.Zero(t, r.Cells[0].Pulses)
}

// Averages are of reads, those dropped count too, and a second reading confirms.
func TestReadsAreCounted(t *testing.T) {
	port := programmingtest.Many(programmingtest.Good, 1)
	a := ispp(t, func(a *programming.ISPP) { a.Reads, a.Drop = 4, 2 })
	r, err := programming.Run(t.Context(), port, a, limits(), []int32{0}, []float32{10})
	require.NoError(t, err)
	require.Equal(t, 12, r.Cells[0].Reads)
	a.Confirm = false
	r, err = programming.Run(t.Context(), port, a, limits(), []int32{0}, []float32{10})
	require.NoError(t, err)
	require.Equal(t, 6, r.Cells[0].Reads)
	require.Len(t, port.Log, 18)
}

// The voltages of a ramp, by hand.
func TestRampOfVoltages(t *testing.T) {
	port := programmingtest.New(programmingtest.StuckLow, programmingtest.StuckHigh)
	a := ispp(t, func(a *programming.ISPP) {
		a.SetStart, a.SetStep, a.SetStop = 1.2, 0.1, 1.5
		a.ResetStart, a.ResetStep, a.ResetStop = 2, 0.4, 3
		a.Hold = 2
	})
	_, err := programming.Run(t.Context(), port, a, limits(), []int32{0, 1}, []float32{50, 50})
	require.NoError(t, err)
	got := [2][]float64{}
	for _, call := range port.Log {
		for k, v := range call.Volts {
			got[call.Cells[k]] = append(got[call.Cells[k]], v)
		}
	}
	require.InDeltaSlice(t, []float64{1.2, 1.3, 1.4, 1.5, 1.5, 1.5}, got[0], 1e-12)
	require.InDeltaSlice(t, []float64{-2, -2.4, -2.8, -3, -3, -3}, got[1], 1e-12)

	port.Log, a.Polarity = nil, "negative"
	_, err = programming.Run(t.Context(), port, a, limits(), []int32{0, 1}, []float32{50, 50})
	require.NoError(t, err)
	for _, call := range port.Log {
		for k, v := range call.Volts {
			require.Equal(t, call.Cells[k] == 0, v < 0, "the other sign")
		}
	}
}

// A cell that is beyond its target is led back from the start of the other ramp.
func TestDirectionsAlternate(t *testing.T) {
	port := programmingtest.Many(programmingtest.Good, 1)
	port.Step = 30 // far too coarse for the tolerance
	a := ispp(t, func(a *programming.ISPP) { a.Turns = 3 })
	r, err := programming.Run(t.Context(), port, a, limits(), []int32{0}, []float32{40})
	require.NoError(t, err)
	require.Equal(t, programming.GaveUp, r.Cells[0].Verdict)
	turns, before := 0, 0.0
	for _, call := range port.Log {
		if call.What != "pulse" {
			continue
		}
		v := call.Volts[0]
		if before != 0 && (v > 0) != (before > 0) {
			turns++
			require.Equal(t, map[bool]float64{true: 1.2, false: -1.5}[v > 0], v)
		}
		before = v
	}
	require.Equal(t, 3, turns)
}

func TestLimitsAreCheckedBeforeAnythingIsSent(t *testing.T) {
	port := programmingtest.Many(programmingtest.Good, 3)
	cells, target := all(3, 40)
	try := func(a programming.Algorithm, l programming.Limits, cells []int32, target []float32, says ...string) {
		t.Helper()
		r, err := programming.Run(t.Context(), port, a, l, cells, target)
		for _, s := range says {
			require.ErrorContains(t, err, s)
		}
		require.NotNil(t, r)
	}
	low := limits()
	low.Volt = 3
	try(ispp(t, nil), low, cells, target, "set_stop: is 3.3 V, and the limit is 3 V", "reset_stop: ")
	short := limits()
	short.Width = 1e-7
	try(ispp(t, nil), short, cells, target, "width: is 1e-06 s")
	try(algorithm(t, "write-verify", func(a *programming.WriteVerify) { a.Reset = 9 }), limits(), cells, target, "reset: is 9 V")
	try(algorithm(t, "write-verify", func(a *programming.WriteVerify) { a.Set = math.NaN() }), limits(), cells, target, "set: is NaN V")
	try(ispp(t, func(a *programming.ISPP) { a.SetStop, a.ResetStep = 1, 0 }), limits(), cells, target, "set_stop: ", "reset_step: ")
	try(ispp(t, func(a *programming.ISPP) { a.Tolerance = 0 }), limits(), cells, target, "tolerance: ")
	try(ispp(t, nil), limits(), cells, target[:2], "3 cells and 2 targets")
	try(ispp(t, nil), limits(), []int32{2, 1}, target[:2], "ascending")
	try(ispp(t, nil), limits(), []int32{-2, 1}, target[:2], "cell -2")
	try(ispp(t, nil), limits(), cells, []float32{1, float32(math.NaN()), 2}, "target of cell 1 is NaN")
	require.Empty(t, port.Log)
}

// Never more pulses than the limit, never a voltage beyond it, no pulse for a
// cell that is there, and a cell is reached only by a reading within tolerance.
func TestRunKeepsItsWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom([]programmingtest.Kind{
			programmingtest.Good, programmingtest.StuckLow, programmingtest.StuckHigh,
			programmingtest.Unformed, programmingtest.Relaxing, programmingtest.Lazy,
		}), 1, 8).Draw(t, "kinds")
		port := programmingtest.New(kinds...)
		port.Noise = rapid.Float64Range(0, 3).Draw(t, "noise")
		port.Spread = rapid.Float64Range(0, 1).Draw(t, "spread")
		port.Seed = rapid.Uint64().Draw(t, "seed")
		l := programming.Limits{Volt: rapid.Float64Range(2, 4).Draw(t, "volt"), Width: 1e-3, Pulses: rapid.IntRange(1, 60).Draw(t, "pulses")}
		verify := programming.Verify{
			Tolerance: rapid.Float64Range(0.1, 5).Draw(t, "tolerance"), Hysteresis: rapid.Float64Range(0, 90).Draw(t, "hysteresis"),
			Reads: rapid.IntRange(1, 3).Draw(t, "reads"), Drop: rapid.IntRange(0, 2).Draw(t, "drop"),
			Confirm: rapid.Bool().Draw(t, "confirm"), Epochs: rapid.IntRange(0, 3).Draw(t, "epochs"), Delay: 1, Move: 0.5, Formed: 0.5,
		}
		var a programming.Algorithm
		var p programming.Port = port
		switch rapid.IntRange(0, 2).Draw(t, "algorithm") {
		case 0:
			a = &programming.WriteVerify{Verify: verify, Pulses: programming.Pulses{Width: 1e-6}, Set: l.Volt, Reset: l.Volt / 2, Writes: rapid.IntRange(1, 40).Draw(t, "writes")}
		case 1:
			a = &programming.ISPP{
				Verify: verify, Pulses: programming.Pulses{Width: 1e-6}, SetStart: 1, SetStep: rapid.Float64Range(1e-3, 1).Draw(t, "step"), SetStop: l.Volt,
				ResetStart: 1.1, ResetStep: 0.1, ResetStop: l.Volt,
				Hold: rapid.IntRange(0, 5).Draw(t, "hold"), Turns: rapid.IntRange(0, 10).Draw(t, "turns"),
			}
		case 2:
			a, p = &programming.OneShot{Verify: verify}, programmingtest.Writable{Cells: port}
		}
		cells, target := all(len(kinds), 0)
		for k := range target {
			target[k] = float32(rapid.Float64Range(0, 100).Draw(t, "target"))
		}
		r, err := programming.Run(context.Background(), p, a, l, cells, target)
		require.NoError(t, err)
		for k, c := range r.Cells {
			require.Equal(t, port.Sent(c.Cell), c.Pulses)
			require.LessOrEqual(t, c.Pulses, l.Pulses)
			require.NotEqual(t, programming.Unfinished, c.Verdict)
			require.Equal(t, target[k], c.Target)
			if c.Verdict == programming.Reached {
				require.LessOrEqual(t, math.Abs(float64(c.G)-float64(c.Target)), verify.Tolerance)
			}
		}
		for _, call := range port.Log {
			for _, v := range call.Volts {
				require.LessOrEqual(t, math.Abs(v), l.Volt)
			}
			require.LessOrEqual(t, call.Seconds, 1.0)
		}
	})
}

// A list in parts gives what the whole list gives.
func TestListsMayBeCut(t *testing.T) {
	kinds := []programmingtest.Kind{programmingtest.Good, programmingtest.StuckLow, programmingtest.Good, programmingtest.Lazy, programmingtest.Good, programmingtest.Good, programmingtest.Unformed}
	cells, target := all(len(kinds), 0)
	for k := range target {
		target[k] = float32(10 * k)
	}
	run := func(port *programmingtest.Cells, cells []int32, target []float32) []programming.Cell {
		port.Noise, port.Spread = 0.4, 0.5
		r, err := programming.Run(t.Context(), port, ispp(t, func(a *programming.ISPP) { a.Reads = 3 }), limits(), cells, target)
		require.NoError(t, err)
		return r.Cells
	}
	whole := run(programmingtest.New(kinds...), cells, target)
	for cut := 1; cut < len(cells); cut++ {
		port := programmingtest.New(kinds...)
		second := run(port, cells[cut:], target[cut:])
		first := run(port, cells[:cut], target[:cut])
		require.Equal(t, whole, append(first, second...))
	}
}

// An error at any call, or the end of the context, stops the run there: nothing
// is sent after, and the report tells what was sent.
func TestErrorsEndTheRun(t *testing.T) {
	kinds := []programmingtest.Kind{programmingtest.Good, programmingtest.StuckLow, programmingtest.Relaxing}
	cells, target := all(len(kinds), 20)
	a := ispp(t, func(a *programming.ISPP) { a.Epochs = 2 })
	clean := programmingtest.New(kinds...)
	_, err := programming.Run(t.Context(), clean, a, limits(), cells, target)
	require.NoError(t, err)
	lost := errors.New("the reply was lost")
	for at := range clean.Log {
		for _, cancelled := range []bool{false, true} {
			port := programmingtest.New(kinds...)
			ctx, cancel := context.WithCancel(t.Context())
			calls := 0
			var failed programmingtest.Call
			port.Fail = func(call programmingtest.Call) error {
				calls++
				if calls <= at {
					return nil
				}
				failed = call
				if cancelled {
					cancel()
					return ctx.Err()
				}
				return &programming.CellError{Cell: 2, Err: lost}
			}
			r, err := programming.Run(ctx, port, a, limits(), cells, target)
			cancel()
			require.Equal(t, at+1, calls, "nothing follows an error")
			require.Len(t, port.Log, at)
			if at > 0 {
				require.Equal(t, clean.Log[:at], port.Log)
			}
			if cancelled {
				require.ErrorIs(t, err, context.Canceled)
			} else {
				require.ErrorIs(t, err, lost)
				require.ErrorContains(t, err, "cell 2")
			}
			for _, c := range r.Cells {
				sent := port.Sent(c.Cell)
				if failed.What == "pulse" { // may have acted, so it counts
					for _, x := range failed.Cells {
						if x == c.Cell {
							sent++
						}
					}
				}
				require.Equal(t, sent, c.Pulses)
				if c.Verdict == programming.Reached {
					require.InDelta(t, 20, c.G, 1)
				}
			}
		}
	}
}

// A port that does not say which cell it was is told by the list.
func TestErrorsNameCells(t *testing.T) {
	port := programmingtest.Many(programmingtest.Good, 9)
	port.Fail = func(call programmingtest.Call) error {
		if call.What == "pulse" {
			return errors.New("busy")
		}
		return nil
	}
	cells, target := all(9, 40)
	_, err := programming.Run(t.Context(), port, ispp(t, nil), limits(), cells, target)
	require.EqualError(t, err, "pulsing 9 cells from 0 to 8: busy")
	_, err = programming.Run(t.Context(), port, ispp(t, nil), limits(), cells[4:5], target[4:5])
	require.EqualError(t, err, "pulsing cell 4: busy")
	port.G[3] = math.NaN()
	_, err = programming.Run(t.Context(), port, ispp(t, nil), limits(), cells, target)
	require.EqualError(t, err, "reading cell 3: NaN uS is no conductance")
}

// The settings that the guide shows are legal.
func TestGuide(t *testing.T) {
	page, err := os.ReadFile("../../docs/programming.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	require.NotNil(t, block)
	tree, err := config.Parse("guide.yaml", block[1])
	require.NoError(t, err)
	var f struct {
		Program config.Variant `yaml:"programming" catalog:"programming"`
	}
	require.Empty(t, tree.Decode(&f, config.Catalogs{"programming": programming.Catalog()}))
	require.Equal(t, 3, f.Program.Value.(*programming.ISPP).Epochs)
}
