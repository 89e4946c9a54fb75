package sim

import "math"

// wakes holds when every neuron spikes by itself and when the next spike of
// every train of a drive arrives: a heap of indices with the place of each, so
// that a time can be changed. What never happens is not in it.
type wakes struct {
	time   []float64 // [entity]
	target []int32   // [entity]: neuron that it concerns
	place  []int32   // [entity]: in heap, -1 where it is not there
	heap   []int32
}

func (w *wakes) add(target int32) {
	w.time = append(w.time, math.Inf(1))
	w.target = append(w.target, target)
	w.place = append(w.place, -1)
}

// before is the order (time, target, entity): neurons have smaller indices
// than trains, so what a neuron does by itself comes before what arrives.
func (w *wakes) before(a, b int32) bool {
	if w.time[a] != w.time[b] {
		return w.time[a] < w.time[b]
	}
	if w.target[a] != w.target[b] {
		return w.target[a] < w.target[b]
	}
	return a < b
}

// set changes the time of an entity.
func (w *wakes) set(entity int32, t float64) {
	old := w.time[entity]
	if old == t {
		return
	}
	w.time[entity] = t
	i := int(w.place[entity])
	switch {
	case math.IsInf(t, 1):
		last := len(w.heap) - 1
		moved := w.heap[last]
		w.heap = w.heap[:last]
		w.place[entity] = -1
		if i < last {
			w.put(i, moved)
			w.sink(w.rise(i))
		}
	case i < 0:
		w.heap = append(w.heap, entity)
		w.put(len(w.heap)-1, entity)
		w.rise(len(w.heap) - 1)
	case t < old:
		w.rise(i)
	default:
		w.sink(i)
	}
}

func (w *wakes) put(i int, entity int32) {
	w.heap[i] = entity
	w.place[entity] = int32(i)
}

// rise moves an entity up to its place, which it returns.
func (w *wakes) rise(i int) int {
	entity := w.heap[i]
	for i > 0 {
		up := (i - 1) / 2
		if !w.before(entity, w.heap[up]) {
			break
		}
		w.put(i, w.heap[up])
		i = up
	}
	w.put(i, entity)
	return i
}

// sink moves an entity down to its place.
func (w *wakes) sink(i int) {
	entity := w.heap[i]
	for {
		c := 2*i + 1
		if c >= len(w.heap) {
			break
		}
		if c+1 < len(w.heap) && w.before(w.heap[c+1], w.heap[c]) {
			c++
		}
		if !w.before(w.heap[c], entity) {
			break
		}
		w.put(i, w.heap[c])
		i = c
	}
	w.put(i, entity)
}
