//go:build (!amd64 && !arm64) || purego

package kerneltest

import "testing"

// Modes runs f once: this build has no kernels, only the Go twins.
func Modes(t *testing.T, f func(t *testing.T)) {
	t.Run("generic", f)
}

func haveKernels() bool { return false }
