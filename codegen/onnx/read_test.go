package onnx_test

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/onnx"
)

// TestFilesOfOtherFormatsAreNamed has files whose first bytes are those of two formats.
func TestFilesOfOtherFormatsAreNamed(t *testing.T) {
	for b, want := range map[string]string{
		"\x80\x01\x00\x00\x00\x00\x00\x00{\"a\":":  "a safetensors file",
		"\x10\x00\x00\x00\x00\x00\x00\x00{\"a\":":  "a safetensors file",
		"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00": "a pickle",
		"GGUF\x03\x00\x00\x00":                     "a GGUF file",
		"a,b\n1,2\n":                               "a text",
	} {
		if got := onnx.Recognized([]byte(b)); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", b, got, want)
		}
	}
}
