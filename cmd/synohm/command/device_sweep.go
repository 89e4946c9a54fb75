package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/config"
	"github.com/synohm/synohm/viz"
)

const (
	maxSweepCycles  = 10_000
	minSweepSamples = 8
	maxSweepTimes   = 1_000_000
)

// voltSweep is how a cell is swept.
type voltSweep struct {
	Cell      string   `json:"cell"`
	Set       []string `json:"set,omitempty"`
	Amplitude float64  `json:"amplitude_v"`
	Frequency float64  `json:"frequency_hz"`
	Cycles    int      `json:"cycles"`
	Samples   int      `json:"samples"` // a cycle
	Seed      uint64   `json:"seed"`
}

// voltSwept is what came of it, a value a time and a summary a cycle.
type voltSwept struct {
	voltSweep
	StateName string       `json:"state_name"`
	StateUnit string       `json:"state_unit"`
	Loops     []loop       `json:"loops"`
	Time      []float64    `json:"time_s"`
	Volt      []float64    `json:"volt"`
	Amp       []float64    `json:"amp"`
	State     []float64    `json:"state"`
	RunDir    string       `json:"run_dir"`
	series    []viz.Series // of the cycles that are drawn, current in A
}

// loop is one cycle in numbers.
type loop struct {
	StateMin float64 `json:"state_min"`
	StateMax float64 `json:"state_max"`
	AmpMin   float64 `json:"amp_min"`
	AmpMax   float64 `json:"amp_max"`
	AreaPos  float64 `json:"area_pos_w"` // of the lobe at positive voltage, between the way up and the way down, V*A
	AreaNeg  float64 `json:"area_neg_w"`
	Energy   float64 `json:"energy_j"` // turned into heat
}

func newDeviceSweep() *cobra.Command {
	var (
		s         voltSweep
		volt, hz  string
		out       string
		printJSON bool
	)
	cmd := &cobra.Command{
		Use: "sweep NAME", Short: "Sweep the voltage across one cell and show its hysteresis",
		Long: "Drive one new cell of a compact model with a sine, and show current over voltage: the\n" +
			"pinched loop of a memristor. The table has a line a cycle: the range of the state, the\n" +
			"currents' peaks, the areas of the two lobes and the energy. The trace and plots go to\n" +
			"a new folder.",
		Example: "  synohm device sweep linear-ion-drift --volt 1 --hz 1 --cycles 2\n" +
			"  synohm device sweep yakopcic --volt 0.5 --hz 100 --json\n" +
			"  synohm device sweep stanford-pku --volt '1.8 V' --hz '1 MHz' --set 'r_th=500 K/W'",
		Args: oneCell,
	}
	f := cmd.Flags()
	f.StringVar(&volt, "volt", "1", "`amplitude` of the sine, in V or with a unit; negative to begin with the negative half")
	f.StringVar(&hz, "hz", "100", "`frequency` of the sine, in Hz or with a unit")
	f.IntVar(&s.Cycles, "cycles", 2, "`number` of cycles")
	f.IntVar(&s.Samples, "samples", 1000, "`number` of times a cycle at which the cell is looked at; the integration takes steps of its own")
	f.Uint64Var(&s.Seed, "seed", 1, "seed `N`")
	f.StringArrayVar(&s.Set, "set", nil, "change a parameter of the cell, `key=value`; may stand several times")
	f.BoolVar(&printJSON, "json", false, "print trace and summary as one JSON object")
	f.StringVar(&out, "out", "", "`folder` for trace and plots; it must not exist (default runs/<time>-sweep-<cell>-<hash>)")
	cmd.RunE = func(c *cobra.Command, args []string) error {
		s.Cell = args[0]
		chosen, err := chooseCell(s.Cell, s.Set)
		if err != nil {
			return err
		}
		traced, ok := chosen.Cell.Make(1, s.Seed, 0).(devices.Traced)
		if !ok {
			return badInput{fmt.Errorf("%s does not follow a voltage; cells that do: %s", s.Cell, strings.Join(tracedCells(), ", "))}
		}
		if err := s.read(volt, hz); err != nil {
			return badInput{err}
		}
		res, err := s.run(longWork(c), traced)
		if errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			return badInput{err}
		}
		folder, err := deviceFolder(out, "sweep-"+s.Cell, s.Seed, s, nil)
		if err != nil {
			return err
		}
		res.RunDir = folder.Path
		write := func(rel string, draw func() (*image.RGBA, error)) error {
			img, err := draw()
			if err != nil {
				return err
			}
			return folder.Write(rel, func(w io.Writer) error { return viz.WritePNG(w, img) })
		}
		err = deviceWork(c, folder, func(context.Context) error {
			return errors.Join(folder.JSON("result.json", res), write("plots/current-voltage.png", res.drawLoop), write("plots/state.png", res.drawState))
		})
		if err != nil {
			return err
		}
		if !res.moved() {
			fmt.Fprintf(c.ErrOrStderr(), "note: %s did not move; a higher --volt or a lower --hz may move it\n", res.StateName)
		}
		fmt.Fprintln(c.ErrOrStderr(), "plot:", filepath.Join(folder.Path, "plots", "current-voltage.png"))
		if printJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(res)
		}
		return res.print(c.OutOrStdout())
	}
	return cmd
}

