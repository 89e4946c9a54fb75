package kernels

import "sync/atomic"

// Parallel cuts the numbers 0 to n-1 into at most as many ranges as workers,
// each of at least grain numbers if there are so many, and runs f on all of
// them, the caller taking a part (see Together). Which worker takes a range is
// not sure, so what f writes must not depend on it, nor on where the cuts are.
func Parallel(workers, n, grain int, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	ranges := max(1, min(workers, n/max(1, grain)))
	if ranges == 1 {
		f(0, n)
		return
	}
	var next atomic.Int64
	Together(ranges, func() {
		for {
			k := int(next.Add(1)) - 1
			if k >= ranges {
				return
			}
			f(n*k/ranges, n*(k+1)/ranges)
		}
	})
}
