package main

import (
	"strings"
	"testing"
)

// FuzzEnvironment: whatever NNGENDEBUG holds is a list of known keys, or an error that names the variable.
func FuzzEnvironment(f *testing.F) {
	for _, seed := range []string{"", "time=1", "dump=all,time=1", "dump=fold", "dump", "dump=", ",,=", "time", "colour=1", "dump=\x1b[31m"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsRune(value, 0) {
			t.Skip("no environment holds NUL")
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
