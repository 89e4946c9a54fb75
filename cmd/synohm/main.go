// Command synohm runs simulations of networks that compute with physics.
package main

import (
	"os"

	"github.com/synohm/synohm/cmd/synohm/command"
)

func main() {
	os.Exit(command.Main(os.Args[1:], os.Stdout, os.Stderr))
}
