package progress_test

import (
	"context"
	"fmt"

	"github.com/synohm/synohm/internal/progress"
)

func Example() {
	ctx := progress.With(context.Background(), func(phase string, done, total int) {
		fmt.Printf("%s: %d of %d\n", phase, done, total)
	})
	progress.Report(ctx, "lines", 64, 256)
	progress.Report(context.Background(), "nobody watches", 1, 2)
	// Output: lines: 64 of 256
}
