package devices_test

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
)

// Everything off, a block is the cells of the model to the bit.
func TestNothingSwitchedOnIsTheModel(t *testing.T) {
	for _, m := range devices.Builtin() {
		cell, err := m.New(defaultsOf(m))
		require.NoError(t, err)
		b, err := devices.NewBlock(cell, devices.Effects{}, 1001, 7, 3)
		require.NoError(t, err)
		g, sigma := look(b, 5)
		wantG, wantSigma := make([]float32, 1001), make([]float32, 1001)
		cell.Make(1001, 7, 3).Conductance(5, wantG, wantSigma)
		require.Equal(t, wantG, g, m.Name)
		require.Equal(t, wantSigma, sigma, m.Name)
		require.Equal(t, devices.Faults{}, b.Faults())
	}
}

// Every model goes with every effect that its cells can have.
func TestEffectsOnEveryModel(t *testing.T) {
	for _, m := range devices.Builtin() {
		t.Run(m.Name, func(t *testing.T) {
			cell, err := m.New(defaultsOf(m))
			require.NoError(t, err)
			e := everything()
			if devices.CheckEffects(cell, e) != nil {
				e.Levels, e.Spread.Cycle = nil, 0
			}
			if devices.CheckEffects(cell, e) != nil {
				e.Endurance = nil
			}
			if devices.CheckEffects(cell, e) != nil {
				e.Retention, e.ReadDisturb = nil, nil
			}
			const n = 500
			b, err := devices.NewBlock(cell, e, n, 5, 0)
			require.NoError(t, err)
			low, high := cell.Window()
			for k := range 5 {
				at := float64(k) * 100
				switch b.Cells().(type) {
				case devices.Programmable:
					require.NoError(t, b.Program(at, nil, fill(n, float32(low+(high-low)*float64(k)/5))))
				case devices.Pulsed:
					require.NoError(t, b.Pulse(at, nil, fill(n, int32(3-2*k))))
				case devices.Driven:
					require.NoError(t, b.Apply(at, nil, fill(n, 0.3*float64(k-2)), 1e-7))
				}
				readAll(b, 0)
				g, sigma := look(b, at+50)
				for i := range g {
					require.True(t, g[i] >= 0 && sigma[i] >= 0 && !math.IsInf(float64(g[i]), 0) && !math.IsInf(float64(sigma[i]), 0), "%g, %g", g[i], sigma[i])
				}
			}
			names := map[string]bool{}
			for _, v := range b.State() {
				require.False(t, names[v.Name], "two variables are called %s", v.Name)
				names[v.Name] = true
			}
		})
	}
}

// everything switches all effects on, each so strong that it shows.
func everything() devices.Effects {
	return devices.Effects{
		Levels:      &devices.LevelsEffect{N: 9},
		Spread:      &devices.SpreadEffect{Device: 0.1, Cycle: 0.1, Shape: "lognormal"},
		Endurance:   &devices.EnduranceEffect{Cycles: 6, Shape: 2, Then: "as_it_is"},
		Retention:   &devices.RetentionEffect{Tau: 1e6, Towards: "low", Activation: 0.5, Temperature: 310, At: 300},
		ReadDisturb: &devices.ReadDisturbEffect{PerRead: 1e-4, Towards: "high"},
		Telegraph:   &devices.TelegraphEffect{Fraction: 0.3, Amplitude: 0.2, TauHigh: 0.5, TauLow: 2, Decades: 2},
		Stuck:       &devices.StuckEffect{On: 0.02, Off: 0.03, Unformed: 0.04, Random: 0.05, Pristine: 0.1},
	}
}

// only keeps what one kind of cells can have.
func only(kind string, e devices.Effects) devices.Effects {
	if kind != "exact" {
		e.Levels = nil
		e.Spread = &devices.SpreadEffect{Device: e.Spread.Device, Shape: e.Spread.Shape}
	}
	return e
}

