package spec

import "slices"

// Parse reads a spec and checks it against the kinds of schema. The list holds all errors and
// warnings, sorted by position; the spec is nil if there is an error among them. file is the name
// that positions carry; nothing is read from it. Parse panics only if the schema itself is broken.
func Parse(file string, src []byte, schema Schema) (*Spec, ErrorList) {
	s, _, errs := ParsePartly(file, src, schema)
	if errs.Err() != nil {
		return nil, errs
	}
	return s, errs
}

// Faults says which parts of a spec are not what was meant, since there are errors in them.
type Faults struct {
	Inputs  bool // or what they are preprocessed by
	Outputs bool // the task or the classes
}

// ParsePartly is Parse that returns a spec with errors too, so that the rest of it can be checked: what is wrong in it is
// left out or has its default, its layers say whether they are Faulty, and faults tells of what others depend on. The spec
// is nil if too little of it can be read.
func ParsePartly(file string, src []byte, schema Schema) (*Spec, Faults, ErrorList) {
	var faults Faults
	root, errs := load(file, src)
	if root == nil {
		return nil, faults, errs
	}
	p := &parser{schema: schema}
	x := newExpander(file, src, &p.errs)
	t := x.expand(root, 0)
	if x.stop {
		return nil, faults, p.errs.sorted()
	}
	s := p.spec(t)
	s.File = file
	s.Source = src
	if p.errs.Err() != nil && (s.Version == 0 || len(s.Layers) == 0 || t.get("blocks") != nil) {
		return nil, faults, p.errs.sorted()
	}
	for i := range s.Layers { // those of references and names
		l := &s.Layers[i]
		l.Faulty = l.Faulty || slices.ContainsFunc(p.errs, func(e *Error) bool {
			return !e.Warning && e.Subject == "layer "+quote(l.Name)
		})
	}
	within := func(keys ...string) bool {
		for i, e := range t.keys {
			if !slices.Contains(keys, e.key) {
				continue
			}
			for _, x := range p.errs {
				behind := i+1 < len(t.keys) && !x.Pos.before(t.keys[i+1].pos)
				if !x.Warning && !x.Pos.before(e.pos) && !behind {
					return true
				}
			}
		}
		return false
	}
	faults.Inputs = len(s.Inputs) == 0 || within("input", "inputs", "preprocess")
	faults.Outputs = within("task", "classes")
	for _, e := range t.keys { // a key in another spelling may be any of them
		if !slices.ContainsFunc(rootKind.Attrs, func(a Attr) bool { return a.Name == e.key }) {
			faults = Faults{Inputs: true, Outputs: true}
		}
	}
	return s, faults, p.errs.sorted()
}

// before tells whether a position is before another of the same file.
func (p Pos) before(q Pos) bool { return p.Line < q.Line || p.Line == q.Line && p.Col < q.Col }

// parser checks trees against schemas.
type parser struct {
	schema Schema
	errs   ErrorList
	looked int // names that nearest compared
}

// maxLooked bounds the work on suggestions: after so many names, errors go without.
const maxLooked = 100_000

// spec checks the root of a spec.
func (p *parser) spec(t *tree) *Spec {
	s := &Spec{Optimizer: Node{Kind: "adam", Pos: t.pos}}
	if k := p.schema.Kind(OptimizerFamily, "adam"); k != nil {
		s.Optimizer = p.defaultNode(OptimizerFamily, k.Name, t.pos)
	}
	if !p.mapping(t) {
		return s
	}
	if len(t.keys) > 0 && t.keys[0].key != "version" && t.get("version") != nil {
		p.errs.Add("version-first", t.get("version").pos, "", "`nngen fmt` moves it",
			"`version` comes first, but %s comes before it", quote(t.keys[0].key))
	}
	n := Node{Pos: t.pos}
	if v := t.get("version"); v != nil && !p.version(v.value) {
		// Keys and values of another version are unknown: no other message would help.
		return s
	}
	p.declareBlocks(t)
	n.Attrs = p.attrs(&rootKind, nil, t, "", "a spec")
	if v := n.Lookup("version"); v != nil {
		s.Version = v.V.(int)
	}
	if v := n.Lookup("name"); v != nil {
		s.Name, s.NamePos = v.V.(string), v.Pos
		if code, what := badPackageName(s.Name); code != "" {
			p.errs.Add(code, v.Pos, "name", "", "%s", what)
		}
	}
	s.Inputs = p.inputs(n)
	if v := n.Lookup("preprocess"); v != nil {
		s.Preprocess = v.V.([]Node)
	}
	if v := n.Lookup("task"); v != nil {
		s.Task, s.TaskPos = v.V.(string), v.Pos
	}
	if v := n.Lookup("classes"); v != nil {
		s.Classes = v.V.(Classes)
	}
	if v := n.Lookup("layers"); v != nil {
		s.Layers = v.V.([]Layer)
	}
	if o, ok := n.Node("optimizer"); ok {
		s.Optimizer = o
	}
	if c, ok := n.Node("schedule"); ok {
		s.Schedule = &c
	}
	s.DType = p.section(n, "weights", &weightsKind).Word("dtype")
	s.Training = p.training(n)
	s.Data = p.data(n)
	s.Limits = limits(n)
	s.Quantize = p.quantize(n)
	g := p.section(n, "generate", &generateKind)
	s.Generate = Generate{Profile: g.Word("profile"), Runtime: g.Word("runtime"),
		Train: g.Bool("train"), Stream: g.Word("stream"),
		Kernels: g.Word("kernels"),
		Guard:   g.Bool("guard"), Pos: g.Pos}
	if v := g.Lookup("kernels"); v != nil {
		s.Generate.KernelsPos = v.Pos
	}
	if v := g.Lookup("guard"); v != nil && v.Written {
		s.Generate.GuardPos = v.Pos
	}
	p.tiny(s, g)
	p.conflicts(s, n)
	p.names(s)
	if v := n.Lookup("blocks"); v != nil {
		p.expandBlocks(s, v.V.([]block))
	}
	p.references(s)
	return s
}