// tracedCells names the cells that can be swept.
func tracedCells() (names []string) {
	for _, m := range devices.Builtin() {
		cell, err := m.New(config.EntryDefaults(m.Entry))
		if err != nil {
			continue // one that needs a file
		}
		if _, ok := cell.Make(1, 0, 0).(devices.Traced); ok {
			names = append(names, m.Name)
		}
	}
	return names
}

// read takes the flags, and tells all mistakes at once.
func (s *voltSweep) read(volt, hz string) error {
	var errs []error
	var err error
	if s.Amplitude, err = quantity("volt", volt, "V"); err != nil {
		errs = append(errs, err)
	} else if s.Amplitude == 0 {
		errs = append(errs, fmt.Errorf("--volt %s: must be another voltage than 0", volt))
	}
	if s.Frequency, err = quantity("hz", hz, "Hz"); err != nil {
		errs = append(errs, err)
	} else if !(s.Frequency >= 1e-9 && s.Frequency <= 1e15) {
		errs = append(errs, fmt.Errorf("--hz %s: is not in 1e-9 to 1e15 Hz", hz))
	}
	if s.Cycles < 1 || s.Cycles > maxSweepCycles {
		errs = append(errs, fmt.Errorf("--cycles %d: is not in 1 to %d", s.Cycles, maxSweepCycles))
	}
	if s.Samples < minSweepSamples || s.Samples > maxSweepTimes {
		errs = append(errs, fmt.Errorf("--samples %d: is not in %d to %d", s.Samples, minSweepSamples, maxSweepTimes))
	} else if s.Cycles >= 1 && s.Cycles <= maxSweepCycles && s.Cycles*s.Samples > maxSweepTimes {
		errs = append(errs, fmt.Errorf("%d cycles of %d samples are more than %d; lower --cycles or --samples", s.Cycles, s.Samples, maxSweepTimes))
	}
	return errors.Join(errs...)
}

// run sweeps a cell.
func (s *voltSweep) run(ctx context.Context, cell devices.Traced) (*voltSwept, error) {
	wave := func(t float64) float64 { return s.Amplitude * math.Sin(2*math.Pi*s.Frequency*t) }
	tr, err := cell.Trace(ctx, 0, wave, float64(s.Cycles)/s.Frequency, s.Cycles*s.Samples)
	if err != nil {
		return nil, err
	}
	res := &voltSwept{
		voltSweep: *s, StateName: tr.State.Name, StateUnit: tr.State.Unit,
		Time: tr.Times, Volt: tr.Volts, Amp: tr.Amps, State: tr.State.Values.([]float64),
	}
	for k, amp := range res.Amp {
		if math.IsInf(amp, 0) || math.IsNaN(amp) {
			return nil, fmt.Errorf("the current at %.6g V is beyond all numbers; lower --volt", res.Volt[k])
		}
	}
	for k := range s.Cycles {
		from, to := k*s.Samples, (k+1)*s.Samples+1
		res.Loops = append(res.Loops, loopOf(res.Time[from:to], res.Volt[from:to], res.Amp[from:to], res.State[from:to]))
		if s.Cycles <= 4 || k == 0 || k == s.Cycles-1 {
			res.series = append(res.series, viz.Series{Name: fmt.Sprintf("cycle %d", k+1), X: res.Volt[from:to], Y: res.Amp[from:to]})
		}
	}
	return res, nil
}

