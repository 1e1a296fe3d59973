package generated

import (
	"math"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/generated/names_transformer"
)

// FuzzState: whatever bytes are given as a state that was saved, it is an error and leaves the state as it was, or a
// state that takes the next step, unless it has taken all, and is saved as it was read.
func FuzzState(f *testing.F) {
	m := names_transformer.Default()
	var x [names_transformer.StepInputSize]float32
	var y [names_transformer.StepOutputSize]float32
	var s names_transformer.State
	for range 3 {
		b, err := s.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-3])
		for _, steps := range []float32{-1, 0.5, 16, 17, 1e9, float32(math.NaN()), float32(math.Inf(1))} {
			c := slices.Clone(b)
			at := len(c) - 4*(4*16*32+1) // the numbers lie in the order in which they are listed, steps first
			bits := math.Float32bits(steps)
			copy(c[at:], []byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)})
			f.Add(c)
		}
		s.Step(m, &x, &y)
	}
	before := s
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		s := before
		if err := s.UnmarshalBinary(b); err != nil {
			if s != before {
				t.Error("a state that cannot be read changes the one that there is")
			}
			return
		}
		again, err := s.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var read names_transformer.State
		if err := read.UnmarshalBinary(again); err != nil {
			t.Errorf("a state that was read is not read again: %v", err)
		}
		const none = "names_transformer: State.Step: no step is left; see Reset"
		if got := recovered(func() { s.Step(m, &x, &y) }); got != nil && got != none {
			t.Errorf("a step panics with %v", got)
		}
	})
}