// work does the k-th piece of work to the cells of a block that are numbered
// from first, or to those of a list.
func work(t require.TestingT, b *devices.Block, kind string, k int, first int, cells []int32) {
	n := b.Len()
	if cells != nil {
		n = len(cells)
	}
	number := func(i int) int {
		if cells != nil {
			i = int(cells[i])
		}
		return (first+i)*7 + k
	}
	at := float64(k * k)
	switch kind {
	case "exact":
		target := make([]float32, n)
		for i := range target {
			target[i] = float32(10 + number(i)%81)
		}
		require.NoError(t, b.Program(at, cells, target))
	case "stepping":
		pulses := make([]int32, n)
		for i := range pulses {
			pulses[i] = int32(number(i)%5 - 2)
		}
		require.NoError(t, b.Pulse(at, cells, pulses))
	case "following":
		volts := make([]float64, n)
		for i := range volts {
			volts[i] = float64(number(i)%5 - 2)
		}
		require.NoError(t, b.Apply(at, cells, volts, 0.5))
	}
}

func readAll(b *devices.Block, first int) {
	times := make([]uint32, b.Len())
	for i := range times {
		times[i] = uint32((first + i) % 90)
	}
	b.Reads(times)
}

// A cell does not depend on who else is in its block or in a list, and a block
// goes on from a copy of its state as if it had never stopped.
func TestBlocksSplitAndCopied(t *testing.T) {
	const n, cut = 1003, 101
	for _, kind := range []string{"exact", "stepping", "following"} {
		t.Run(kind, func(t *testing.T) {
			e := only(kind, everything())
			whole, a, b := block(t, kind, e, n, 5, 40), block(t, kind, e, cut, 5, 40), block(t, kind, e, n-cut, 5, 40+cut)
			var even, odd []int32
			for i := range int32(n) {
				if i%2 == 0 {
					even = append(even, i)
				} else {
					odd = append(odd, i)
				}
			}
			for k := 1; k < 8; k++ {
				if k == 4 {
					copied := block(t, kind, e, n, 5, 40)
					require.NoError(t, devices.CopyState(copied, whole))
					whole = copied
				}
				if k%2 == 0 {
					work(t, whole, kind, k, 0, nil)
				} else {
					work(t, whole, kind, k, 0, odd)
					work(t, whole, kind, k, 0, even)
				}
				work(t, a, kind, k, 0, nil)
				work(t, b, kind, k, cut, nil)
				readAll(whole, 0)
				readAll(a, 0)
				readAll(b, cut)
				for _, later := range []float64{0, 0.3, 1e4, 3e7} {
					at := float64(k*k) + 1 + later
					g, sigma := look(whole, at)
					ga, sa := look(a, at)
					gb, sb := look(b, at)
					require.Equal(t, g, append(ga, gb...))
					require.Equal(t, sigma, append(sa, sb...))
					again := make([]float32, n)
					whole.Conductance(at, again, nil)
					require.Equal(t, g, again, "looking changes nothing")
				}
			}
			require.NotZero(t, whole.Faults().Worn)
			for _, v := range whole.State() {
				require.NotEmpty(t, v.Doc, v.Name)
			}
		})
	}
	require.Error(t, devices.CopyState(block(t, "exact", everything(), 3, 1, 0), block(t, "exact", devices.Effects{}, 3, 1, 0)))
}

// Switching an effect on changes no number of another: what all do together is
// what each does alone, put together in the order of docs/effects.md.
func TestEffectsTogetherAreEachAlone(t *testing.T) {
	const n, at = 5003, 3000.0
	all := everything()
	all.Retention.Tau = 2e4
	seen := func(e devices.Effects, times int) []float32 {
		b := block(t, "exact", e, n, 5, 0)
		for k := range times {
			require.NoError(t, b.Program(float64(k)*500, nil, fill[float32](n, 40))) // a level
		}
		b.Reads(fill[uint32](n, 500))
		g, _ := look(b, at)
		return g
	}
	const times = 4
	cycle := seen(devices.Effects{Spread: &devices.SpreadEffect{Cycle: 0.1, Shape: "lognormal"}}, times)
	var after [times + 1][]float32 // how it is after so many programmings
	for k := 1; k <= times; k++ {
		after[k] = seen(devices.Effects{Spread: &devices.SpreadEffect{Cycle: 0.1, Shape: "lognormal"}}, k)
	}
	device := seen(devices.Effects{Spread: &devices.SpreadEffect{Device: 0.1, Shape: "lognormal"}}, times)
	telegraph := seen(devices.Effects{Telegraph: all.Telegraph}, times)
	stuck := seen(devices.Effects{Stuck: all.Stuck}, times)
	lives := make([]int, n)
	for k := times; k > 0; k-- {
		b := block(t, "exact", devices.Effects{Endurance: &devices.EnduranceEffect{Cycles: 6, Shape: 2, Then: "on"}}, n, 5, 0)
		for range k {
			require.NoError(t, b.Program(0, nil, fill[float32](n, 40)))
		}
		g, _ := look(b, 0)
		for i := range g {
			if g[i] == 90 {
				lives[i] = k
			}
		}
	}
	together := seen(all, times)
	tau := 2e4 * math.Exp(0.5/8.617333262e-5*(1/310.0-1/300.0))
	broken := 0
	for i := range together {
		if stuck[i] != 40 {
			require.Equal(t, stuck[i], together[i])
			continue
		}
		g, written := float64(cycle[i]), 500*(times-1)
		if lives[i] > 0 {
			g, written = float64(after[lives[i]][i]), 500*(lives[i]-1)
			broken++
		}
		g = 10 + (g-10)*math.Exp(-(at-float64(written))/tau)
		g = 90 + (g-90)*math.Pow(1-1e-4, 500)
		g *= float64(device[i]) / 40 * float64(telegraph[i]) / 40
		require.InEpsilon(t, g, together[i], 1e-5, "cell %d", i)
	}
	require.Greater(t, broken, 100)
}