// loopOf puts a cycle into numbers, areas and energy by the trapezoidal rule.
func loopOf(t, volt, amp, state []float64) loop {
	l := loop{StateMin: state[0], StateMax: state[0]}
	for k := range t {
		l.StateMin, l.StateMax = min(l.StateMin, state[k]), max(l.StateMax, state[k])
		l.AmpMin, l.AmpMax = min(l.AmpMin, amp[k]), max(l.AmpMax, amp[k])
		if k == 0 {
			continue
		}
		area := float64((volt[k] - volt[k-1]) * (amp[k] + amp[k-1]) / 2)
		if volt[k]+volt[k-1] > 0 {
			l.AreaPos += area
		} else {
			l.AreaNeg += area
		}
		l.Energy += float64((t[k] - t[k-1]) * (float64(volt[k]*amp[k]) + float64(volt[k-1]*amp[k-1])) / 2)
	}
	l.AreaPos, l.AreaNeg = math.Abs(l.AreaPos), math.Abs(l.AreaNeg)
	return l
}

// moved tells whether the state changed at all.
func (r *voltSwept) moved() bool {
	for _, l := range r.Loops {
		if l.StateMax > l.StateMin {
			return true
		}
	}
	return false
}

// title names the sweep.
func (r *voltSwept) title() string {
	unit, size := prefixed(r.Frequency)
	return fmt.Sprintf("%s under %.6g V at %.6g %sHz", r.Cell, r.Amplitude, r.Frequency/size, unit)
}

// drawLoop draws current over voltage.
func (r *voltSwept) drawLoop() (*image.RGBA, error) {
	most := 0.0
	for _, l := range r.Loops {
		most = max(most, l.AmpMax, -l.AmpMin)
	}
	unit, size := prefixed(most)
	var scaled []viz.Series
	for _, s := range r.series {
		y := make([]float64, len(s.Y))
		for k, amp := range s.Y {
			y[k] = amp / size
		}
		scaled = append(scaled, viz.Series{Name: s.Name, X: s.X, Y: y})
	}
	return viz.Traces(r.title(), "voltage, V", "current, "+unit+"A", scaled)
}

// prefixed is the prefix in which a value is 1 to 1000, from p to G, and its size.
func prefixed(v float64) (prefix string, size float64) {
	for _, p := range []struct {
		prefix string
		size   float64
	}{{"G", 1e9}, {"M", 1e6}, {"k", 1e3}, {"", 1}, {"m", 1e-3}, {"µ", 1e-6}, {"n", 1e-9}, {"p", 1e-12}} {
		prefix, size = p.prefix, p.size
		if v >= size {
			break
		}
	}
	return prefix, size
}

// drawState draws the state over time.
func (r *voltSwept) drawState() (*image.RGBA, error) {
	label := r.StateName
	if r.StateUnit != "1" {
		label += ", " + r.StateUnit
	}
	unit, size := prefixed(min(r.Time[len(r.Time)-1], 1)) // no kiloseconds
	t := make([]float64, len(r.Time))
	for k, s := range r.Time {
		t[k] = s / size
	}
	return viz.Traces(r.title(), "time, "+unit+"s", label, []viz.Series{{Name: r.StateName, X: t, Y: r.State}})
}

// print writes a line a cycle, of many the first and the last ones.
func (r *voltSwept) print(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s in %s\n", r.title(), r.StateName, strings.Replace(r.StateUnit, "1", "parts of 1", 1))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "cycle\t%s from\tto\tcurrent from A\tto A\tlobe at V>0, V A\tat V<0\tenergy, J\t\n", r.StateName)
	for k, l := range r.Loops {
		if k == 5 && len(r.Loops) > 10 {
			fmt.Fprintln(t, "...\t\t\t\t\t\t\t\t")
		}
		if k < 5 || k >= len(r.Loops)-5 {
			fmt.Fprintf(t, "%d\t%.6g\t%.6g\t%.5g\t%.5g\t%.4g\t%.4g\t%.4g\t\n", k+1, l.StateMin+0, l.StateMax+0, l.AmpMin+0, l.AmpMax+0, l.AreaPos, l.AreaNeg, l.Energy)
		}
	}
	return t.Flush()
}
