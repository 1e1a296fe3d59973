package audit

import (
	"maps"
	"strings"
	"testing"
)

// TestAPoolOfSquaresIsOfItsConvolution audits a convolution that is computed with the pool behind it: it passes, and does
// not with another call, with sizes of another kind, and for networks with other pools there.
func TestAPoolOfSquaresIsOfItsConvolution(t *testing.T) {
	const head = "version: 1\nname: m\ntask: regression\ninput: {shape: [16, 16, 1]}\nlayers:\n" +
		"  - conv2d: {name: c, filters: 6, kernel_size: 3, padding: same, activation: relu}\n"
	const tail = "  - flatten\n  - output\n"
	out := network(t, head+"  - max_pool2d: {name: p}\n"+tail)
	const call = "conv.ForwardMaxPacked(n, "
	src := string(out.Files["forward.go"])
	if !strings.Contains(src, call) {
		t.Fatalf("no %s in\n%s", call, src)
	}
	if r, err := Run(out.Net, out.Files); err != nil || len(r.Findings) > 0 {
		t.Fatalf("%v, %v", r, err)
	}
	for _, c := range []struct{ from, to string }{
		{call, "conv.ForwardPacked(n, "}, {call, "conv.ForwardMaxPacked(1, "}, {":n*384]", ":n*383]"}, {"gemm.ReLU", "gemm.Tanh"},
	} {
		files := maps.Clone(out.Files)
		files["forward.go"] = []byte(strings.Replace(src, c.from, c.to, 1))
		if r, err := Run(out.Net, files); strings.Contains(src, c.from) && (err != nil || len(r.Findings) == 0) {
			t.Errorf("%q in the place of %q passes, %v", c.to, c.from, err)
		}
	}
	for _, other := range []string{"max_pool2d: {name: p, pool_size: 3, strides: 2, padding: same}", "average_pool2d: {name: p}",
		"max_pool2d: {name: p, padding: same, pool_size: [2, 3], strides: 2}"} {
		if r, err := Run(network(t, head+"  - "+other+"\n"+tail).Net, out.Files); err != nil || len(r.Findings) == 0 {
			t.Errorf("maxima over squares in the place of %s pass, %v", other, err)
		}
	}
}
