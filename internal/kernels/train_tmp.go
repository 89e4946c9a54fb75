package kernels

import (
	"math"
	"sync"
)

func AddBias(y, b []float32) {
	n := len(b)
	for i := range y {
		y[i] += b[i%n]
	}
}
func ReLU(y []float32) {
	for i, x := range y {
		if x < 0 {
			y[i] = 0
		}
	}
}
func LeakyReLU(y []float32, s float32) {
	for i, x := range y {
		if x < 0 {
			y[i] = s * x
		}
	}
}
func RowSquares(x []float32, cols int, out []float32) {
	for r := range out {
		var s float32
		for _, v := range x[r*cols : (r+1)*cols] {
			s += v * v
		}
		out[r] = s
	}
}
func ScaleRows(y, x []float32, cols int, f []float32) {
	for r := range f {
		for j := r * cols; j < (r+1)*cols; j++ {
			y[j] = f[r] * x[j]
		}
	}
}
func ColumnSums(x []float32, cols int, out []float32) {
	clear(out)
	for i := 0; i < len(x); i += cols {
		for j, v := range x[i : i+cols] {
			out[j] += v
		}
	}
}
func Finite(x []float32) bool {
	for _, v := range x {
		if v-v != 0 {
			return false
		}
	}
	return true
}

type Adam struct {
	Rate, Beta1, Beta2, Eps, Decay float32
	Correct1, Correct2             float32
	Coupled                        bool
}

func (a *Adam) Step(w, m, v, g []float32, scale float32) {
	for i := range w {
		d := g[i] * scale
		m[i] = a.Beta1*m[i] + (1-a.Beta1)*d
		v[i] = a.Beta2*v[i] + (1-a.Beta2)*d*d
		w[i] -= a.Rate * (m[i]*a.Correct1/(float32(math.Sqrt(float64(v[i]*a.Correct2)))+a.Eps) + a.Decay*w[i])
	}
}
func (a *Adam) Change(c, m, v, g, w []float32, scale float32) {
	clear(c)
	a.Step(c, m, v, g, scale)
}

type Momentum struct {
	Rate, Momentum, Decay float32
	Nesterov              bool
}

func (s *Momentum) Step(w, v, g []float32, scale float32) {
	for i := range w {
		d := g[i]*scale + s.Decay*w[i]
		v[i] = s.Momentum*v[i] + d
		if s.Nesterov {
			d += s.Momentum * v[i]
		} else {
			d = v[i]
		}
		w[i] -= s.Rate * d
	}
}
func (s *Momentum) Change(c, v, g, w []float32, scale float32) {
	clear(c)
	s.Step(c, v, g, scale)
}
func SoftmaxCrossEntropy(s []float32, classes int, labels []uint8, d []float32, loss []float64) {
	for r := range labels {
		row := s[r*classes : (r+1)*classes]
		top := math.Inf(-1)
		for _, x := range row {
			top = math.Max(top, float64(x))
		}
		sum := 0.0
		for _, x := range row {
			sum += math.Exp(float64(x) - top)
		}
		loss[r] = math.Log(sum) + top - float64(row[labels[r]])
		for c, x := range row {
			d[r*classes+c] = float32(math.Exp(float64(x)-top) / sum)
		}
		d[r*classes+int(labels[r])]--
	}
}
func Parallel(workers, n, grain int, f func(lo, hi int)) {
	k := min(workers, max(1, n/grain))
	var wg sync.WaitGroup
	for i := 1; i < k; i++ {
		wg.Add(1)
		go func() { defer wg.Done(); f(n*i/k, n*(i+1)/k) }()
	}
	f(0, n/k)
	wg.Wait()
}

func MulAdd(y, x []float32, a float32) {
	for i := range y {
		y[i] += a * x[i]
	}
}
