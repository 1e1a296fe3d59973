// Package planted has a target whose faults the tests of fuzzing find.
package planted

import (
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/fuzzing"
)

func endless(n int) int { return endless(n+1) + 1 }

func FuzzPlanted(f *testing.F) {
	f.Add("name: x\nunits: 3\n", []byte("a=1"), uint8(1), int32(1), int64(1), 1.5, float32(1), true, 1, uint64(1))
	f.Add("name: y\nrate: 7\n", []byte{0, 0xff}, uint8(1), int32(0), int64(1), math.NaN(), float32(1), true, 1, uint64(1))
	debug.SetMaxStack(1 << 20)
	fuzzing.Limit = time.Second
	before := ""
	fuzzing.Fuzz(f, func(t *testing.T, s string, b []byte, c uint8, i int32, l int64, d float64, e float32, o bool, n int, u uint64) {
		if t.Name() != "FuzzPlanted" && os.Getenv("NNGEN_FUZZ") != "" || t.Failed() || t.Skipped() {
			t.Error("it is not a test of its own")
		}
		defer func() { before = s }()
		switch fault := os.Getenv("PLANTED"); {
		case fault == "error" && strings.Contains(s, "rate: 32768") && !o:
			t.Error("planted")
		case fault == "panic" && strings.Contains(s, "rate") && strings.Contains(s, "units") && c == 255:
			panic("planted")
		case fault == "stack" && i < math.MinInt32+2 && before != s:
			endless(0)
		case fault == "loop" && d == math.MaxFloat64:
			for {
			}
		case fault == "words":
			println(len(s), len(b), c, i, l, d, e, o, n, u)
		case c == 7:
			t.Skip("7")
		}
	})
}
