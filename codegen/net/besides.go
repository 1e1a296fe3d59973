package net

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

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

// Keys of the metadata of weights that have something fitted beside the layers: the checksum of the network without it,
// and what it is, as JSON.
const (
	layersKey  = "layers"
	besidesKey = "besides"
)

// besideAttrs are what the spec says at an output of what a training fits beside the layers.
var besideAttrs = []string{"decision", "interval", "calibrate"}

// withoutBesides returns the network without all that, and by its place what it was, as the spec writes it.
func (n *Net) withoutBesides() (plain *Net, was map[string]string) {
	s, was := *n.Spec, map[string]string{}
	if s.Generate.Guard {
		s.Generate.Guard, was["guard"] = false, "generate: {guard: true}"
	}
	s.Layers = slices.Clone(s.Layers)
	for _, o := range n.Outputs {
		i := slices.IndexFunc(s.Layers, func(l spec.Layer) bool { return l.Name == o.Name })
		if i < 0 || s.Layers[i].Node.Kind != op.OutputKind.Name {
			continue
		}
		for _, attr := range besideAttrs {
			if node := s.Layers[i].Node; written(node, attr) {
				at := slices.IndexFunc(node.Attrs, func(v spec.Value) bool { return v.Name == attr })
				was[o.Name+"."+attr] = "output: {" + attr + ": " + besideText(node.Attrs[at].V) + "}"
				s.Layers[i].Node = op.WithoutAttr(node, attr)
			}
		}
	}
	other := *n
	other.Spec = &s
	return &other, was
}

// besideText writes the value of an attribute: f1, 0.9, {threshold: cost, false_negative: 5}.
func besideText(v any) string {
	n, ok := v.(spec.Node)
	if !ok {
		return fmt.Sprint(v)
	}
	var parts []string
	for _, a := range n.Attrs {
		if !a.Default {
			parts = append(parts, a.Name+": "+fmt.Sprint(a.V))
		}
	}
	if len(parts) == 1 {
		if _, threshold, ok := strings.Cut(parts[0], "threshold: "); ok {
			return threshold
		}
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}

// BesidesMeta returns what the metadata of weights says of that, so that it is told from the layers whatever numbers
// the spec has there; both are empty where nothing is fitted beside them.
func (n *Net) BesidesMeta() map[string]string {
	plain, was := n.withoutBesides()
	if len(was) == 0 {
		return map[string]string{layersKey: "", besidesKey: ""}
	}
	text, err := json.Marshal(was)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return map[string]string{layersKey: plain.ModelSum(), besidesKey: string(text)}
}

// BesidesOf returns by what weights differ from those of the network, by their metadata, if that is nothing but what is
// fitted beside the layers. It is false for the network's own weights, and for others. Where the metadata does not say
// what was fitted, the checksum alone tells up to two such words.
func (n *Net) BesidesOf(meta map[string]string) (Besides, bool) {
	if meta["spec"] == "" || meta["spec"] == n.ModelSum() {
		return Besides{}, false
	}
	plain, is := n.withoutBesides()
	was, layers := map[string]string{}, meta["spec"]
	if meta[layersKey] != "" {
		layers = meta[layersKey]
		if json.Unmarshal([]byte(meta[besidesKey]), &was) != nil {
			return Besides{}, false
		}
	}
	if layers == plain.ModelSum() {
		var b Besides
		for _, at := range slices.Sorted(maps.Keys(is)) {
			if was[at] != is[at] {
				b.Lacks = append(b.Lacks, is[at])
			}
		}
		for _, at := range slices.Sorted(maps.Keys(was)) {
			if is[at] != "" {
				continue
			}
			b.Spare = append(b.Spare, was[at])
			// A threshold was fitted to probabilities with the temperature, and is another without.
			output, ok := strings.CutSuffix(at, ".calibrate")
			if decision := is[output+".decision"]; ok && decision == was[output+".decision"] && isFitted(decision) {
				b.Lacks = append(b.Lacks, decision)
			}
		}
		if b.Lacks != nil || b.Spare != nil {
			return b, true
		}
	}
	return n.besidesOf(meta["spec"])
}

// isFitted tells whether a decision, as withoutBesides writes it, is one and no number that the spec gives.
func isFitted(decision string) bool {
	value, ok := strings.CutPrefix(decision, "output: {decision: ")
	_, err := strconv.ParseFloat(strings.TrimSuffix(value, "}"), 64)
	return ok && err != nil
}

// besidesOf is BesidesOf by the checksum alone.
func (n *Net) besidesOf(sum string) (Besides, bool) {
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
			all = append(all,
				change{func(s *spec.Spec) { s.Layers[i].Node = f(s.Layers[i].Node) }, what, lacks, o.Name + "." + attr})
		}
		for _, attr := range besideAttrs {
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

// additions are what may have been taken out of the spec of an output. A checksum tells only what is tried, so that
// they are the usual ones: intervals of whole percent, and the rules of thresholds that have no number.
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
	s, problems := spec.Parse("output.yaml",
		[]byte("version: 1\nname: m\ninput: {shape: [1]}\ntask: binary\nlayers:\n  - output: "+
			"{decision: "+rule+"}\n"), op.Schema())
	if err := problems.Err(); err != nil {
		panic("BUG: " + err.Error())
	}
	n, _ := s.Layers[0].Node.Node("decision")
	return n
}
