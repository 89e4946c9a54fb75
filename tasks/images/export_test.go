package images

// Fits is for tests, which should not make four gigabytes to see them refused.
var Fits = fits