func TestEffectsAreRefused(t *testing.T) {
	lines := func(err error) string { require.Error(t, err); return err.Error() }
	// Every mistake at once.
	bad := devices.Effects{
		Levels:    &devices.LevelsEffect{N: 1},
		Spread:    &devices.SpreadEffect{Device: math.NaN(), Shape: "round"},
		Telegraph: defaults(func(e *devices.TelegraphEffect) { e.TauHigh = 0 }),
		Stuck:     &devices.StuckEffect{On: 0.6, Off: 0.6},
	}
	_, err := devices.NewBlock(plainCell{"exact"}, bad, 3, 1, 0)
	for _, want := range []string{"levels.n: must be in [2, 65536]", "spread.device: must be a finite number",
		"spread.shape: must be one of normal, lognormal", "telegraph.tau_high: must be in [1e-9, 1e12] s",
		"stuck: on, off, unformed and random are fractions of all cells; together they must not exceed 1"} {
		require.Contains(t, lines(err), want)
	}
	cyclic := devices.Effects{Levels: defaults[devices.LevelsEffect](nil), Spread: &devices.SpreadEffect{Cycle: 0.1, Shape: "normal"},
		Endurance: defaults[devices.EnduranceEffect](nil), Retention: defaults[devices.RetentionEffect](nil),
		ReadDisturb: defaults[devices.ReadDisturbEffect](nil)}
	for kind, want := range map[string][]string{
		"stepping":  {"levels", "spread.cycle"},
		"following": {"levels", "spread.cycle"},
		"rigid":     {"levels", "spread.cycle", "retention", "read_disturb"},
		"exact":     nil,
	} {
		err := devices.CheckEffects(plainCell{kind}, cyclic)
		var got []string
		if err != nil {
			for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
				got = append(got, e.(config.FieldError).Field)
			}
		}
		require.Equal(t, want, got, kind)
	}
	err = devices.CheckEffects(formed(0), cyclic)
	require.Contains(t, lines(err), "endurance")
	require.NotContains(t, lines(err), "retention")
	require.NoError(t, devices.CheckEffects(formed(0), devices.Effects{Retention: cyclic.Retention, ReadDisturb: cyclic.ReadDisturb,
		Spread: &devices.SpreadEffect{Device: 0.1, Shape: "normal"}, Telegraph: defaults[devices.TelegraphEffect](nil), Stuck: &devices.StuckEffect{}}))
}

