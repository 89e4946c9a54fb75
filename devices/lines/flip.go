package lines

import "context"

// flip is the same network with word and bit lines exchanged: turned so that
// what was driven from below is driven from the left.
func (n *Network) flip() *Network {
	f := &Network{Rows: n.Cols, Cols: n.Rows, G: make([]float64, len(n.G)), Curve: n.Curve}
	f.Wires = Wires{Word: n.Wires.Bit, Bit: n.Wires.Word, Source: n.Wires.Sense, Sense: n.Wires.Source}
	turn(f.G, n.G, n.Rows, n.Cols)
	return f
}

// turn writes a matrix of [rows][cols] as [cols][rows], mirrored at the
// antidiagonal: (i, j) goes to (cols-1-j, rows-1-i).
func turn(to, from []float64, rows, cols int) {
	for i := range rows {
		for j, x := range from[i*cols : (i+1)*cols] {
			to[(cols-1-j)*rows+rows-1-i] = x
		}
	}
}

// flip is a drive of the exchanged network.
func (d *Drive) flip(cols int) Drive {
	f := Drive{Word: make([]float64, cols), Bit: reversed(d.Word, 1)}
	if d.Bit != nil {
		f.Word = reversed(d.Bit, 1)
	}
	return f
}

// flip is a solution of the exchanged network, which has rows x cols cells, in
// terms of this one: currents that go in there come out here.
func (s *Solution) flip(rows, cols int) {
	s.In, s.Out = reversed(s.Out, -1), reversed(s.In, -1)
	if s.Word != nil {
		word, bit := make([]float64, rows*cols), make([]float64, rows*cols)
		turn(word, s.Bit, cols, rows)
		turn(bit, s.Word, cols, rows)
		s.Word, s.Bit = word, bit
	}
}

// reversed is a from its end to its beginning, times a factor.
func reversed(a []float64, factor float64) []float64 {
	r := make([]float64, len(a))
	for k, x := range a {
		r[len(a)-1-k] = factor * x
	}
	return r
}

// solveFlipped solves the exchanged network.
func (s *Solver) solveFlipped(ctx context.Context, jobs []job) error {
	rows, cols := s.n.Rows, s.n.Cols
	turned := make([]job, len(jobs))
	for k := range jobs {
		d := jobs[k].drive.flip(cols)
		turned[k] = job{number: jobs[k].number, drive: &d, steps: jobs[k].steps, to: jobs[k].to}
		if from := jobs[k].start; from != nil {
			start := Solution{Word: make([]float64, rows*cols), Bit: make([]float64, rows*cols)}
			turn(start.Word, from.Bit, rows, cols)
			turn(start.Bit, from.Word, rows, cols)
			turned[k].start = &start
		}
		if from := jobs[k].extra; from != nil {
			// What goes from word to bit line here goes from bit to word line there.
			extra := make([]float64, rows*cols)
			turn(extra, from, rows, cols)
			times(-1, extra)
			turned[k].extra = extra
		}
	}
	if err := s.flipped.solve(ctx, turned); err != nil {
		return err
	}
	for k := range jobs {
		jobs[k].to.flip(rows, cols)
	}
	return nil
}
