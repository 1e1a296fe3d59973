package onnx

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/spec"
)

// Into returns an ONNX file with the numbers of a network in the place of its own. The network is the one that Import
// makes of the file, trained further. Everything else stays byte for byte, and so do numbers that no training changed.
//
// How a number of the network comes from numbers of the file is found out by importing the file again with others in
// their places, not written down: so it holds for whatever Import does. With t(i) = i for element i of a source, the
// imports with t, 2t, t + 1 and t² tell of each parameter p = o + c·x(i) its i, o and c. Biases that Import adds are
// told apart by t and t², and the change goes to the first; a reciprocal has 2t at half its value. Parameters that
// depend on several sources, as a scale that went into weights, are inverted for one of them while the others stay.
//
// It is an error if a number that changed has no place in the file, or if two numbers that are one in the file differ;
// the error names the parameter and where it comes from. The result is imported again and has to predict what the
// network does.
func Into(file []byte, network *net.Net, params map[*ir.Param][]float64, o Options) ([]byte, error) {
	o.wide = true // whether halves hold the numbers differs between the imports
	in := &inverter{file: file, options: o, wanted: map[string][]float64{}}
	var err error
	if in.model, err = Decode(file); err != nil {
		return nil, err
	}
	if g, _ := in.model.originIn(file, o); g != nil && g.net.ModelSum() == network.ModelSum() {
		return in.model.withNumbers(g, network, params, o)
	}
	for _, input := range network.Spec.Inputs { // as it was imported
		if input.Layout == spec.ChannelsFirst {
			o.Layout = input.Layout
		}
	}
	in.options = o
	batch, _, err := in.model.fixSizes(o)
	if err != nil {
		return nil, err
	}
	if in.batch = batch[0]; o.NoBatch {
		in.batch = 1
	}
	if in.base, err = in.model.written(o, in.batch); err != nil {
		return nil, err
	}
	if err := in.takeLogits(network); err != nil {
		return nil, err
	}
	in.exact = byName(in.base)
	if in.sources, err = in.model.sources(file, o); err != nil {
		return nil, err
	}
	if err := in.compare(network, params); err != nil {
		return nil, err
	}
	in.invert()
	if len(in.errs) > 0 {
		return nil, errors.Join(in.errs...)
	}
	out := slices.Clone(file)
	for _, s := range in.sources {
		for i, v := range in.changed[s] {
			s.write(out, i, v)
		}
	}
	return out, in.verify(out, network, params)
}

// takeLogits imports the model with the task of the network, if that makes probabilities of scores that the model
// gives.
func (in *inverter) takeLogits(network *net.Net) (err error) {
	if len(network.Outputs) != 1 || len(in.base.Net.Outputs) != 1 {
		return nil
	}
	out := network.Outputs[0]
	if out.Task == in.base.Net.Outputs[0].Task || in.base.Net.Outputs[0].Task != "regression" || out.Scores == out.Layer {
		return nil
	}
	in.options.Task = out.Task
	in.base, err = in.model.written(in.options, in.batch)
	return err
}

type inverter struct {
	file    []byte
	options Options
	model   *Model // with numbers that were inverted already
	batch   int
	base    *Result
	exact   map[string][]float64 // parameters of base by name
	sources []*numberSource
	params  []*ir.Param          // of base, that have places in the file
	wanted  map[string][]float64 // by name: what they should become
	changed map[*numberSource]map[int]float64
	owner   map[*numberSource]map[int]string // the parameter that an element went to, and whether it stays
	errs    []error
}

// compare wants the parameters of the network to be those that the import makes.
func (in *inverter) compare(network *net.Net, params map[*ir.Param][]float64) error {
	for i, input := range network.Spec.Inputs {
		if i >= len(in.base.Net.Spec.Inputs) {
			break // told by what reads it
		}
		if other := in.base.Net.Spec.Inputs[i]; other.Layout != input.Layout {
			return fmt.Errorf("the input %q has layout: %s, but %s in the import of the file; export it without --into",
				input.Name,
				input.Layout, other.Layout)
		}
	}
	for _, p := range network.Params {
		i := slices.IndexFunc(in.base.Net.Params, func(q *ir.Param) bool { return q.Name == p.Name })
		switch {
		case i < 0:
			return fmt.Errorf("the network has %s, which the import of the file does not: its layers are others; export it "+
				"without --into", p.Name)
		case !in.base.Net.Params[i].Shape.Equal(p.Shape):
			return fmt.Errorf("%s is %s, but %s in the import of the file: its layers are others; export it without --into",
				p.Name, p.Shape, in.base.Net.Params[i].Shape)
		}
		in.wanted[p.Name] = params[p]
	}
	for _, p := range in.base.Net.Params {
		if _, ok := in.wanted[p.Name]; !ok {
			return fmt.Errorf("the import of the file has %s, which the network does not: its layers are others; export it "+
				"without --into", p.Name)
		}
		in.params = append(in.params, p)
	}
	return nil
}

