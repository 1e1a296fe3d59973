package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/sandbox"
)

// TestAnUnknownNNRTIsRefused: programs take another value of NNRT for none, without a word.
func TestAnUnknownNNRTIsRefused(t *testing.T) {
	for _, value := range []string{"", "generic", "avx2", "avx512", "avx", "AVX2", " generic"} {
		t.Setenv("NNRT", value)
		var out bytes.Buffer
		code := run([]string{"version"}, nil, &out, &out)
		known := slices.Contains([]string{"", "generic", "avx2", "avx512"}, value)
		text := fmt.Sprintf("NNRT: unknown value %q: want generic", value)
		if known != (code == 0) || known == strings.Contains(out.String(), text) {
			t.Errorf("%q: code %d: %s", value, code, &out)
		}
	}
}

// FuzzEnvironment: whatever NNGENDEBUG holds is a list of known keys, or an error that names the variable, and what
// NNGENTARGET holds is words.
func FuzzEnvironment(f *testing.F) {
	for _, seed := range []string{"", "time=1", "dump=all,time=1", "dump=fold", "dump", "dump=", ",,=", "time", "colour=1",
		"dump=\x1b[31m"} {
		f.Add(seed)
	}
	fuzzing.Fuzz(f, func(t *testing.T, value string) {
		if strings.ContainsRune(value, 0) {
			t.Skip("no environment holds NUL")
		}
		t.Setenv("NNGENTARGET", value)
		arch, run := sandbox.Target()
		for _, word := range append(run, arch) {
			if word == "" || strings.ContainsFunc(word, unicode.IsSpace) {
				t.Errorf("%q: %q run by %q", value, arch, run)
			}
		}
		t.Setenv("NNGENDEBUG", value)
		keys, err := debugKeys()
		if err != nil && !strings.HasPrefix(err.Error(), "NNGENDEBUG: ") {
			t.Errorf("%q: %v", value, err)
		}
		if err == nil && len(keys) > len(debugTable) {
			t.Errorf("%q: %v", value, keys)
		}
	})
}