// CheckVersion returns the errors of Parse that a file is no spec, or none of the version that this package reads.
func CheckVersion(file string, src []byte) ErrorList {
	root, errs := load(file, src)
	if root == nil {
		return errs
	}
	p := &parser{}
	var others ErrorList // of aliases, which are no matter of the version
	x := newExpander(file, src, &others)
	t := x.expand(root, 0)
	if x.stop || !p.mapping(t) {
		return p.errs
	}
	if v := t.get("version"); v != nil {
		p.version(v.value)
	} else {
		p.missing(&rootKind.Attrs[0], t, "", "a spec ")
	}
	return p.errs
}

// mapping tells whether a spec is a mapping.
func (p *parser) mapping(t *tree) bool {
	if t.form != mapForm {
		p.errs.Add("type", t.pos, "", "begin with `version: 1`", "a spec is a mapping, but this is %s", t.describe())
		return false
	}
	return true
}

// missing says that t lacks a required attribute; owner is who needs it, with a blank behind, as attrs has it.
func (p *parser) missing(a *Attr, t *tree, subject, owner string) {
	p.errs.Add("missing", t.pos, subject, hintFor(a), "%sneeds %s", owner, a.Name)
}

// version tells whether a spec is of the version that this package reads.
func (p *parser) version(t *tree) bool {
	v, ok := parseInt(t.text)
	ok = ok && t.form == plainForm
	if ok && v == 1 {
		return true
	}
	hint := "write `version: 1`, which is the only one so far"
	if ok && v > 1 {
		hint = "a newer nngen wrote it, and reads it: go get -tool github.com/nngen/nngen/cmd/nngen@latest"
	}
	p.errs.Add("version", t.pos, "version", hint, "this nngen reads version 1, but the spec has %s", t.describe())
	return false
}

// section returns a Section of the root, with the section's defaults if it is absent.
func (p *parser) section(n Node, name string, k *Kind) Node {
	if s, ok := n.Node(name); ok {
		return s
	}
	return Node{Pos: n.Pos, Attrs: p.defaults(k, nil, n.Pos)}
}

func limits(n Node) Limits {
	l, ok := n.Node("limits")
	if !ok {
		return Limits{}
	}
	size := func(name string) int64 {
		if v := l.Lookup(name); v != nil {
			return v.V.(int64)
		}
		return 0
	}
	limits := Limits{
		Params: int64(l.Int("params")), Flash: size("flash"), RAM: size("ram"),
		ParamsPos: l.At("params"), FlashPos: l.At("flash"), RAMPos: l.At("ram"), AccuracyDropPos: l.At("accuracy_drop"),
	}
	if l.Has("accuracy_drop") {
		drop := l.Float("accuracy_drop")
		limits.AccuracyDrop = &drop
	}
	return limits
}

func (p *parser) quantize(n Node) Quantize {
	q := p.section(n, "quantize", &quantizeKind)
	s := Quantize{Rows: q.Int("rows"), Observer: q.Word("observer"), Percentile: q.Float("percentile"),
		Skip: q.Strings("skip"), SkipPos: q.At("skip"), IO: FloatIO, Pos: q.Pos}
	s.Aware = q.Bool("aware")
	if q.Has("freeze") {
		if s.Freeze = q.Int("freeze"); !s.Aware {
			p.errs.Add("conflict", q.At("freeze"), "quantize", "write aware: true, or leave out freeze",
				"freeze is %d, but there are no ranges that follow a training", s.Freeze)
		}
	}
	if q.Has("io") {
		s.IO, s.IOPos = q.Word("io"), q.At("io")
	}
	_, s.Written = n.Node("quantize")
	return s
}