// probe imports the model with other numbers in some sources. It returns the parameters by name; nil if the network is
// not the same one then.
func (in *inverter) probe(all []*tags, f func(rank float64) float64) map[string][]float64 {
	m, g := *in.model, *in.model.Graph
	g.Initializers, g.Sparse, g.Nodes = slices.Clone(g.Initializers), slices.Clone(g.Sparse), slices.Clone(g.Nodes)
	m.Graph = &g
	for _, t := range all {
		t.source.set(&m, t.with(f))
	}
	r, err := m.written(in.options, in.batch)
	if err != nil || string(r.Spec) != string(in.base.Spec) || !maps.EqualFunc(r.Masks, in.base.Masks, bytes.Equal) {
		return nil
	}
	return byName(r)
}

func byName(r *Result) map[string][]float64 {
	out := map[string][]float64{}
	for _, p := range r.Net.Params {
		out[p.Name] = r.Exact[p]
	}
	return out
}

// The functions of the rank that elements are given.
func rankItself(r float64) float64 { return r }
func rankTwice(r float64) float64  { return 2 * r }
func rankNext(r float64) float64   { return r + 1 }
func rankSquare(r float64) float64 { return r * r }

// invert finds the new numbers of all sources.
func (in *inverter) invert() {
	in.changed, in.owner = map[*numberSource]map[int]float64{}, map[*numberSource]map[int]string{}
	for _, s := range in.sources {
		in.changed[s], in.owner[s] = map[int]float64{}, map[int]string{}
	}
	many, few := in.usable()
	left := in.apply(in.solve(many), in.params)
	if len(left) > 0 {
		in.narrowFirst(many)
	}
	for _, all := range [][]*tags{many, few} {
		// What depends on several sources is inverted for those that no parameter has yet, with the others as they
		// become. A single number is tried last: it may be a factor of all.
		for _, t := range all {
			if len(left) == 0 {
				return
			}
			if len(in.owner[t.source]) == 0 && in.refresh() {
				left = in.apply(in.solve([]*tags{t}), left)
			}
		}
	}
	all := slices.Concat(many, few)
	for _, p := range left {
		in.errs = append(in.errs, fmt.Errorf("%s: %s", p.Name, in.origin(p, all)))
	}
}

