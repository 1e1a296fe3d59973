package plantest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// chained are the kinds that chains are made of: those that take one input whatever its numbers, so that none of them
// is outside of what a logarithm takes, or grows without limit behind another. Fronts and second inputs are left to the
// cases.
func chained() (kinds []*op.Def) {
	for _, d := range op.All() {
		switch d.Kind.Name {
		case "exp", "log", "sqrt", "reciprocal", "square", "step", "floor", "ceil", "round", "thresholded_relu", "embedding",
			"padding_mask", "masking", "unit_norm":
			continue
		}
		if len(d.Cases) > 0 && d.Tokens == nil && d.Inputs == 1 && len(d.Cases[0].In) == 1 && d.Cases[0].Front == "" {
			kinds = append(kinds, d)
		}
	}
	return kinds
}

// follows returns the shape of a kind with the attributes of some case behind a shape; nil if it does not take that, or
// makes too much of it.
func follows(s ir.Shape, d *op.Def, c op.Case) ir.Shape {
	key := s.String() + " " + d.Kind.Name + " " + c.Attrs
	if shape, ok := shapes[key]; ok {
		return shape
	}
	var out ir.Shape
	src := fmt.Appendf(nil,
		"version: 1\nname: m\ninput: {name: x, shape: %s}\nlayers:\n  - %s: {%s}\n  - flatten\n"+
			"  - output: {task: regression}\n", list(s), d.Kind.Name, c.Keys("it", []string{"x"}))
	if parsed, problems := spec.Parse("m.yaml", src, op.Schema()); problems.Err() == nil {
		if network, problems := net.Build(parsed, nil); problems.Err() == nil {
			for _, l := range network.Layers {
				if strings.HasPrefix(l.Name, "it") && l.Shape.Size() <= 300 { // it, or its activation
					out = l.Shape
				}
			}
		}
	}
	shapes[key] = out
	return out
}

var shapes = map[string]ir.Shape{}

// ChainSpec returns the text of random spec i of a seed with layers of all kinds one directly behind the other, as far
// as their shapes fit: two chains, whose ends are joined in one of some outputs.
func ChainSpec(seed uint64, i int, outputs ...string) string {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	kinds := chained()
	var b strings.Builder
	b.WriteString("version: 1\nname: m\ninputs:\n  - {name: x0, shape: [6, 6, 4]}\n  - {name: x1, shape: [6, 8]}\n" +
		"layers:\n")
	var ends []string
	count := 0
	for k, shape := range []ir.Shape{{6, 6, 4}, {6, 8}} {
		from := fmt.Sprintf("x%d", k)
		for range 10 {
			for range 30 {
				d := pick(r, kinds...)
				c := pick(r, d.Cases...)
				if len(c.In) != 1 || c.State > 0 || c.Front != "" {
					continue
				}
				next := follows(shape, d, c)
				if next == nil || len(next) < len(shape) && r.IntN(4) > 0 { // what loses axes is behind the end of most
					continue
				}
				count++
				name := fmt.Sprintf("l%d", count)
				fmt.Fprintf(&b, "  - %s: {%s}\n", d.Kind.Name, c.Keys(name, []string{from}))
				from, shape = name, next
				break
			}
		}
		fmt.Fprintf(&b, "  - flatten: {name: f%d, from: %s}\n", k, from)
		ends = append(ends, fmt.Sprintf("f%d", k))
	}
	fmt.Fprintf(&b, "  - concatenate: {name: all, from: [%s]}\n  - layer_norm: {name: even, from: all}\n",
		strings.Join(ends, ", "))
	fmt.Fprintf(&b, "  - output: {name: out, from: even, %s\ntraining: {batch_size: %s}\n",
		pick(r, outputs...)[1:], pick(r, "3", "7", "full"))
	return b.String()
}

func pick[T any](r *rand.Rand, xs ...T) T { return xs[r.IntN(len(xs))] }

// list writes a shape as a spec does.
func list(s ir.Shape) string { return strings.Join(strings.Fields(fmt.Sprint([]int(s))), ", ") }
