// Package progress lets long work say how far it is, through the context that
// also cancels it, so that what does the work knows nobody who watches.
package progress

import "context"

type key struct{}

// With gives a context whose work reports to a function, which may be called
// concurrently.
func With(ctx context.Context, to func(phase string, done, total int)) context.Context {
	return context.WithValue(ctx, key{}, to)
}

// Report tells whoever watches, if anybody does, that so much of a phase is
// done.
func Report(ctx context.Context, phase string, done, total int) {
	if to, ok := ctx.Value(key{}).(func(string, int, int)); ok {
		to(phase, done, total)
	}
}