// narrowFirst sorts sources by how many parameters depend on them, then by their numbers, more first: a factor that
// went into a kernel and its bias stays, and these change.
func (in *inverter) narrowFirst(all []*tags) {
	reach := map[*tags]int{}
	for _, t := range all {
		if len(in.owner[t.source]) > 0 {
			continue
		}
		for name, v := range in.probe([]*tags{t}, rankItself) {
			if !slices.Equal(v, in.exact[name]) {
				reach[t]++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *tags) int {
		return cmp.Or(cmp.Compare(reach[a], reach[b]), cmp.Compare(len(b.source.values), len(a.source.values)))
	})
}

// refresh puts the numbers found so far into the model, and imports that.
func (in *inverter) refresh() bool {
	for _, s := range in.sources {
		if len(in.changed[s]) > 0 {
			v := slices.Clone(s.values)
			for i, x := range in.changed[s] {
				v[i] = s.rounded(x)
			}
			s.set(in.model, v)
		}
	}
	base, err := in.model.written(in.options, in.batch)
	if err != nil {
		in.errs = append(in.errs, fmt.Errorf("with the new numbers the file can no longer be imported: %w", err))
		return false
	}
	in.base, in.exact = base, byName(base)
	return true
}

// origin tells in words why a parameter can't be put back.
func (in *inverter) origin(p *ir.Param, all []*tags) string {
	var from []string
	old := in.exact[p.Name]
	for _, t := range all {
		if r := in.probe([]*tags{t}, rankItself); r != nil && !slices.Equal(r[p.Name], old) {
			from = append(from, t.source.what)
		}
	}
	switch len(from) {
	case 0:
		return "its numbers changed, but no floating-point numbers of the file give it alone: the import made them up, or " +
			"they decide what the network is"
	case 1:
		return fmt.Sprintf("its numbers changed, but they come from %s in a way that can't be turned back", from[0])
	}
	return fmt.Sprintf("its numbers changed, but they are folded from %s, and which of these should change is not known",
		strings.Join(from, ", "))
}

// usable returns tags for the sources whose numbers do not decide what the network is. A source of many numbers is
// tried before the single ones, which are mostly constants of formulas.
func (in *inverter) usable() (many, few []*tags) {
	from := 1
	for _, s := range in.sources {
		t := plainTags(s, from)
		from += len(s.values)
		if len(s.values) > 1 {
			many = append(many, t)
		} else {
			few = append(few, t)
		}
	}
	good := in.halved(many, nil)
	for _, t := range many {
		if slices.Contains(good, t) {
			continue
		}
		// Numbers that must stay equal, opposite or 0, as those of the two classes of a binary classifier.
		if s := signedTags(t.source, int(t.rank[0])); in.probe([]*tags{s}, rankItself) != nil {
			good = in.halved([]*tags{s}, good)
		}
	}
	return good, in.halved(few, good)[len(good):]
}

// halved adds to good those of candidates with which the network stays the same one.
func (in *inverter) halved(candidates, good []*tags) []*tags {
	if len(candidates) == 0 {
		return good
	}
	if in.probe(slices.Concat(good, candidates), rankItself) != nil {
		return slices.Concat(good, candidates)
	}
	if len(candidates) == 1 {
		return good
	}
	middle := len(candidates) / 2
	good = in.halved(candidates[:middle], good)
	return in.halved(candidates[middle:], good)
}

// link is where an element of a parameter comes from: p = offset + factor·x, or factor/x, of element x of a source; of
// two that are added the first.
type link struct {
	source         *numberSource
	elements       []int // that have the value, with their sign
	offset, factor float64
	reciprocal     bool
}

// solve finds for each parameter where its elements come from, with all those tags set at once; a parameter with an
// element for which that is not found is left out.
func (in *inverter) solve(all []*tags) map[string][]link {
	a, b, c, d := in.probe(all, rankItself), in.probe(all, rankTwice), in.probe(all, rankNext), in.probe(all, rankSquare)
	if a == nil || b == nil || c == nil || d == nil {
		return nil
	}
	byRank := map[float64]*tags{}
	elements := map[float64][]int{}
	for _, t := range all {
		for i, r := range t.rank {
			if t.sign[i] != 0 {
				byRank[r] = t
				elements[r] = append(elements[r], i)
			}
		}
	}
	out := map[string][]link{}
	for name, at := range a {
		var links []link
		for j := range at {
			l, ok := solved(at[j], b[name][j], c[name][j], d[name][j], byRank)
			if !ok {
				links = nil
				break
			}
			t := byRank[l.rank]
			links = append(links, link{t.source, elements[l.rank], l.offset, l.factor, l.reciprocal})
		}
		if links != nil {
			out[name] = links
		}
	}
	return out
}

// solution is what the four probes tell of one number.
type solution struct {
	rank, offset, factor float64
	reciprocal           bool
}

// nearly tells whether two numbers agree but for rounding: of a few operations in float64 on numbers up to size.
func nearly(a, b, size float64) bool {
	return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b), size)
}

// solved finds rank, offset and factor from a = o + c·t, b = o + 2c·t, d = o + c·(t+1), and checks them by e = o +
// c·t².
func solved(a, b, d, e float64, known map[float64]*tags) (solution, bool) {
	factor, offset := d-a, 2*a-b
	if factor != 0 {
		t := math.Round((b - a) / factor)
		if known[t] != nil && nearly(offset+factor*t, a, 0) && nearly(offset+factor*t*t, e, math.Abs(offset)) {
			return solution{rank: t, offset: offset, factor: factor}, true
		}
		// x + y: their sum is b − a, the sum of their squares e − o.
		if sum := b - a; nearly(factor, 2, 0) {
			root := math.Sqrt(2*(e-offset) - sum*sum)
			first, second := math.Round((sum-root)/2), math.Round((sum+root)/2)
			if known[first] != nil && known[first] == known[second] && first+second == sum &&
				nearly(first*first+second*second, e-offset, 0) {
				// The other one is part of the offset, and what it is when the numbers of the file are there is found
				// when they are put in.
				return solution{rank: first, offset: math.NaN(), factor: 1}, true
			}
		}
	}
	if nearly(a, 2*b, 0) && a != 0 { // c/t
		t := math.Round(1 / (a/d - 1))
		if known[t] != nil && nearly(a*t, e*t*t, 0) && nearly(a*t, d*(t+1), 0) {
			return solution{rank: t, factor: a * t, reciprocal: true}, true
		}
	}
	return solution{}, false
}

// apply turns links into new numbers of sources, and returns the parameters that changed and have none.
func (in *inverter) apply(links map[string][]link, params []*ir.Param) (left []*ir.Param) {
	for _, p := range params {
		old, want := in.exact[p.Name], in.wanted[p.Name]
		same := func(j int) bool { return math.Float32bits(float32(old[j])) == math.Float32bits(float32(want[j])) }
		all := links[p.Name]
		if all == nil {
			for j := range old {
				if !same(j) {
					left = append(left, p)
					break
				}
			}
			continue
		}
		for j, l := range all {
			if !in.put(p, l, old[j], want[j], same(j)) {
				break
			}
		}
	}
	return left
}

