package kernels

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// form is a set of instructions that the kernels are written in. A better form
// includes those before it: a kernel that it does not have is taken from them.
type form int32

const (
	portable form = iota
	avx2
	avx512
)

var formNames = []string{portable: "portable", avx2: "avx2", avx512: "avx512"}

// inUse is the form that runs take.
var inUse atomic.Int32

func init() { inUse.Store(int32(best)) }

// Forms are the names of those that the processor has, the best one last.
func Forms() []string { return slices.Clone(formNames[:best+1]) }

// Use chooses a form by its name; auto is the best one that the processor has.
// The results are the same bits, but those of Gemm. It is to be called before a run starts.
func Use(name string) error {
	if name == "auto" {
		inUse.Store(int32(best))
		return nil
	}
	f := slices.Index(Forms(), name)
	if f < 0 {
		return fmt.Errorf("kernels %q is none of auto, %s, which this processor has", name, strings.Join(Forms(), ", "))
	}
	inUse.Store(int32(f))
	return nil
}

// Path names the form in use: avx512, avx2 or portable.
func Path() string { return formNames[inUse.Load()] }

// has tells whether kernels of a form are to be used.
func has(f form) bool { return form(inUse.Load()) >= f }

// vectors tells whether the kernels in assembly are to be used.
func vectors() bool { return has(avx2) }
