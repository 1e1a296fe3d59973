//go:build !arm64 || purego

package quant

import (
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// modes is kerneltest.Modes.
func modes(t *testing.T, f func(t *testing.T)) { kerneltest.Modes(t, f) }
