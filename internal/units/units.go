package units

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// dim holds the exponents of metre, kilogram, second, ampere, kelvin.
type dim [5]int8

// Unit is a parsed unit expression: its dimension and its size in SI.
type Unit struct {
	expr string
	dim  dim
	si   float64
}

// String returns the expression as it was written.
func (u Unit) String() string { return u.expr }

type symbol struct {
	dim    dim
	si     float64
	prefix bool // takes SI prefixes
}

var symbols = map[string]symbol{
	"s":    {dim{0, 0, 1}, 1, true},
	"min":  {dim{0, 0, 1}, 60, false},
	"h":    {dim{0, 0, 1}, 3600, false},
	"d":    {dim{0, 0, 1}, 86400, false},
	"y":    {dim{0, 0, 1}, 31557600, false}, // Julian year, 365.25 d
	"year": {dim{0, 0, 1}, 31557600, false},
	"Hz":   {dim{0, 0, -1}, 1, true},
	"m":    {dim{1}, 1, true},
	"g":    {dim{0, 1}, 1e-3, true},
	"A":    {dim{0, 0, 0, 1}, 1, true},
	"K":    {dim{0, 0, 0, 0, 1}, 1, true},
	"C":    {dim{0, 0, 1, 1}, 1, true}, // coulomb
	"V":    {dim{2, 1, -3, -1}, 1, true},
	"ohm":  {dim{2, 1, -3, -2}, 1, true},
	"Ω":    {dim{2, 1, -3, -2}, 1, true},
	"S":    {dim{-2, -1, 3, 2}, 1, true},
	"F":    {dim{-2, -1, 4, 2}, 1, true},
	"J":    {dim{2, 1, -2}, 1, true},
	"eV":   {dim{2, 1, -2}, 1.602176634e-19, true}, // electronvolt, exact in the SI of 2019
	"W":    {dim{2, 1, -3}, 1, true},
	"%":    {dim{}, 0.01, false},
	"1":    {dim{}, 1, false},
}

// prefixes are powers of ten; dividing by an exact power rounds once, where
// multiplying by 1e-3 would round twice.
var prefixes = map[string]int{
	"f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3,
	"k": 3, "M": 6, "G": 9, "T": 12,
}

// suggestions are listed in errors, in this order, where the dimension fits.
var suggestions = []string{
	"us", "ms", "s", "min", "h", "d", "year",
	"Hz", "kHz", "nm", "um", "mm",
	"pA", "nA", "uA", "mA", "A", "uV", "mV", "V", "mohm", "ohm", "kohm", "Mohm",
	"nS", "uS", "mS", "S", "pF", "nF", "uF", "fJ", "pJ", "nJ", "J", "eV", "nW", "uW", "mW", "K", "pC", "%", "1/s", "1/V",
	"mV/ms", "pA*ms", "m/s", "nm/us", "V/m", "V/nm", "K/W", "m^2/V/s",
}

const maxLength = 64 // bytes of a quantity; the longest sensible one is far below

// ParseUnit reads a unit expression.
func ParseUnit(expr string) (Unit, error) {
	u := Unit{expr: expr, si: 1}
	if len(expr) > maxLength {
		return u, fmt.Errorf("unit is longer than %d characters", maxLength)
	}
	rest, sign, exp10 := strings.TrimSpace(expr), 1, 0
	if rest == "" {
		return u, fmt.Errorf("unit is empty")
	}
	for {
		i := strings.IndexAny(rest, "*/")
		factor := rest
		if i >= 0 {
			factor = rest[:i]
		}
		if err := u.multiply(strings.TrimSpace(factor), sign, &exp10); err != nil {
			return u, err
		}
		if i < 0 {
			break
		}
		sign = 1
		if rest[i] == '/' {
			sign = -1
		}
		rest = rest[i+1:]
	}
	u.si = scale10(u.si, exp10)
	if u.si == 0 || math.IsInf(u.si, 0) {
		return u, fmt.Errorf("unit %q is out of range", expr)
	}
	return u, nil
}

