package array

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/synohm/synohm/devices/converters"
	"github.com/synohm/synohm/internal/kernels"
)

// of is the key of a vector of a batch.
func (k Key) of(vector int) Key { return Key{Trial: k.Trial + uint32(vector), Step: k.Step} }

// MultiplyBatch is Multiply of several vectors, x [batch][rows] and y
// [batch][cols]; vector i has the trial key.Trial + i, and gives the bits that it
// gives in a batch of its own. Where no converters stand between, and noise is
// drawn an output, the currents of all vectors are one product of matrices,
// whose last bits may differ from those of Multiply.
func (m *Matrix) MultiplyBatch(ctx context.Context, key Key, batch int, x, y []float32) error {
	m.checkBatch(batch, x, y)
	clear(y)
	if t := m.tiles[0]; t.dac != nil || t.adc != nil || t.sigma != nil {
		return m.parallel(ctx, batch, func(i int) error {
			return m.Multiply(key.of(i), x[i*m.rows:(i+1)*m.rows], y[i*m.cols:(i+1)*m.cols])
		})
	}
	var square []float32
	for _, t := range m.tiles {
		d := &t.digits[0] // without converters there is one
		if square == nil && (d.variance != nil || d.shared != nil) {
			square = squares(x)
		}
		current := make([]float32, batch*t.cols)
		m.times(t, batch, x, d.current, current)
		var v []float32
		if d.variance != nil {
			v = make([]float32, batch*t.cols)
			m.times(t, batch, square, d.variance, v)
		}
		err := m.parallel(ctx, batch, func(i int) error {
			in := x[i*m.rows+t.row0:][:t.rows]
			one := current[i*t.cols : (i+1)*t.cols]
			k := converters.Key{Trial: key.of(i).Trial, Step: key.Step}
			t.countProduct(in)
			if v != nil {
				t.addNormals(k, 0, v[i*t.cols:(i+1)*t.cols], one)
			}
			if d.shared != nil {
				t.addCommon(k, 0, square[i*m.rows+t.row0:][:t.rows], one)
			}
			t.finish(in, one, y[i*m.cols+t.col0:][:t.cols])
			return nil
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// times multiplies the rows of a tile, of all vectors, by one of its matrices.
func (m *Matrix) times(t *tile, batch int, x, matrix, y []float32) {
	kernels.Gemm(m.workers, false, false, batch, t.cols, t.rows, 1, x[t.row0:], m.rows, matrix, t.cols, 0, y, t.cols)
}

// MultiplyBatchT is MultiplyT of several vectors, y [batch][cols] and x
// [batch][rows], keyed as those of MultiplyBatch.
func (m *Matrix) MultiplyBatchT(ctx context.Context, key Key, batch int, y, x []float32) error {
	m.checkBatch(batch, x, y)
	clear(x)
	for _, t := range m.tiles {
		drive := make([]float32, batch*t.cols)
		for i := range batch {
			t.driveT(y[i*m.cols+t.col0:][:t.cols], drive[i*t.cols:(i+1)*t.cols])
			t.countProductT()
		}
		square := squares(drive)
		current, v := make([]float32, batch*t.rows), make([]float32, batch*t.rows)
		transposed := func(in, matrix, out []float32) {
			kernels.Gemm(m.workers, false, true, batch, t.rows, t.cols, 1, in, t.cols, matrix, t.cols, 0, out, t.rows)
		}
		for index := range t.digits {
			d := &t.digits[index]
			transposed(drive, d.current, current)
			if d.variance != nil {
				transposed(square, d.variance, v)
			}
			err := m.parallel(ctx, batch, func(i int) error {
				rows, cols := i*t.rows, i*t.cols
				t.finishT(key.of(i), index, drive[cols:cols+t.cols], v[rows:rows+t.rows], current[rows:rows+t.rows], x[i*m.rows+t.row0:][:t.rows])
				return nil
			})
			if err != nil {
				return err
			}
		}
		for i := range batch {
			t.offsetT(y[i*m.cols+t.col0:][:t.cols], x[i*m.rows+t.row0:][:t.rows])
		}
	}
	return ctx.Err()
}

func (m *Matrix) checkBatch(batch int, x, y []float32) {
	if batch < 0 || len(x) != batch*m.rows || len(y) != batch*m.cols {
		panic(fmt.Sprintf("array: a batch of %d of %d and %d numbers is not one of %d x %d weights", batch, len(x), len(y), m.rows, m.cols))
	}
}

// parallel calls f for 0 to n-1 by the workers and returns the error of the
// first of them that failed.
func (m *Matrix) parallel(ctx context.Context, n int, f func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	work := func() {
		for !failed.Load() && ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			if errs[i] = f(i); errs[i] != nil {
				failed.Store(true)
			}
		}
	}
	var wg sync.WaitGroup
	for range min(m.workers, n) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
