package spec

import (
	"fmt"
	"maps"
	"slices"
)

// block is a list of layers with a name, which an entry of `layers:` repeats.
type block struct {
	name   string
	pos    Pos
	layers []Layer
}

// Bounds on what blocks make.
const (
	maxNesting = 8
	maxRepeat  = 1000
)

// blockInput is the name that the layers of a block give what the block reads.
const blockInput = "input"

// blockKind is how a block is used.
func blockKind(name string) Kind {
	return Kind{Name: name, Doc: "A block of this spec.", Short: "repeat", Attrs: []Attr{
		{Name: "repeat", Type: Int, Required: true, Min: Bound(1), Max: Bound(maxRepeat),
			Doc: "How often the layers of the block follow each other, each time with weights of their own."},
	}}
}

// declareBlocks makes the names of `blocks:` kinds of layers, before anything uses them.
func (p *parser) declareBlocks(t *tree) {
	e := t.get("blocks")
	if e == nil || e.value.form != mapForm {
		return
	}
	p.schema = maps.Clone(p.schema)
	kinds := slices.Clone(p.schema[LayerFamily])
	for _, b := range e.value.keys {
		subject := "block " + quote(b.key)
		if code, what := badName(b.key); code != "" {
			p.errs.Add(code, b.pos, subject, "", "%s", what)
			continue
		}
		if p.schema.Kind(LayerFamily, b.key) != nil {
			p.errs.Add("duplicate-name", b.pos, subject, "give it another name", "%s is a kind of layer", b.key)
			continue
		}
		kinds = append(kinds, blockKind(b.key))
	}
	p.schema[LayerFamily] = kinds
}

// blockLists checks the value of `blocks:`.
func (p *parser) blockLists(a *Attr, t *tree) ([]block, bool) {
	if t.form != mapForm {
		p.wrong("type", a, t, "", "write a name and a list of layers: {name: [layer, …]}", "a mapping")
		return nil, false
	}
	var all []block
	for _, e := range t.keys {
		inner := Attr{Name: e.key, Type: Layers}
		if ls, ok := p.layers(&inner, e.value); ok {
			all = append(all, block{e.key, e.pos, ls})
		}
	}
	return all, true
}

// expandBlocks writes out each use of a block. The layers of a use that is called b are named b.<name>, those of a
// repeated one b.1.<name>, b.2.<name>, …; the last layer of each time is called as the time is, b.1, b.2, …, and the
// last of all b, so that others can name the output of the block.
func (p *parser) expandBlocks(s *Spec, blocks []block) {
	x := expansion{parser: p, blocks: map[string]*block{}, out: []Layer{}}
	for i := range blocks {
		x.blocks[blocks[i].name] = &blocks[i]
		x.defaultNames(blocks[i].layers)
	}
	before := Ref{}
	if len(s.Inputs) == 1 {
		before.Name = s.Inputs[0].Name
	}
	for _, l := range s.Layers {
		if x.failed {
			break
		}
		x.layer(l, l.Name, before, 0)
		before = Ref{Name: l.Name, Pos: l.Pos}
	}
	s.Layers = x.out
	x.clashes(s)
}

// expansion is the list of layers that blocks make.
type expansion struct {
	*parser
	blocks map[string]*block
	out    []Layer
	failed bool
}

// defaultNames names the layers of a block, by kinds and counters where they have no names of their own.
func (x *expansion) defaultNames(ls []Layer) {
	taken := map[string]Pos{}
	for _, l := range ls {
		if !l.Named {
			continue
		}
		subject := "layer " + quote(l.Name)
		if code, what := badName(l.Name); code != "" {
			x.errs.Add(code, l.NamePos, subject, "", "%s", what)
		} else if l.Name == blockInput || x.schema.Kind(LayerFamily, l.Name) != nil {
			x.errs.Add("reserved-name", l.NamePos, subject, "give it another name",
				"in a block, %s means something else", quote(l.Name))
		} else if first, ok := taken[l.Name]; ok {
			x.errs.Add("duplicate-name", l.NamePos, subject, "give one of them another name",
				"the name is taken by the layer at line %d:%d", first.Line, first.Col)
		}
		taken[l.Name] = l.NamePos
	}
	counter := map[string]int{}
	for i := range ls {
		l := &ls[i]
		for !l.Named && l.Kind != "" && l.Name == "" {
			counter[l.Kind]++
			name := fmt.Sprintf("%s%d", l.Kind, counter[l.Kind])
			if _, ok := taken[name]; !ok {
				l.Name = name
			}
		}
	}
}