// put gives the elements of a link what makes a number of a parameter want; it tells whether that can be.
func (in *inverter) put(p *ir.Param, l link, old, want float64, same bool) bool {
	for _, i := range l.elements {
		now := l.source.values[i]
		sign := 1.0
		if len(l.elements) > 1 && now < 0 {
			sign = -1
		}
		v := now
		switch {
		case same:
		case l.source.at == nil:
			in.errs = append(in.errs, fmt.Errorf("%s: its numbers changed, but %s %s, and is not written", p.Name,
				l.source.what, l.source.why))
			return false
		case l.reciprocal && want == 0:
			in.errs = append(in.errs, fmt.Errorf("%s: it became 0, but %s holds its reciprocal", p.Name, l.source.what))
			return false
		case l.reciprocal:
			v = l.factor / want
		case math.IsNaN(l.offset): // one of two that are added
			v = now + (want - old)
		default:
			v = sign * (want - l.offset) / l.factor
		}
		if other, ok := in.owner[l.source][i]; ok {
			before, had := in.changed[l.source][i]
			if had != !same || had && before != v {
				if other == p.Name {
					in.errs = append(in.errs, fmt.Errorf("%s: %s has one number for several of it, but training moved them apart",
						p.Name, l.source.what))
					return false
				}
				in.errs = append(in.errs,
					fmt.Errorf("%s and %s are the same numbers of %s in the file, but training moved them apart: share the "+
						"parameters of one layer with the other, by share", other, p.Name, l.source.what))
				return false
			}
			continue
		}
		in.owner[l.source][i] = p.Name
		if !same {
			in.changed[l.source][i] = v
		}
	}
	return true
}

// verify imports the result and compares: the numbers to the rounding of the types of the file, then predictions.
func (in *inverter) verify(file []byte, network *net.Net, params map[*ir.Param][]float64) error {
	m, err := Decode(file)
	if err != nil {
		return fmt.Errorf("BUG: the file with new numbers is broken: %w", err)
	}
	if _, _, err := m.fixSizes(in.options); err != nil {
		return err
	}
	r, err := m.written(in.options, in.batch)
	if err != nil {
		return fmt.Errorf("with these numbers the file can no longer be imported: %w", err)
	}
	// float16 keeps 11 bits, bfloat16 8: a number is off by half a unit of the last.
	unit := 2e-6
	for s, all := range in.changed {
		switch name := elementTypes[s.typ].name; {
		case len(all) == 0:
		case name == "float16":
			unit = max(unit, 0x1p-11)
		case name == "bfloat16":
			unit = max(unit, 0x1p-8)
		}
	}
	batch := randomBatch(network, 4)
	before, after := ref.New(network, 0), ref.New(r.Net, 0)
	before.Params, after.Params = params, r.Params
	p, q := before.Forward(batch, false, 0), after.Forward(batch, false, 0)
	for i, out := range network.Outputs {
		made := r.Net.Outputs[i]
		a, b := out.Layer, made.Layer
		if r.Outputs[i].Logits {
			a, b = out.Scores, made.Scores
		}
		want, got := p.Values[a].Data, q.Values[b].Data
		worst, scale := 0.0, 1.0
		for j, v := range want {
			scale = max(scale, math.Abs(v))
			if d := math.Abs(v - got[j]); !(d <= worst) {
				worst = d
			}
		}
		// Errors of single numbers add up over layers: a factor 64 is beyond what random signs leave of depths that are
		// in use.
		if len(got) != len(want) || !(worst <= 64*unit*scale) {
			return fmt.Errorf("output %q: the file with the new numbers would give other results than the network, off by %g "+
				"of %g: its layers or attributes were changed; export it without --into", out.Name, worst, scale)
		}
	}
	return nil
}

// randomBatch returns examples to try a network on: tokens where embeddings read them, else normal numbers.
func randomBatch(network *net.Net, n int) ref.Batch {
	rng := rand.New(rand.NewPCG(1, 2))
	b := ref.Batch{N: n}
	for _, input := range network.Inputs {
		tokens := 0
		for _, l := range network.Layers {
			if l.Def == op.Embedding && l.In[0] == input {
				tokens = l.Params[0].Shape[0]
			}
		}
		x := make([]float64, n*input.Shape.Size())
		for i := range x {
			x[i] = float64(float32(rng.NormFloat64()))
			if tokens > 0 {
				x[i] = float64(rng.IntN(tokens))
			}
		}
		b.Inputs = append(b.Inputs, x)
	}
	return b
}