func (u *Unit) multiply(factor string, sign int, exp10 *int) error {
	power := 1
	if base, p, ok := strings.Cut(factor, "^"); ok {
		n, err := strconv.Atoi(p)
		if err != nil || n < -9 || n > 9 || n == 0 {
			return fmt.Errorf("power %q in unit is not a whole number from -9 to 9 other than 0", p)
		}
		factor, power = base, n
	}
	power *= sign
	sym, ten, ok := lookup(factor)
	if !ok {
		return fmt.Errorf("unknown unit %q", factor)
	}
	for i := range u.dim {
		e := int(u.dim[i]) + power*int(sym.dim[i])
		if e < -100 || e > 100 {
			return fmt.Errorf("unit %q is out of range", u.expr)
		}
		u.dim[i] = int8(e)
	}
	u.si *= math.Pow(sym.si, float64(power))
	*exp10 += ten * power
	return nil
}

func lookup(name string) (symbol, int, bool) {
	if s, ok := symbols[name]; ok {
		return s, 0, true
	}
	_, n := utf8.DecodeRuneInString(name)
	ten, ok := prefixes[name[:n]]
	if !ok {
		return symbol{}, 0, false
	}
	s, ok := symbols[name[n:]]
	return s, ten, ok && s.prefix
}

func scale10(x float64, e int) float64 {
	if e < 0 {
		return x / math.Pow10(-e)
	}
	return x * math.Pow10(e)
}

// MustUnit is ParseUnit for units written in the program.
func MustUnit(expr string) Unit {
	u, err := ParseUnit(expr)
	if err != nil {
		panic("units: " + err.Error())
	}
	return u
}

// Parse reads a quantity and returns its value in the unit it is stored in.
func Parse(text string, stored Unit) (float64, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxLength {
		return 0, fmt.Errorf("quantity is longer than %d characters", maxLength)
	}
	number, unit := split(text)
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number with a unit; units that fit: %s", text, stored.Fits())
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is not a finite number", text)
	}
	if unit == "" {
		return 0, fmt.Errorf("%q has no unit; units that fit: %s", text, stored.Fits())
	}
	u, err := ParseUnit(unit)
	if err != nil {
		return 0, fmt.Errorf("%w; units that fit: %s", err, stored.Fits())
	}
	if u.dim != stored.dim {
		return 0, fmt.Errorf("unit %q does not fit here; units that fit: %s", unit, stored.Fits())
	}
	if v = v * ratio(u, stored); math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is out of range", text)
	}
	return v, nil
}

// ratio is u/stored. Sizes that are powers of ten give a factor that is one
// rounding away from exact, so "20 ms" stored in ms is 20, not 20.000000000000004.
func ratio(u, stored Unit) float64 {
	r := u.si / stored.si
	if e := math.Round(math.Log10(r)); math.Abs(r/math.Pow(10, e)-1) < 1e-12 {
		return scale10(1, int(e))
	}
	return r
}

// split cuts a quantity into its number and its unit.
func split(text string) (number, unit string) {
	for i, r := range text {
		if unicode.IsDigit(r) || strings.ContainsRune("+-._", r) {
			continue
		}
		// The e of an exponent belongs to the number if a digit or sign follows.
		if (r == 'e' || r == 'E') && i > 0 && i+1 < len(text) && strings.ContainsRune("0123456789+-", rune(text[i+1])) {
			continue
		}
		return strings.TrimSpace(text[:i]), strings.TrimSpace(text[i:])
	}
	return text, ""
}

// Fits lists units of the same dimension for messages.
func (u Unit) Fits() string {
	var fit []string
	for _, s := range suggestions {
		if MustUnit(s).dim == u.dim {
			fit = append(fit, s)
		}
	}
	if len(fit) == 0 {
		fit = []string{u.expr}
	}
	return strings.Join(fit, ", ")
}

// Format writes a stored value so that Parse reads back the same bits.
func Format(v float64, stored Unit) string {
	return strconv.FormatFloat(v, 'g', -1, 64) + " " + stored.expr
}
