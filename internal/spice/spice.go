// Package spice gives tests an independent oracle of circuits: it writes a
// netlist, lets ngspice find the operating point, and reads what it prints.
// ngspice is a program of its own that a test finds or misses; nothing but
// tests uses this package.
package spice

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/synohm/synohm/internal/testdeps"
)

// Ground is the node of 0 V.
const Ground = "0"

// Circuit is a netlist. Nodes have names of small letters, digits and _, as
// ngspice does not tell capitals apart.
type Circuit struct {
	lines  strings.Builder
	count  int
	meters []string
	nodes  map[string]bool
}

// element adds a line with a name of its own.
func (c *Circuit) element(kind byte, a, b, value string) (name string) {
	if c.nodes == nil {
		c.nodes = map[string]bool{}
	}
	c.count++
	name = fmt.Sprintf("%c%d", kind, c.count)
	fmt.Fprintf(&c.lines, "%s %s %s %s\n", name, a, b, value)
	c.nodes[a], c.nodes[b] = true, true
	return name
}

func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Resistor joins two nodes; one of 0 ohm is a source of 0 V, for ngspice would
// take it as a milliohm.
func (c *Circuit) Resistor(a, b string, ohm float64) {
	if ohm == 0 {
		c.element('v', a, b, "0")
		return
	}
	c.element('r', a, b, exact(ohm))
}

// Source holds node a at a voltage above node b.
func (c *Circuit) Source(a, b string, volts float64) { c.element('v', a, b, exact(volts)) }

// Meter joins two nodes without resistance and measures the current from a to b.
// Operating.Amperes holds the currents in the order of the calls.
func (c *Circuit) Meter(a, b string) { c.meters = append(c.meters, c.element('v', a, b, "0")) }

// Current joins two nodes by a current from a to b, an expression of ngspice in
// which V(a,b) is the voltage between nodes.
func (c *Circuit) Current(a, b, expression string) { c.element('b', a, b, "I="+expression) }

// Operating is the operating point of a circuit.
type Operating struct {
	Volts   map[string]float64 // of the nodes, against ground
	Amperes []float64          // of the meters
}

// Solve finds the operating point. It skips the test where ngspice is missing,
// and fails it where ngspice fails or leaves a value out.
func (c *Circuit) Solve(t testing.TB) Operating {
	t.Helper()
	program, err := exec.LookPath("ngspice")
	if err != nil {
		testdeps.Missing(t, "ngspice", "make test-deps")
	}
	// Without quit, a batch run that has no .print line ends with status 1.
	netlist := "* netlist\n.options reltol=1e-12 abstol=1e-18 vntol=1e-15 itl1=1000\n" + c.lines.String() +
		".control\nset numdgt=15\nop\nprint all\nquit 0\n.endc\n.end\n"
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-b")
	cmd.Stdin = strings.NewReader(netlist)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("ngspice: %v\n%s\n%s", err, stdout.String(), stderr.String())
	}
	printed := values(&stdout)
	value := func(name string) float64 {
		v, ok := printed[name]
		if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("ngspice printed no value of %s\n%s", name, stderr.String())
		}
		return v
	}
	o := Operating{Volts: map[string]float64{}}
	for node := range c.nodes {
		if node != Ground {
			o.Volts[node] = value(node)
		}
	}
	for _, m := range c.meters {
		o.Amperes = append(o.Amperes, value(m+"#branch"))
	}
	return o
}

// values takes the lines "name = value" of what was printed.
func values(text *bytes.Buffer) map[string]float64 {
	found := map[string]float64{}
	for lines := bufio.NewScanner(text); lines.Scan(); {
		name, number, ok := strings.Cut(lines.Text(), " = ")
		if v, err := strconv.ParseFloat(strings.TrimSpace(number), 64); ok && err == nil {
			found[strings.TrimSpace(name)] = v
		}
	}
	return found
}