// layer appends a layer, or what the block that it uses stands for. out is the name of the layer, or of the last of the
// block; before is what it reads if it does not say.
func (x *expansion) layer(l Layer, out string, before Ref, depth int) {
	b := x.blocks[l.Kind]
	if b == nil {
		l.Name = out
		x.out = append(x.out, l)
		if len(x.out) > maxLayers {
			x.fail("length", l, "", "blocks make more than %d layers", maxLayers)
		}
		return
	}
	switch {
	case depth == maxNesting:
		x.fail("too-deep", l, "", "blocks in blocks, %d deep, or a block that uses itself", maxNesting)
		return
	case len(l.From) > 1:
		x.fail("conflict", l, "join them before it", "a block reads one layer, but from: names %d", len(l.From))
		return
	case l.Share != nil:
		x.fail("conflict", l, "share the layers of the block one by one", "a block has no parameters of its own to share")
		return
	}
	in := before
	if l.From != nil {
		in = l.From[0]
	}
	times := l.Int("repeat")
	for i := 1; i <= times && !x.failed; i++ {
		name := l.Name
		if times > 1 {
			name = fmt.Sprintf("%s.%d", l.Name, i)
		}
		last := name
		if i == times {
			last = out
		}
		x.once(b, l, name, last, in, depth)
		in = Ref{Name: last, Pos: l.Pos}
	}
}

// once appends the layers of a block, under a name; out is the name of the last. Layers of a frozen use are frozen, its
// factor of the learning rate is theirs, and so is its type of weights where they have none of their own.
func (x *expansion) once(b *block, use Layer, name, out string, in Ref, depth int) {
	names := map[string]string{blockInput: in.Name}
	for i, l := range b.layers {
		names[l.Name] = name + "." + l.Name
		if i == len(b.layers)-1 {
			names[l.Name] = out
		}
		for _, a := range x.withResults(l.Kind) {
			for _, r := range a.Results {
				names[l.Name+"."+r] = names[l.Name] + "." + r
			}
		}
	}
	before := in
	for i, l := range b.layers {
		if x.failed {
			return
		}
		called := names[l.Name]
		l.Name, l.Named = name+"."+l.Name, true
		l.Frozen = l.Frozen || use.Frozen
		l.LRFactor *= use.LRFactor
		if l.DType == "" {
			l.DType = use.DType
		}
		l.From, l.Attrs = slices.Clone(l.From), slices.Clone(l.Attrs)
		for k, v := range l.Attrs {
			if refs, ok := v.V.([]Ref); ok {
				l.Attrs[k].V = slices.Clone(refs)
			}
		}
		for _, v := range l.reads() {
			for k, r := range v.V.([]Ref) {
				if local, ok := names[r.Name]; ok {
					v.V.([]Ref)[k].Name = local
				}
			}
		}
		if l.From == nil && i == 0 && in.Name != "" {
			l.From = []Ref{in}
		}
		if l.Share != nil {
			share := *l.Share
			if local, ok := names[share.Name]; ok && share.Name != blockInput {
				share.Name = local
			}
			l.Share = &share
		}
		x.layer(l, called, before, depth+1)
		before = Ref{Name: called, Pos: l.Pos}
	}
}

// fail reports what ends the expansion.
func (x *expansion) fail(code string, l Layer, hint, format string, args ...any) {
	x.errs.Add(code, l.Pos, "layer "+quote(l.Name), hint, format, args...)
	x.failed = true
}

// clashes reports names that become the same identifier in Go, now that blocks have made their layers.
func (x *expansion) clashes(s *Spec) {
	byIdent := map[string]string{}
	for _, in := range s.Inputs {
		byIdent[Ident(in.Name)] = in.Name
	}
	for _, l := range s.Layers {
		if l.Name == "" {
			continue
		}
		id := Ident(l.Name)
		if other, ok := byIdent[id]; ok && other != l.Name {
			x.errs.Add("name-clash", l.Pos, "layer "+quote(l.Name), "give one of them another name",
				"the name becomes %s in Go, and so does %s", id, quote(other))
		}
		byIdent[id] = l.Name
	}
}
