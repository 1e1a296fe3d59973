package train

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// TestNumbersOfAnotherScaleAreTold has pictures of bytes where a network learned from numbers up to 1, and others.
func TestNumbersOfAnotherScaleAreTold(t *testing.T) {
	set := func(xs ...[]float32) fit.Set { return fit.Set{N: 1, X: xs} }
	of := func(format string) *spec.Spec {
		return &spec.Spec{Data: &spec.Data{Train: &spec.Source{Format: format}}}
	}
	const both = "the numbers of x.idx are from 0 to 255, those that the network learned from were from 0 to 1: "
	for _, c := range []struct {
		train, is fit.Set
		want      string
	}{
		{set([]float32{0, 1}), set([]float32{0, 255}), both},
		{set([]float32{0, 255}), set([]float32{0, 1}),
			"are from 0 to 1, those that the network learned from were from 0 to 255"},
		{set([]float32{0, 1}), set([]float32{0.25, 0.5}), ""},
		{set([]float32{0, 255}), set([]float32{0, 16}), ""}, // a dark picture
		{set([]float32{0, 255}), set([]float32{0, 0}), ""},
		{set([]float32{-1, 0.5}), set([]float32{-127, 128}), "are from -127 to 128"},
		{set([]float32{0, 1}, []float32{0, 9}), set([]float32{0, 1}, []float32{0, 900}), "are from 0 to 900"},
		{set([]float32{0, 1}, []float32{0, 9}), set([]float32{0, 255}), ""},
		{set([]float32{0, 1}), fit.Set{X: [][]float32{{}}}, ""},
	} {
		meta := map[string]string{rangeKey: rangeText(of("idx"), c.train)}
		if got := scaledOtherwise(meta, "x.idx", c.is); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%v, then %v: %q, want %q", c.train.X, c.is.X, got, c.want)
		}
	}
	if got := rangeText(of("csv"), set([]float32{0, 1})); got != "" {
		t.Errorf("of a table: %q", got)
	}
	if got := scaledOtherwise(nil, "x.idx", set([]float32{0, 255})); got != "" {
		t.Errorf("of weights that do not say: %q", got)
	}
}
