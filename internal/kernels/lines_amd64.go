package kernels

func lineDownVectors(beta float64, z, p, g, c, y []float64) {
	lineDownAVX2(beta, len(z)/LineCols, &z[0], &p[0], &g[0], &c[0], &y[0])
}

func lineUpVectors(kappa float64, y, c, g, p, v []float64, dot *[LineCols]float64) {
	lineUpAVX2(kappa, len(y)/LineCols, &y[0], &c[0], &g[0], &p[0], &v[0], dot)
}

func lineRightVectors(strips, stride int, v, c, y []float64) {
	lineRightAVX2(strips, stride, &v[0], &c[0], &y[0])
}

func lineLeftVectors(alpha float64, strips, stride int, c, y, v, p, z, w []float64, dot *[LineRows]float64) {
	lineLeftAVX2(alpha, strips, stride, &c[0], &y[0], &v[0], &p[0], &z[0], &w[0], dot)
}

func lineReturnVectors(strips, stride int, c, y, v, z []float64, dot *[LineRows]float64) {
	lineReturnAVX2(strips, stride, &c[0], &y[0], &v[0], &z[0], dot)
}

func lineFillVectors(kappa float64, w, g, c, y []float64) {
	lineFillAVX2(kappa, len(w)/LineCols, &w[0], &g[0], &c[0], &y[0])
}

func lineBackVectors(c, y []float64) { lineBackAVX2(len(c)/LineCols, &c[0], &y[0]) }

func lineLawDownVectors(kappa float64, w, u, g []float64, law *LineLaw) {
	lineLawDownAVX2(kappa, len(w)/LineCols, &w[0], &u[0], &g[0], &law.Before[0])
}

func lineLawRightVectors(strips, stride int, w, u, g, z []float64, law *LineBandLaw) {
	lineLawRightAVX2(strips, stride, &w[0], &u[0], &g[0], &z[0], &law.Before[0])
}
