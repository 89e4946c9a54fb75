// Package testdeps finds what some tests need beyond Go itself: real data,
// Python with NumPy, other simulators. Where a thing is missing the test skips
// and names the command that brings it; with SYNOHM_STRICT=1, as in CI, the
// skip is a failure, so nothing is left out silently.
package testdeps

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Missing skips the test, or fails it where SYNOHM_STRICT=1.
func Missing(t testing.TB, what, remedy string) {
	t.Helper()
	if os.Getenv("SYNOHM_STRICT") == "1" {
		t.Fatalf("%s is missing and SYNOHM_STRICT=1; to have it: %s", what, remedy)
	}
	t.Skipf("skipped: %s is missing; to have it: %s", what, remedy)
}

// Data returns the path of a file or folder of the shared test data, looked up
// in SYNOHM_DATA and in ../shared/data beside the module's root.
func Data(t testing.TB, rel string) string {
	t.Helper()
	var places []string
	if d := os.Getenv("SYNOHM_DATA"); d != "" {
		places = append(places, d)
	}
	places = append(places, filepath.Join(ModuleRoot(t), "..", "shared", "data"))
	for _, p := range places {
		full := filepath.Join(p, filepath.FromSlash(rel))
		if _, err := os.Stat(full); err == nil {
			return full
		}
	}
	Missing(t, "test data "+rel, "set SYNOHM_DATA to the folder that holds it, or put it into ../shared/data beside the project")
	return ""
}

// Python returns an interpreter that can import the given module.
func Python(t testing.TB, module string) string {
	t.Helper()
	for _, p := range []string{"/usr/bin/python3", "python3"} {
		full, err := exec.LookPath(p)
		if err != nil {
			continue
		}
		if exec.Command(full, "-c", "import "+module).Run() == nil {
			return full
		}
	}
	Missing(t, "Python with "+module, "make test-deps")
	return ""
}

// ModuleRoot returns the folder of go.mod above the running test.
func ModuleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("testdeps: no go.mod above the test's folder")
		}
		dir = up
	}
}
