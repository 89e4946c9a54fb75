//go:build !amd64

package kernels

// What follows is never called where there are no kernels in assembly.

func addVectors(y, x []float32) int { return 0 }

func addReLUVectors(y, x []float32) int { return 0 }

func reluVectors(y []float32) int { return 0 }

func maskReLUVectors(d, h []float32) int { return 0 }

func mulAddVectors(y, x []float32, a float32) int { return 0 }

func scaleVectors(y, x []float32, f float32) int { return 0 }

func squaresVectors(x []float32, s *[sumLanes]float32) int { return 0 }

func columnSumsVectors(rows int, x, out []float32) int { return 0 }

func maxAbsVectors(x []float32) (int, uint32) { return 0, 0 }

func adamVectors(c *[adamConstants]uint32, to, w, m, v, g []float32) int { return 0 }

func momentumVectors(c *[momentumConstants]uint32, to, w, velocity, g []float32) int { return 0 }
