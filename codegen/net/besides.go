package net

import (
	"slices"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// Besides is what a training fits beside the layers, which the spec asks for in a word: a guard, thresholds, intervals,
// temperatures. Without it the layers, and what they learn, are the same.
type Besides struct {
	Lacks []string // as the spec writes it: the network has it, weights do not
	Spare []string // the other way round
}

// addition is one such thing: what the spec says for it, at an output or of all.
type addition struct {
	what string
	attr string // of the output kind; "" for the guard
	v    any
}

// BesidesOf returns by what weights of a checksum differ from those of the network, if that is nothing but what is
// fitted beside the layers: up to two such words. It is false for the network's own checksum, and for others.
func (n *Net) BesidesOf(sum string) (Besides, bool) {
	type change struct {
		apply func(s *spec.Spec)
		what  string
		lacks bool
		of    string
	}
	var all []change
	has := n.Spec.Generate.Guard
	all = append(all, change{func(s *spec.Spec) { s.Generate.Guard = !has }, "generate: {guard: true}", has, "guard"})
	for _, o := range n.Outputs {
		i := slices.IndexFunc(n.Spec.Layers, func(l spec.Layer) bool { return l.Name == o.Name })
		if i < 0 || n.Spec.Layers[i].Node.Kind != op.OutputKind.Name {
			continue
		}
		edit := func(attr string, lacks bool, what string, f func(spec.Node) spec.Node) {
			all = append(all, change{func(s *spec.Spec) { s.Layers[i].Node = f(s.Layers[i].Node) }, what, lacks, o.Name + "." + attr})
		}
		for _, attr := range []string{"decision", "interval", "calibrate"} {
			if written(n.Spec.Layers[i].Node, attr) {
				edit(attr, true, "output: {"+attr+": …}", func(l spec.Node) spec.Node { return op.WithoutAttr(l, attr) })
			}
		}
		for _, a := range additions {
			if !written(n.Spec.Layers[i].Node, a.attr) && (a.attr != "calibrate" || o.Threshold == nil) {
				edit(a.attr, false, a.what, func(l spec.Node) spec.Node { return op.WithAttr(l, a.attr, a.v) })
			}
		}
	}
	try := func(changes ...change) bool {
		s := *n.Spec
		s.Layers = slices.Clone(s.Layers)
		for _, c := range changes {
			c.apply(&s)
		}
		other := *n
		other.Spec = &s
		return other.ModelSum() == sum
	}
	found := func(changes ...change) (b Besides, ok bool) {
		for _, c := range changes {
			if c.lacks {
				b.Lacks = append(b.Lacks, c.what)
			} else {
				b.Spare = append(b.Spare, c.what)
			}
		}
		return b, true
	}
	for _, a := range all {
		if try(a) {
			return found(a)
		}
	}
	if len(all) > 4*len(additions) { // of many outputs: pairs would be too many
		return Besides{}, false
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.of != b.of && try(a, b) {
				return found(a, b)
			}
		}
	}
	return Besides{}, false
}

// written tells whether a node has an attribute that is not its default.
func written(n spec.Node, attr string) bool {
	return slices.ContainsFunc(n.Attrs, func(v spec.Value) bool { return v.Name == attr && !v.Default })
}

// additions are what may have been taken out of the spec of an output. A checksum tells only what is tried, so that they
// are the usual ones: intervals of whole percent, and the rules of thresholds that have no number.
var additions = func() []addition {
	all := []addition{{"output: {calibrate: temperature}", "calibrate", "temperature"}}
	for _, rule := range []string{"f1", "cost"} {
		all = append(all, addition{"output: {decision: " + rule + "}", "decision", decisionNode(rule)})
	}
	for percent := 50; percent < 100; percent++ {
		all = append(all, addition{"output: {interval: …}", "interval", float64(percent) / 100})
	}
	return all
}()

// decisionNode returns the section of a rule as the parser makes it.
func decisionNode(rule string) spec.Node {
	s, problems := spec.Parse("output.yaml", []byte("version: 1\nname: m\ninput: {shape: [1]}\ntask: binary\nlayers:\n  - output: "+
		"{decision: "+rule+"}\n"), op.Schema())
	if err := problems.Err(); err != nil {
		panic("BUG: " + err.Error())
	}
	n, _ := s.Layers[0].Node.Node("decision")
	return n
}
