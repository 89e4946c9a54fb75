package units

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, stored string
		want         float64
	}{
		{"12 ms", "ms", 12},
		{"0.1ms", "ms", 0.1},
		{"1 s", "ms", 1000},
		{"300 ms", "us", 300_000},
		{"1e3 us", "ms", 1},
		{"1 year", "s", 31557600},
		{"2 y", "s", 63115200},
		{"50 uS", "S", 50e-6},
		{"1.1 eV", "eV", 1.1},
		{"25 meV", "eV", 0.025},
		{"1 eV", "J", 1.602176634e-19},
		{"50 µS", "uS", 50},
		{"20 kohm", "ohm", 20e3},
		{"20 kΩ", "ohm", 20e3},
		{"8 kHz", "Hz", 8000},
		{"8 1/ms", "Hz", 8000},
		{"-70 mV", "mV", -70},
		{"3 pA*ms", "fC", 3},
		{"1 mV^2", "V^2", 1e-6},
		{"5 %", "1", 0.05},
		{"30 nS*mV", "pA", 30},
		{"10 nm", "m", 1e-8},
		{"0.25 nm", "nm", 0.25},
		{"1.4 V/nm", "V/m", 1.4e9},
		{"1 m/s", "nm/s", 1e9},
		{"2.1 K/mW", "K/W", 2100},
		{"100 um^2/V/s", "m^2/V/s", 1e-10},
		{"0.6 eV", "J", 0.6 * 1.602176634e-19},
		{"600 meV", "eV", 0.6},
		{"298 K", "K", 298},
		{"0.05 1/V", "1/V", 0.05},
		{"600 1/ohm/s", "1/kohm/s", 600e3},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, err := Parse(c.text, MustUnit(c.stored))
			require.NoError(t, err)
			require.InEpsilon(t, c.want, got, 1e-15)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ text, stored, rule string }{
		{"12", "ms", `"12" has no unit; units that fit: us, ms, s`},
		{"12 mV", "ms", `unit "mV" does not fit here; units that fit: us, ms`},
		{"12 foo", "ms", `unknown unit "foo"`},
		{"ms", "ms", `not a number`},
		{"", "ms", "not a number"},
		{"NaN ms", "ms", "not a number"},
		{"1e999 ms", "ms", "not a number"},
		{"12 ms^x", "ms", "power"},
		{"12 /", "ms", "unknown unit"},
		{"1 min", "mV", "does not fit"},
		{"1 kmin", "s", "unknown unit"},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, err := Parse(c.text, MustUnit(c.stored))
			require.ErrorContains(t, err, c.rule)
		})
	}
}

func TestFormatRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64().Draw(t, "v")
		if math.IsInf(v, 0) || math.IsNaN(v) {
			t.Skip("not a quantity")
		}
		u := MustUnit(rapid.SampledFrom(suggestions).Draw(t, "unit"))
		got, err := Parse(Format(v, u), u)
		require.NoError(t, err)
		require.Equal(t, v, got)
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"12 ms", "1e3us", "5%", "-3 pA*ms", "1 mV^-2/s", "µ", "1 /", "1e 3", "0x1p3 s"} {
		f.Add(s, "ms")
	}
	f.Fuzz(func(t *testing.T, text, unit string) {
		u, err := ParseUnit(unit)
		if err != nil {
			return
		}
		v, err := Parse(text, u)
		if err != nil {
			return
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("%q in %q gave %g", text, unit, v)
		}
		again, err := Parse(Format(v, u), u)
		if err == nil && again != v {
			t.Fatalf("%q in %q: %g does not read back: %g", text, unit, v, again)
		}
	})
}

func ExampleParse() {
	v, err := Parse("0.3 s", MustUnit("ms"))
	fmt.Println(v, err)
	_, err = Parse("0.3", MustUnit("uS"))
	fmt.Println(err)
	// Output:
	// 300 <nil>
	// "0.3" has no unit; units that fit: nS, uS, mS, S
}
