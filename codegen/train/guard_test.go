package train

import (
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// TestAGuardSaysWhatItDoesNotSee has columns with numbers that stay as they are in all training rows.
func TestAGuardSaysWhatItDoesNotSee(t *testing.T) {
	in := spec.Input{Name: "x"}
	fitted := net.Fitted{}
	for i, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		in.Columns = append(in.Columns, spec.Column{Name: name})
		fit := net.Fit{}
		if i > 0 {
			fit.Fixed = []net.Constant{{Value: 1}}
		}
		fitted["x"] = append(fitted["x"], fit)
	}
	network := &net.Net{Spec: &spec.Spec{Inputs: []spec.Input{in}}}
	const start = "; values, words or missing ones that no training row had are not seen in "
	for n, want := range map[int]string{1: "", 2: start + "b", 3: start + "b, c", 7: start + "b, c, d, e, f, 1 more"} {
		if got := unchecked(network, net.Fitted{"x": fitted["x"][:n]}); got != want {
			t.Errorf("%d columns: %q, want %q", n, got, want)
		}
	}
}
