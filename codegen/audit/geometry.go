package audit

import (
	"go/token"
	"slices"
	"strings"
)

// geometry compares the windows of convolutions and pools with the attributes of the layer.
func (p *pass) geometry(at token.Pos, fn string, s map[string]int) {
	l := p.cur.layer
	starts := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(fn, name) })
	}
	conv := starts("conv.", "quant.Conv", "quant.Depthwise")
	pool := starts("pool.Max", "pool.Average", "quant.Max", "quant.Average")
	if !conv && !pool || l == nil {
		return
	}
	pair := func(names ...string) (a, b int, ok bool) {
		for _, name := range names {
			switch v := l.geometry[name]; {
			case len(v) == 1 && strings.HasSuffix(l.kind, "1d"):
				return 1, v[0], true
			case len(v) == 1:
				return v[0], v[0], true
			case len(v) == 2:
				return v[0], v[1], true
			}
		}
		return 0, 0, false
	}
	want := func(what, x, y string, a, b int) {
		if s[x] != a || s[y] != b {
			p.add(at, "%s: %s and %s are %d and %d, but %s of the layer is %d×%d", fn, x, y, s[x], s[y], what, a, b)
		}
	}
	fh, fw, ok := pair("kernel_size", "pool_size")
	if !ok {
		return
	}
	want("the window", "FH", "FW", fh, fw)
	if a, b, ok := pair("strides"); ok && a > 0 {
		if strings.HasSuffix(l.kind, "1d") {
			a = max(1, s["SH"])
		}
		want("strides", "SH", "SW", a, b)
	} else if pool && !strings.HasPrefix(l.kind, "global_") { // of one window there is no stride
		want("strides, by default the window,", "SH", "SW", fh, fw)
	}
	if a, b, ok := pair("dilation_rate", "dilation"); ok && conv {
		want("dilation", "DH", "DW", a, b)
	}
}

// steps checks that what a recurrent layer takes of a sequence are whole steps.
func (p *pass) steps(fn string, ops []operand) {
	if fn != "vec.CopyCols" || !slices.Contains([]string{"lstm", "gru", "simple_rnn"}, p.cur.layer.kind) {
		return
	}
	for _, o := range ops {
		if o.from%o.stride%o.row != 0 {
			p.add(o.at, "%s begins within a step of %d", o.region, o.row)
		}
	}
}
