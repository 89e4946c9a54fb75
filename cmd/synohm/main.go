// Command synohm runs simulations of networks that compute with physics.
package main

import (
	"os"
	"runtime"

	"github.com/synohm/synohm/cmd/synohm/command"
	"github.com/synohm/synohm/internal/kernels"
)

func main() {
	kernels.UseBLAS(runtime.GOMAXPROCS(0))
	os.Exit(command.Main(os.Args[1:], os.Stdout, os.Stderr))
}
