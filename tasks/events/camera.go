package events

import (
	"fmt"
	"math"
	"slices"

	"github.com/synohm/synohm/internal/philox"
)

// Camera is a simulated event camera (dynamic vision sensor) in front of a
// still image, moved by three saccades as N-MNIST was recorded: 100 ms each,
// together an isosceles triangle that ends where it began.
//
// A pixel remembers the logarithm of its intensity and makes an event each
// time the logarithm has moved by a threshold; the memory moves with it. An
// event that falls into the refractory time of its pixel is lost, and the
// memory moves all the same.
type Camera struct {
	Side         int     `yaml:"side" default:"34" range:"[1, 1024]" doc:"pixels along a side of the sensor"`
	ThresholdOn  float64 `yaml:"threshold_on" default:"0.35" range:"[0.01, 100]" doc:"rise of the log intensity that makes an ON event"`
	ThresholdOff float64 `yaml:"threshold_off" default:"0.35" range:"[0.01, 100]" doc:"fall of the log intensity that makes an OFF event"`
	Floor        float64 `yaml:"floor" default:"0.1" range:"[0.0001, 1000]" doc:"intensity of black, where white adds 1"`
	Refractory   float64 `yaml:"refractory" unit:"us" default:"1 ms" range:"[0, inf)" doc:"time after an event in which its pixel makes no other"`
	Amplitude    float64 `yaml:"amplitude" default:"3" range:"[0, 64]" doc:"half the base of the triangle of saccades, in pixels; its height is the whole base"`
	Duration     float64 `yaml:"duration" unit:"us" default:"300 ms" range:"(0, 8000000]" doc:"length of a recording, a third for each saccade"`
	Mismatch     float64 `yaml:"mismatch" default:"0" range:"[0, 1]" doc:"standard deviation of the thresholds between pixels over their mean"`
	Background   float64 `yaml:"background" unit:"Hz" default:"0 Hz" range:"[0, 10000]" doc:"rate of noise events of a pixel"`
	HotPixels    float64 `yaml:"hot_pixels" default:"0" range:"[0, 1]" doc:"fraction of pixels that fire on their own"`
	HotRate      float64 `yaml:"hot_rate" unit:"Hz" default:"100 Hz" range:"[0, 10000]" doc:"rate of a hot pixel"`
}

// Recorder records images with a camera. It belongs to one goroutine.
type Recorder struct {
	cam     Camera
	seed    uint64
	path    [][2]float64 // shift of the image in pixels, at the ends of substeps
	logs    []float64    // log intensity of 0..255 in steps of 1/logFine
	mem     []float64    // level each pixel remembers
	last    []float64    // log intensity at the end of the substep before
	quiet   []float64    // us until which a pixel is refractory
	mis     []float64    // factor on the thresholds, nil for 1
	padded  []float64    // image with a black frame, so sampling needs no bounds
	padSide int
	keys    []key
	events  []Event
}

const logFine = 16 // entries of the logarithm's table per grey level

// maxShift is how far the image moves in a substep, in pixels. Inside one the
// log intensity is taken as linear in time.
const maxShift = 0.15

var (
	purposeMismatch   = philox.Purpose("events.camera.mismatch")
	purposeHot        = philox.Purpose("events.camera.hot")
	purposeBackground = philox.Purpose("events.camera.background")
)

// NewRecorder prepares a camera. The seed fixes the pattern of its pixels.
func NewRecorder(c Camera, seed uint64) *Recorder {
	n := c.Side * c.Side
	r := &Recorder{cam: c, seed: seed, mem: make([]float64, n), last: make([]float64, n), quiet: make([]float64, n)}
	r.logs = make([]float64, 255*logFine+2)
	for i := range r.logs {
		r.logs[i] = math.Log(c.Floor + float64(i)/(255*logFine))
	}
	a := c.Amplitude
	corners := [4][2]float64{{0, 0}, {a, 2 * a}, {2 * a, 0}, {0, 0}}
	r.path = append(r.path, [2]float64{-a, -a})
	// Every saccade takes a third of the time, so all have the substeps that
	// the longest needs. The velocity is a raised cosine, at most twice its mean.
	longest := math.Hypot(a, 2*a)
	sub := max(8, int(math.Ceil(2*longest/maxShift)))
	for k := range 3 {
		p, q := corners[k], corners[k+1]
		for i := 1; i <= sub; i++ {
			x := float64(i) / float64(sub)
			x -= math.Sin(2*math.Pi*x) / (2 * math.Pi)
			r.path = append(r.path, [2]float64{p[0] + x*(q[0]-p[0]) - a, p[1] + x*(q[1]-p[1]) - a})
		}
	}
	if c.Mismatch > 0 {
		r.mis = make([]float64, n)
		s := philox.Stream{Seed: seed, Purpose: purposeMismatch}
		for i := range r.mis {
			r.mis[i] = math.Max(0.1, 1+c.Mismatch*philox.Normal(s.Word(uint32(i), 0)))
		}
	}
	return r
}

