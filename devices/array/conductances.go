package array

// CellMap is the conductances of a plane of cells, uS, row-major in Shape.
type CellMap struct {
	Plane  string
	Shape  []int     // rows and columns; of a shared column, rows and tiles side by side
	Now    []float32 // as the cells conduct, without the noise of a read
	Target []float32 // as they were programmed; nil where cells are formed
}

// Conductances copies the cells of all tiles out, plane by plane.
func (m *Matrix) Conductances() []CellMap {
	var out []CellMap
	for i, p := range m.planes {
		c := CellMap{Plane: p.Name, Shape: []int{m.rows, m.cols}}
		if p.Shared {
			c.Shape[1] = m.acrossCols
		}
		c.Now = make([]float32, c.Shape[0]*c.Shape[1])
		formed := m.tiles[0].target == nil
		if !formed {
			c.Target = make([]float32, len(c.Now))
		}
		for k, t := range m.tiles {
			g := make([]float32, t.blocks[i].Len())
			t.blocks[i].Conductance(m.now, g, nil)
			width, at := t.cols, t.col0
			if p.Shared {
				width, at = 1, k%m.acrossCols
			}
			for r := range t.rows {
				to := (t.row0+r)*c.Shape[1] + at
				copy(c.Now[to:to+width], g[r*width:])
				if !formed {
					copy(c.Target[to:to+width], t.target[i][r*width:])
				}
			}
		}
		out = append(out, c)
	}
	return out
}
