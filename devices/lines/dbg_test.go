package lines_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/synohm/synohm/devices/lines"
)

func TestDbg(t *testing.T) {
	for _, c := range []struct {
		n           int
		lo, hi, ohm float64
	}{{128, 1e-5, 1e-3, 10}, {256, 1e-5, 1e-3, 10}, {512, 1e-5, 1e-3, 10}, {512, 1e-6, 2e-5, 1}, {512, 1e-3, 1e-3, 100}, {256, 1e-3, 1e-2, 1000}, {64, 1e-3, 1e-2, 10000}, {128, 1e-2, 1, 1e5}, {128, 1e-12, 1e-11, 1e-3}} {
		n, v := random(c.n, c.lo, c.hi, c.ohm)
		at := time.Now()
		s, err := n.Solve(context.Background(), []lines.Drive{{Word: v}}, lines.Options{})
		if err != nil {
			fmt.Println(c, err)
			continue
		}
		fmt.Println(c, s[0].Iterations, s[0].Residual, time.Since(at), s[0].Out[0], s[0].Out[c.n-1])
		if c.n < 1000 {
			d, _ := lines.Selected(c.n, c.n, c.n/2, c.n/3, 1, lines.Floating)
			at = time.Now()
			s, err = n.Solve(context.Background(), []lines.Drive{d}, lines.Options{})
			if err != nil {
				fmt.Println("   floating", err)
				continue
			}
			fmt.Println("   floating", s[0].Iterations, s[0].Residual, time.Since(at), s[0].Out[c.n/3], s[0].In[c.n/2])
		}
	}
}