// Record looks at an image. The draws of noise depend on the seed and the
// trial only. The stream is ordered by time, then row, column, polarity, and
// its events are valid until the next call.
func (r *Recorder) Record(img []uint8, rows, cols int, trial uint32) (Stream, error) {
	side := r.cam.Side
	if len(img) != rows*cols || rows < 1 || cols < 1 || rows > side || cols > side {
		return Stream{}, fmt.Errorf("an image of %d x %d pixels does not fit the %d x %d sensor", rows, cols, side, side)
	}
	r.keys = r.keys[:0]
	r.pad(img, rows, cols)
	clear(r.quiet)
	per := (len(r.path) - 1) / 3
	dt := r.cam.Duration / 3 / float64(per)
	for k, shift := range r.path {
		r.substep(shift, float64(k-1)*dt, dt, k == 0)
	}
	r.noise(trial)
	slices.Sort(r.keys)
	r.events = r.events[:0]
	for _, k := range r.keys {
		r.events = append(r.events, k.event())
	}
	return Stream{Width: side, Height: side, Events: r.events}, nil
}

// key is an event packed so that the order of numbers is that of streams:
// time, row, column, ON first. Bounds of Camera keep time below 2^23 us and
// rows and columns below 2^10.
type key uint64

func newKey(t float64, pixel, side int, on bool) key {
	k := key(t)<<21 | key(pixel/side)<<11 | key(pixel%side)<<1
	if !on {
		k |= 1
	}
	return k
}

func (k key) event() Event {
	return Event{T: int32(k >> 21), Y: uint16(k >> 11 & 1023), X: uint16(k >> 1 & 1023), On: k&1 == 0}
}

// pad puts the image into the middle of a black field, wide enough for all
// shifts.
func (r *Recorder) pad(img []uint8, rows, cols int) {
	margin := int(math.Ceil(2*r.cam.Amplitude)) + 2
	r.padSide = r.cam.Side + 2*margin
	if len(r.padded) != r.padSide*r.padSide {
		r.padded = make([]float64, r.padSide*r.padSide)
	}
	clear(r.padded)
	top, left := margin+(r.cam.Side-rows)/2, margin+(r.cam.Side-cols)/2
	for y := range rows {
		for x := range cols {
			r.padded[(top+y)*r.padSide+left+x] = float64(img[y*cols+x])
		}
	}
}

// substep samples the shifted image and makes the events between the sample
// before and this one.
func (r *Recorder) substep(shift [2]float64, start, dt float64, first bool) {
	side := r.cam.Side
	margin := (r.padSide - side) / 2
	fx, fy := math.Floor(shift[0]), math.Floor(shift[1])
	ax, ay := shift[0]-fx, shift[1]-fy
	w00, w10, w01, w11 := (1-ax)*(1-ay), ax*(1-ay), (1-ax)*ay, ax*ay
	dark := r.logs[0]
	for y := range side {
		at := (y+margin+int(fy))*r.padSide + margin + int(fx)
		up, down := r.padded[at:at+side+1], r.padded[at+r.padSide:at+r.padSide+side+1]
		for x := range side {
			a, b, c, d := up[x], up[x+1], down[x], down[x+1]
			l := dark
			if a+b+c+d > 0 {
				v := float64(a*w00) + float64(b*w10) + float64(c*w01) + float64(d*w11)
				l = r.logs[int(v*logFine+0.5)]
			}
			i := y*side + x
			if first {
				r.mem[i], r.last[i] = l, l
				continue
			}
			if l != r.last[i] {
				r.cross(i, r.last[i], l, start, dt)
				r.last[i] = l
			}
		}
	}
}

// cross makes the events of a pixel whose log intensity went from a to b.
func (r *Recorder) cross(i int, a, b, start, dt float64) {
	on, off := r.cam.ThresholdOn, r.cam.ThresholdOff
	if r.mis != nil {
		on, off = on*r.mis[i], off*r.mis[i]
	}
	for {
		var level float64
		switch {
		case b >= r.mem[i]+on:
			level = r.mem[i] + on
		case b <= r.mem[i]-off:
			level = r.mem[i] - off
		default:
			return
		}
		t := start + dt*math.Min(1, math.Max(0, (level-a)/(b-a)))
		if t >= r.quiet[i] {
			r.keys = append(r.keys, newKey(t, i, r.cam.Side, level > r.mem[i]))
			r.quiet[i] = t + r.cam.Refractory
		}
		r.mem[i] = level
	}
}

// noise adds background activity and hot pixels: a Poisson process each,
// drawn by its intervals.
func (r *Recorder) noise(trial uint32) {
	if r.cam.Background == 0 && r.cam.HotPixels == 0 {
		return
	}
	hot := philox.Stream{Seed: r.seed, Purpose: purposeHot}
	s := philox.Stream{Seed: r.seed, Purpose: purposeBackground, Trial: trial}
	for i := range r.mem {
		rate := r.cam.Background
		if r.cam.HotPixels > 0 && philox.Uniform(hot.Word(uint32(i), 0)) < r.cam.HotPixels {
			rate += r.cam.HotRate
		}
		if rate == 0 {
			continue
		}
		t := 0.0
		for step := uint32(0); ; step++ {
			b := s.Block(uint32(i), step)
			t -= math.Log(philox.Uniform(b[0])) / rate * 1e6
			if t >= r.cam.Duration {
				break
			}
			r.keys = append(r.keys, newKey(t, i, r.cam.Side, b[1]&1 == 1))
		}
	}
}