func TestBlockRefusesWhatItCannotDo(t *testing.T) {
	b := block(t, "exact", devices.Effects{}, 3, 1, 0)
	for _, c := range []struct {
		cells  []int32
		target []float32
		want   string
	}{
		{nil, []float32{40}, "1 targets for 3 cells"},
		{[]int32{0, 1}, []float32{40}, "1 targets for 2 cells"},
		{[]int32{1, 0}, []float32{40, 40}, "ascending"},
		{[]int32{3}, []float32{40}, "numbered from 0 to 2"},
		{[]int32{-1}, []float32{40}, "numbered from 0 to 2"},
		{[]int32{2}, []float32{91}, "cell 2 cannot be brought to 91 uS: its window is 10 to 90 uS"},
		{[]int32{2}, []float32{float32(math.NaN())}, "the target of cell 2 is not a number"},
	} {
		require.ErrorContains(t, b.Program(0, c.cells, c.target), c.want)
	}
	require.Equal(t, []uint32{0, 0, 0}, b.Wear())
	require.ErrorContains(t, b.Pulse(0, nil, make([]int32, 3)), "pulses")
	require.ErrorContains(t, b.Apply(0, nil, make([]float64, 3), 1), "voltage")
	require.ErrorContains(t, block(t, "stepping", devices.Effects{}, 3, 1, 0).Pulse(0, nil, make([]int32, 2)), "2 numbers of pulses for 3 cells")
	require.ErrorContains(t, block(t, "following", devices.Effects{}, 3, 1, 0).Apply(0, nil, make([]float64, 2), 1), "2 voltages for 3 cells")
	require.ErrorContains(t, block(t, "stepping", devices.Effects{}, 3, 1, 0).Program(0, nil, make([]float32, 3)), "programmed")
}

// Effects are read from a file as every part of a configuration.
func TestEffectsFromAFile(t *testing.T) {
	type file struct {
		Effects devices.Effects `yaml:"effects"`
	}
	tree, err := config.Parse("f.yaml", []byte(`effects:
  spread: {device: 5 %, shape: lognormal}
  stuck: {on: 0.01}
  retention: {tau: 10 year, activation: 1.1 eV, temperature: 358 K}
  telegraph: {}
`))
	require.NoError(t, err)
	var f file
	problems := tree.Decode(&f, nil)
	require.Len(t, problems, 1, "a fraction is a bare number")
	require.NoError(t, tree.Set("effects.spread.device", "0.05"))
	f = file{}
	require.Empty(t, tree.Decode(&f, nil))
	require.Equal(t, &devices.SpreadEffect{Device: 0.05, Shape: "lognormal"}, f.Effects.Spread)
	require.Equal(t, &devices.StuckEffect{On: 0.01, Pristine: 0.1}, f.Effects.Stuck)
	require.Equal(t, &devices.RetentionEffect{Tau: 315576000, Towards: "low", Activation: 1.1, Temperature: 358, At: 300}, f.Effects.Retention)
	require.NotNil(t, f.Effects.Telegraph)
	require.Nil(t, f.Effects.Endurance)
	tree, err = config.Parse("f.yaml", []byte("effects:\n  stuck: {on: 0.7, off: 0.7}\n  levels: {n: 1}\n"))
	require.NoError(t, err)
	got := tree.Decode(&f, nil).Error()
	require.Contains(t, got, "f.yaml:2: effects.stuck: ")
	require.Contains(t, got, "f.yaml:3: effects.levels.n: 1: must be in [2, 65536]")
}

