package golden

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/safetensors"
)

// TestClassesAreHeldAgainstPredictions gives a rule classes that follow from predictions, and some that do not.
func TestClassesAreHeldAgainstPredictions(t *testing.T) {
	three := Rule{Classes: []string{"a", "b", "c"}}
	ill := Rule{Classes: []string{"well", "ill"}, Binary: true, Threshold: 0.25, Confidence: 0.75}
	for _, c := range []struct {
		rule        Rule
		y           []float32
		class       string
		probability float32
		sure        []bool
		right       bool
	}{
		{three, []float32{0.2, 0.5, 0.3}, "b", 0.5, nil, true},
		{three, []float32{0.2, 0.4, 0.4}, "b", 0.4, nil, true}, // the first of the most probable
		{three, []float32{0.2, 0.4, 0.4}, "c", 0.4, nil, false},
		{three, []float32{0.2, 0.5, 0.3}, "c", 0.3, nil, false},
		{three, []float32{0.2, 0.5, 0.3}, "b", 0.51, nil, false},
		{three, []float32{0.2, 0.5, 0.3}, "d", 0.5, nil, false},
		{ill, []float32{0.3}, "ill", 0.3, []bool{false}, true},
		{ill, []float32{0.125}, "well", 0.875, []bool{true}, true},
		{ill, []float32{0.25}, "ill", 0.25, []bool{false}, true},
		{ill, []float32{0.25}, "well", 0.75, []bool{true}, false},
		{ill, []float32{0.3}, "well", 0.7, []bool{false}, false},
		{ill, []float32{0.125}, "well", 0.125, []bool{false}, false},
		{ill, []float32{0.125}, "well", 0.875, []bool{false}, false},
		{ill, []float32{0.3}, "ill", 0.3, []bool{true}, false},
	} {
		said := &failing{TB: t}
		c.rule.Check(said, "y", 0, c.y)(c.class, c.probability, c.sure...)
		if said.failed == c.right {
			t.Errorf("%v: %s, %v, %v: right is %v", c.y, c.class, c.probability, c.sure, !said.failed)
		}
	}
}

// failing notes whether a test would have failed, and what it would have said.
type failing struct {
	testing.TB
	failed bool
	said   []string
}

func (f *failing) Errorf(string, ...any) { f.failed = true }

func (f *failing) Logf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

// TestNumbersWithoutABoundAreLeftOut holds numbers, some of them wrong, against vectors that have bounds for some.
func TestNumbersWithoutABoundAreLeftOut(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	b, err := safetensors.Encode(nil, []safetensors.Tensor{
		{Name: "tol.y", Shape: []int{4}, Data: []float32{0.5, inf, inf, 0.5}},
		{Name: "y", Shape: []int{4}, Data: []float32{1, 1, 1, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "g")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	g := Open(t, path)
	for _, c := range []struct {
		got  []float32
		fail bool
	}{{[]float32{1, 7, nan, 1}, false}, {[]float32{1, 7, 1, 2}, true}, {[]float32{nan, 1, 1, 1}, true}} {
		for name, check := range map[string]func(testing.TB, []float32){
			"Check":       func(t testing.TB, got []float32) { g.Check(t, "y", 0, got) },
			"CheckSample": func(t testing.TB, got []float32) { g.CheckSample(t, "y", got) },
		} {
			said := &failing{TB: t}
			check(said, c.got)
			want := []string{"y: 2 of 4 numbers have no bound, and are not compared"}
			if said.failed != c.fail || !slices.Equal(said.said, want) {
				t.Errorf("%s of %v: failed is %v, said %q", name, c.got, said.failed, said.said)
			}
		}
	}
}

// TestErrorsOfCopiesAddUp sums the terms of copies of a chain: they are off by up to the number of copies times what one is,
// which the bounds of Copies hold, and those of the vectors do not.
func TestErrorsOfCopiesAddUp(t *testing.T) {
	const k, copies = 96, 128
	sum := func(seed uint64, n int) (float32, float64) {
		s, exact := float32(0), 0.0
		for range n {
			for i := range k {
				x := Uniform(Key(seed, "x"), []float32{1, 1}, i) / float32(n)
				s, exact = s+x, exact+float64(x)
			}
		}
		return s, exact
	}
	one, four, all := 0.0, 0.0, 0.0
	var got, want []float32
	for seed := range uint64(64) {
		for n, most := range map[int]*float64{1: &one, 4: &four, copies: &all} {
			s, exact := sum(seed, n)
			*most = max(*most, math.Abs(float64(s)-exact))
			if n == copies {
				got, want = append(got, s), append(want, float32(exact))
			}
		}
	}
	if four > 4*one || all > copies*one || all < 2*math.Sqrt(copies)*one {
		t.Errorf("one copy is off by %.3g, four by %.3g, %d by %.3g", one, four, copies, all)
	}
	tol := slices.Repeat([]float32{float32(one)}, len(want))
	b, err := safetensors.Encode(nil, []safetensors.Tensor{
		{Name: "tol.d", Shape: []int{len(tol)}, Data: tol}, {Name: "d", Shape: []int{len(want)}, Data: want}})
	path := filepath.Join(t.TempDir(), "g")
	if err = cmp.Or(err, os.WriteFile(path, b, 0o600)); err != nil {
		t.Fatal(err)
	}
	g := Open(t, path)
	g.Copies(copies).CheckSample(t, "d", got)
	said := &failing{TB: t}
	if g.CheckSample(said, "d", got); !said.failed {
		t.Errorf("the bounds of one copy hold for %d", copies)
	}
}
