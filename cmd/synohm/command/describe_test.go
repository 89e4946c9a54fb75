package command

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/synohm/synohm/devices"
	"github.com/synohm/synohm/internal/catalog"
)

// Parts that may be left out are described with what they hold, by its path.
func TestDescribePartsThatMayBeLeftOut(t *testing.T) {
	var out bytes.Buffer
	describe(&out, catalog.Entry{Name: "x", Summary: "s", Params: &devices.Effects{}})
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"telegraph (none) random telegraph noise",
		"telegraph.tau_high s 10 ms [1e-9, 1e12] mean time",
		"spread.shape normal normal|lognormal",
		"retention.activation eV 0 eV [0, 10]",
	} {
		require.Contains(t, text, want)
	}
}
