package onnx_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
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

// TestTheBeginningOfAModelIsToldFromOthers has the files of the tests, of three exporters, cut where a program would look
// no further, and what begins as they do: safetensors files of each length of a header that has the byte 8 first, and
// other bytes behind a version.
func TestTheBeginningOfAModelIsToldFromOthers(t *testing.T) {
	files, err := filepath.Glob("../../testdata/onnx/*.onnx")
	if err != nil || len(files) < 40 {
		t.Fatal(err, len(files))
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if head := b[:min(len(b), 4096)]; !onnx.Begins(head) {
			t.Errorf("%s: no model, by %q", name, head[:min(len(head), 40)])
		}
	}
	long := "\x08\x08\x12\x02me\x32\xff\x7f" + strings.Repeat("words of its author ", 200)
	for _, b := range []string{"\x08\x0d\x12\x00\x3a\x80\x40\x0a\x10", "\x08\x03\x42\x02\x10\x0d", long} {
		if !onnx.Begins([]byte(b)) {
			t.Errorf("%.20q: no model", b)
		}
	}
	for size := 8; size < 1<<16; size += 256 {
		b := append(binary.LittleEndian.AppendUint64(nil, uint64(size)), `{"a":{"dtype":"F32","shape":[1],`...)
		if onnx.Begins(b) {
			t.Fatalf("a header of %d bytes is taken for a model", size)
		}
	}
	for _, b := range []string{"", "\x08", "\x08\x07", "\x08\x07 a note of mine", "\x08\x08\x12\x05\x00\x00\x00\x00{\"a\":",
		"\x08\x08\x08\x08\x08\x08\x08\x08", "\x08\x08\x12\x03abc", "\x08\x08\x12\x03\xff\xfe\xfd\x3a\x02\x0a\x00",
		"\x08\x00\x12\x01a\x3a\x02\x0a\x00", "\x12\x01a\x3a\x02\x0a\x00", "\x08\x08\x3a\x05\x00\x00\x00\x00{"} {
		if onnx.Begins([]byte(b)) {
			t.Errorf("%q is taken for a model", b)
		}
	}
}