// The page that tells when effects act names every key.
func TestThePageNamesEveryKey(t *testing.T) {
	page, err := os.ReadFile("../docs/effects.md")
	require.NoError(t, err)
	for _, e := range config.Fields(reflect.TypeOf(devices.Effects{})) {
		for _, f := range config.Fields(e.Type) {
			require.NotEmpty(t, f.Doc)
			require.Contains(t, string(page), "`"+e.Key+"."+f.Key+"`")
		}
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	tree, err := config.Parse("effects.md", []byte(example))
	require.NoError(t, err)
	var f struct {
		Effects devices.Effects `yaml:"effects"`
	}
	require.Empty(t, tree.Decode(&f, nil))
	require.NoError(t, devices.CheckEffects(plainCell{"exact"}, f.Effects))
}

// Whatever is switched on and done, cells conduct something that is a number
// and not negative.
func TestAnyEffectsKeepConductancesLegal(t *testing.T) {
	number := func(t *rapid.T, name string, low, high float64) float64 {
		return rapid.OneOf(rapid.Float64Range(low, high), rapid.SampledFrom([]float64{low, high})).Draw(t, name)
	}
	end := rapid.SampledFrom([]string{"low", "middle", "high"})
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"exact", "stepping", "following"}).Draw(t, "kind")
		e := only(kind, devices.Effects{
			Levels: &devices.LevelsEffect{N: rapid.IntRange(2, 65536).Draw(t, "levels")},
			Spread: &devices.SpreadEffect{Device: number(t, "device", 0, 2), Cycle: number(t, "cycle", 0, 2),
				Shape: rapid.SampledFrom([]string{"normal", "lognormal"}).Draw(t, "shape")},
			Endurance: &devices.EnduranceEffect{Cycles: number(t, "cycles", 1, 1e12), Shape: number(t, "weibull", 0.1, 50),
				Then: rapid.SampledFrom([]string{"on", "off", "as_it_is"}).Draw(t, "then")},
			Retention: &devices.RetentionEffect{Tau: number(t, "tau", 1e-300, 1e300), Towards: end.Draw(t, "retention"),
				Activation: number(t, "activation", 0, 10), Temperature: number(t, "temperature", 1, 2000), At: number(t, "at", 1, 2000)},
			ReadDisturb: &devices.ReadDisturbEffect{PerRead: number(t, "per_read", 0, 0.9999), Towards: end.Draw(t, "disturb")},
			Telegraph: &devices.TelegraphEffect{Fraction: number(t, "fraction", 0, 1), Amplitude: number(t, "amplitude", 0, 1),
				TauHigh: number(t, "tau_high", 1e-9, 1e12), TauLow: number(t, "tau_low", 1e-9, 1e12), Decades: number(t, "decades", 0, 6)},
			Stuck: &devices.StuckEffect{On: number(t, "on", 0, 0.2), Off: number(t, "off", 0, 0.2), Unformed: number(t, "unformed", 0, 0.2),
				Random: number(t, "random", 0, 0.2), Pristine: number(t, "pristine", 0, 1)},
		})
		for _, off := range []func(){
			func() { e.Levels = nil }, func() { e.Spread = nil }, func() { e.Endurance = nil }, func() { e.Retention = nil },
			func() { e.ReadDisturb = nil }, func() { e.Telegraph = nil }, func() { e.Stuck = nil },
		} {
			if rapid.IntRange(0, 3).Draw(t, "off") == 0 {
				off()
			}
		}
		const n = 50
		b := block(t, kind, e, n, rapid.Uint64().Draw(t, "seed"), rapid.Uint32Range(0, math.MaxUint32-n).Draw(t, "first"))
		for k := range rapid.IntRange(1, 6).Draw(t, "work") {
			work(t, b, kind, k, 0, nil)
			b.Reads(fill(n, rapid.Uint32().Draw(t, "reads")))
			g, sigma := look(b, float64(k*k)+1+number(t, "later", 0, 1e10))
			for i := range g {
				require.True(t, g[i] >= 0 && !math.IsInf(float64(g[i]), 0), "cell %d conducts %g", i, g[i])
				require.True(t, sigma[i] >= 0 && !math.IsInf(float64(sigma[i]), 0), "cell %d has noise %g", i, sigma[i])
			}
		}
	})
}

func BenchmarkConductance(b *testing.B) {
	const n = 1 << 20
	all := everything()
	for name, e := range map[string]devices.Effects{
		"none": {}, "spread": {Spread: all.Spread}, "retention": {Retention: all.Retention}, "read_disturb": {ReadDisturb: all.ReadDisturb},
		"telegraph": {Telegraph: &devices.TelegraphEffect{Fraction: 1, Amplitude: 0.1, TauHigh: 0.01, TauLow: 0.01}},
		"stuck":     {Stuck: all.Stuck}, "endurance": {Endurance: &devices.EnduranceEffect{Cycles: 1e6, Shape: 2, Then: "on"}}, "all": all,
	} {
		b.Run(name, func(b *testing.B) {
			c := block(b, "exact", e, n, 1, 0)
			require.NoError(b, c.Program(0, nil, fill[float32](n, 40)))
			g, sigma := make([]float32, n), make([]float32, n)
			t := 1.0
			for b.Loop() {
				c.Conductance(t, g, sigma)
				t += 0.1
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/cell")
		})
	}
}

func BenchmarkProgramWithEffects(b *testing.B) {
	const n = 1 << 20
	for name, e := range map[string]devices.Effects{"none": {}, "all": everything()} {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			c := block(b, "exact", e, n, 1, 0)
			target := fill[float32](n, 40)
			for b.Loop() {
				require.NoError(b, c.Program(0, nil, target))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/cell")
		})
	}
}
