package philox

import "math"

// Binomial maps a number inside (0, 1) to how many of n trials succeed, each
// with probability p.
//
// It is the inverse of the distribution function in an order of its own: from
// the mode outwards, so that about as many terms are summed as the standard
// deviation (Kemp, Communications in Statistics 15, 1986). The probability of
// the mode is that of Loader (2000), right to about 1e-14 for any n.
func Binomial(u float64, n int64, p float64) int64 {
	switch {
	case n <= 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	}
	mode := min(int64((float64(n)+1)*p), n)
	up, down := p/(1-p), (1-p)/p
	first := binomialMass(float64(mode), float64(n), p)
	if u -= first; u < 0 {
		return mode
	}
	high, low := first, first
	for i, j := mode, mode; i < n || j > 0; {
		if i < n {
			high *= float64(n-i) / float64(i+1) * up
			i++
			if u -= high; u < 0 {
				return i
			}
		}
		if j > 0 {
			low *= float64(j) / float64(n-j+1) * down
			j--
			if u -= low; u < 0 {
				return j
			}
		}
		if i < n && high > negligible || j > 0 && low > negligible {
			continue
		}
		break
	}
	return mode // the terms sum to 1 less a few units of the last place
}

// Hypergeometric maps a number inside (0, 1) to how many of n that are drawn
// without replacement are good, from as many good and bad ones. It must be
// that n <= good + bad. The way is that of Binomial.
func Hypergeometric(u float64, n, good, bad int64) int64 {
	least, most := max(0, n-bad), min(n, good)
	if least >= most {
		return least
	}
	all := float64(good) + float64(bad)
	mode := min(max(int64((float64(n)+1)*((float64(good)+1)/(all+2))), least), most)
	p := float64(n) / all
	first := binomialMass(float64(mode), float64(good), p) / binomialMass(float64(n), all, p) * binomialMass(float64(n-mode), float64(bad), p)
	if u -= first; u < 0 {
		return mode
	}
	high, low := first, first
	for i, j := mode, mode; i < most || j > least; {
		if i < most {
			high *= float64(good-i) / float64(i+1) * (float64(n-i) / float64(bad-n+i+1))
			i++
			if u -= high; u < 0 {
				return i
			}
		}
		if j > least {
			low *= float64(j) / float64(good-j+1) * (float64(bad-n+j) / float64(n-j+1))
			j--
			if u -= low; u < 0 {
				return j
			}
		}
		if i < most && high > negligible || j > least && low > negligible {
			continue
		}
		break
	}
	return mode
}

// negligible is a term below which all that follow it add up to less than the
// last place of 1, the ratio of two being below 1.
const negligible = 1e-22

// binomialMass is the probability of k out of n by the saddle-point expansion
// of Loader, "Fast and accurate computation of binomial probabilities" (2000).
func binomialMass(k, n, p float64) float64 {
	switch {
	case p <= 0:
		return indicator(k == 0)
	case p >= 1:
		return indicator(k == n)
	case k == 0:
		return math.Exp(n * math.Log1p(-p))
	case k == n:
		return math.Exp(n * math.Log(p))
	}
	q := 1 - p
	e := stirlingError(n) - stirlingError(k) - stirlingError(n-k)
	e -= deviance(k, float64(n*p))
	e -= deviance(n-k, float64(n*q))
	return math.Exp(e) * math.Sqrt(n/(2*math.Pi*k*(n-k)))
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// stirlingError is log(n!) less Stirling's formula for it, of a whole number.
func stirlingError(n float64) float64 {
	if n <= 15 {
		return smallStirlingErrors[int(n)]
	}
	nn := n * n
	s := 1.0/1260 - (1.0/1680-1.0/1188/nn)/nn
	return (1.0/12 - (1.0/360-s/nn)/nn) / n
}

var smallStirlingErrors = func() (t [16]float64) {
	for i := 1; i < len(t); i++ {
		n := float64(i)
		l, _ := math.Lgamma(n + 1)
		t[i] = l - float64((n+0.5)*math.Log(n)) + n - 0.91893853320467274178 // log(2 pi)/2
	}
	return t
}()

// deviance is x log(x/m) + m - x without cancellation where x is near m.
func deviance(x, m float64) float64 {
	d := x - m
	if math.Abs(d) >= 0.1*(x+m) {
		return float64(x*math.Log(x/m)) - d
	}
	v := d / (x + m)
	s := d * v
	term, v2 := 2*x*v, v*v
	for j := 3.0; ; j += 2 {
		term *= v2
		next := s + term/j
		if next == s {
			return s
		}
		s = next
	}
}
