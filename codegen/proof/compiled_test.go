package proof

import (
	"strings"
	"testing"
)

// TestWhatWasNotVerifiedIsNamed compiles a statement again: of the same code it keeps its verification, of other code
// it says which file that is.
func TestWhatWasNotVerifiedIsNamed(t *testing.T) {
	file := func(name, text string) Resource { return Of(name, []byte(text)) }
	forward, step := file("forward.go", "a"), file("step.go", "b")
	for _, c := range []struct {
		files []Resource
		want  string
	}{
		{[]Resource{forward, step, file("m_test.go", "c"), file("testdata/golden.safetensors", "d")}, ""},
		{[]Resource{file("forward.go", "z"), step}, "forward.go has changed"},
		{[]Resource{forward, step, file("mint8/m.go", "e")}, ""},
		{[]Resource{forward, step, file("mfloat/m.go", "e")}, "mfloat/m.go is new"},
		{[]Resource{forward}, "step.go is gone"},
		{[]Resource{file("m.go", "e"), file("forward.go", "z")}, "forward.go has changed, and 2 more files differ"},
		{[]Resource{forward, step, file("internal/gemm/a.go", "g"), file("m.go", "e")},
			"m.go is new, and 1 more files differ"},
	} {
		s := &Statement{Subject: []Resource{forward, step, file("weights.safetensors", "w")}}
		s.Predicate.Verification = &Verification{}
		why := s.Compiled(c.files, file("m.yaml", "s"), "v1", "",
			func(name string) bool { return strings.HasPrefix(name, "mint8/") })
		if why != c.want || (s.Predicate.Verification == nil) != (why != "") {
			t.Errorf("%v: %q, verification kept: %t; want %q", c.files, why, s.Predicate.Verification != nil, c.want)
		}
		if len(s.Subject) != len(c.files)+1 {
			t.Errorf("%v: %d files in the statement, want the weights too", c.files, len(s.Subject))
		}
	}
}

// TestARuntimeThatIsSharedNoLongerIsNotGone has the code of a statement share a runtime, and then import another.
func TestARuntimeThatIsSharedNoLongerIsNotGone(t *testing.T) {
	file := func(name, text string) Resource { return Of(name, []byte(text)) }
	s := &Statement{Subject: []Resource{file("../internal/nnrt/abi/abi.go", "a"), file("../internal/nnrt/vec/vec.go", "v"),
		file("m.go", "b")}}
	s.Predicate.Verification = &Verification{}
	const want = "the packages no longer share the runtime in ../internal/nnrt, and 1 more files differ"
	if why := s.Compiled([]Resource{file("m.go", "c")}, file("m.yaml", "s"), "v1", "../internal/nnrt",
		func(string) bool { return false }); why != want {
		t.Errorf("%q, want %q", why, want)
	}
}
