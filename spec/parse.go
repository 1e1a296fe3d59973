package spec

import (
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

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

func (p *parser) inputs(n Node) []Input {
	var nodes []Node
	if v := n.Lookup("inputs"); v != nil {
		nodes = v.V.([]Node)
	} else if one, ok := n.Node("input"); ok {
		nodes = []Node{one}
	}
	var ins []Input
	for _, in := range nodes {
		input := Input{Name: in.Word("name"), Shape: in.Ints("shape"), Columns: p.columns(in),
			Layout: in.Word("layout"), LayoutPos: in.At("layout"), Pos: in.At("name"), ShapePos: in.At("shape")}
		if input.Tokens = p.tokens(input, in); input.Tokens != nil && input.Tokens.Column != "" {
			input.Columns = []Column{{Name: input.Tokens.Column, Pos: input.Tokens.Pos}}
		}
		if input.Layout == ChannelsFirst {
			p.channelsFirst(input)
		}
		ins = append(ins, input)
	}
	return ins
}

// channelsFirst checks that an input has channels that may stand first.
func (p *parser) channelsFirst(in Input) {
	subject := fmt.Sprintf("input %q", in.Name)
	switch {
	case len(in.Shape) == 1:
		p.errs.Add("conflict", in.LayoutPos, subject,
			"leave out layout; or write shape: [channels, height, width] or [channels, steps]",
			"layout is channels_first, but the shape %d has one axis, and none of channels", in.Shape)
	case in.Tokens != nil:
		p.errs.Add("conflict", in.LayoutPos, subject, "leave out layout",
			"layout is channels_first, but its numbers are tokens, which have no channels")
	}
}

// columns reads the columns of an input, with the words that one_hot gives to some.
func (p *parser) columns(in Node) []Column {
	v := in.Lookup("columns")
	var list []Column
	if v != nil {
		for _, n := range v.V.([]Node) {
			list = append(list, Column{
				Name: n.Word("name"), Words: n.Strings("words"), Other: n.Bool("other"),
				Missing: n.Bool("missing"), Flag: n.Strings("flag"),
				MaxWords: n.Int("max_words"), Date: n.Strings("date"), Layout: n.Word("layout"), Fill: n.Word("fill"),
				Indicator: n.Bool("indicator"), Unit: n.Word("unit"), Pos: n.At("name"),
			})
		}
	}
	subject := fmt.Sprintf("input %q", in.Word("name"))
	for i := range list {
		p.column(&list[i], subject)
	}
	v = in.Lookup("one_hot")
	if v == nil {
		return list
	}
	for _, h := range v.V.([]Node) {
		name := h.Word("column")
		i := slices.IndexFunc(list, func(c Column) bool { return c.Name == name })
		switch {
		case i < 0:
			p.errs.Add("conflict", h.At("column"), subject, "list all columns of the input, in order: columns: […]",
				"one_hot names the column %q, which is none of its columns %q", name, columnNames(list))
		case list[i].Encoded():
			p.errs.Add("conflict", h.At("column"), subject, "", "one_hot names the column %q twice", name)
		default:
			list[i].Words, list[i].Pos = h.Strings("values"), h.At("column")
			p.column(&list[i], subject)
		}
	}
	return list
}

// column checks that what is said of a column goes together.
func (p *parser) column(c *Column, subject string) {
	kinds := 0
	for _, words := range [][]string{c.Words, c.Flag, c.Date} {
		if words != nil {
			kinds++
		}
		for i, w := range words {
			if slices.Contains(words[:i], w) {
				p.errs.Add("conflict", c.Pos, subject, "", "the column %q lists the word %q twice", c.Name, w)
				return
			}
		}
	}
	if c.MaxWords > 0 {
		kinds++
	}
	switch {
	case kinds > 1:
		p.errs.Add("conflict", c.Pos, subject, "keep one of words, max_words, flag and date",
			"the column %q is said to hold several kinds of fields", c.Name)
	case (c.Other || c.Missing) && c.Words == nil && c.MaxWords == 0:
		p.errs.Add("conflict", c.Pos, subject, "for a number write fill: and indicator: true",
			"other and missing are for words, which the column %q does not list", c.Name)
	case kinds > 0 && c.Unit != "":
		p.errs.Add("conflict", c.Pos, subject, "", "the column %q has a unit, but it does not hold numbers", c.Name)
	case strings.IndexAny(c.Unit, "0123456789.,+- ") == 0 || strings.HasSuffix(c.Unit, " "):
		p.errs.Add("conflict", c.Pos, subject, "write it without blanks and numbers around it",
			"the unit %q of the column %q begins or ends as numbers do", c.Unit, c.Name)
	case c.Indicator && (c.Fill == "" || c.Words != nil || c.MaxWords > 0):
		p.errs.Add("conflict", c.Pos, subject, "write fill: as well, or for words missing: true",
			"the column %q has an indicator of missing fields, but no field may be missing", c.Name)
	}
}

func columnNames(list []Column) []string {
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	return names
}

// Encoded tells whether the fields of a column are something else than numbers that are all there.
func (c Column) Encoded() bool {
	return c.Words != nil || c.MaxWords > 0 || c.Flag != nil || c.Date != nil || c.Fill != "" ||
		c.Unit != ""
}

// tokens reads what the numbers of an input stand for; nil if that is not written.
func (p *parser) tokens(input Input, n Node) *Tokens {
	t, ok := n.Node("tokens")
	if !ok {
		return nil
	}
	subject := fmt.Sprintf("input %q", input.Name)
	if t.Has("bytes") && !t.Bool("bytes") {
		p.errs.Add("conflict", t.At("bytes"), subject, "write characters or vocabulary in its place",
			"bytes: false says nothing about the tokens")
	}
	if i := slices.IndexFunc(input.Columns, Column.Encoded); i >= 0 {
		p.errs.Add("conflict", input.Columns[i].Pos, subject, "remove one of them",
			"its numbers are tokens, but those of the column %s are not", quote(input.Columns[i].Name))
	}
	column := t.Word("column")
	for _, name := range []string{"words", "lowercase", "steps"} {
		if v := t.Lookup(name); column == "" && v != nil && v.Written {
			p.errs.Add("conflict", v.Pos, subject, "write column: as well",
				"%s is for the texts of a column, and none is named", name)
		}
	}
	switch {
	case column != "" && input.Columns != nil:
		p.errs.Add("conflict", t.At("column"), subject, "remove columns",
			"its tokens are those of the column %s, and columns names others", quote(column))
	case column != "" && len(input.Shape) != 1:
		p.errs.Add("conflict", t.At("column"), subject, "", "texts give one number for each token, but its shape has %d axes",
			len(input.Shape))
	case t.Has("steps") && column != "" && t.Int("steps") != input.Shape[0]:
		p.errs.Add("conflict", t.At("steps"), subject, "", "a text has %d steps, but its shape has %d numbers",
			t.Int("steps"), input.Shape[0])
	}
	return &Tokens{Characters: t.Word("characters"), Bytes: t.Bool("bytes"), Vocabulary: t.Word("vocabulary"),
		Words: t.Int("words"), Column: column,
		Lowercase: t.Bool("lowercase"), Pos: t.Pos}
}

func (p *parser) training(n Node) Training {
	t := p.section(n, "training", &trainingKind)
	r := Training{
		Epochs: t.Int("epochs"), Shuffle: t.Bool("shuffle"), ValidationSplit: t.Float("validation_split"),
		Accumulate: t.Int("accumulate"), Chunks: t.Int("chunks"), ClipNorm: t.Float("clip_norm"),
		ClipValue: t.Float("clip_value"), Metrics: t.Strings("metrics"), MetricsPos: t.At("metrics"), Pos: t.Pos,
	}
	if t.Word("batch_size") != "full" {
		r.BatchSize = t.Int("batch_size")
	} else if r.Accumulate > 1 {
		p.errs.Add("conflict", t.At("accumulate"), "training", "leave out accumulate, or write batch_size: with a number",
			"batch_size: full is the whole training set: there are no %d batches of an update", r.Accumulate)
	}
	switch c := r.Chunks; {
	case bits.OnesCount(uint(c)) > 1:
		p.errs.Add("conflict", t.At("chunks"), "training", fmt.Sprintf("write %d or %d",
			1<<(bits.Len(uint(c))-1), 1<<bits.Len(uint(c))),
			"chunks: %d is no power of two: sums of chunks are added by twos", c)
	case r.BatchSize > 0 && c > r.Examples():
		p.errs.Add("conflict", t.At("chunks"), "training", "write fewer chunks, or a larger batch_size",
			"a batch of %d examples can't be cut into %d chunks", r.Examples(), c)
	}
	if v := t.Lookup("seed"); v != nil {
		r.Seed = v.V.(uint64)
	}
	if e, ok := t.Node("early_stopping"); ok {
		r.EarlyStopping = &EarlyStopping{
			Patience: e.Int("patience"), MinDelta: e.Float("min_delta"), RestoreBest: e.Bool("restore_best"),
			MinEpochs: e.Int("min_epochs"), Pos: e.At("monitor"),
		}
		if names := e.Strings("monitor"); len(names) > 0 { // else it was reported
			r.EarlyStopping.Monitor = names[0]
			r.EarlyStopping.Others = append(r.EarlyStopping.Others, names[1:]...)
		}
		if n := e.Int("min_epochs"); n > r.Epochs {
			p.errs.Add("conflict", e.At("min_epochs"), "early_stopping", "",
				"min_epochs is %d, but the training has %d epochs", n, r.Epochs)
		}
	}
	p.averaging(t, &r)
	if g, ok := t.Node("kernel_regularizer"); ok {
		r.Regularizer = &g
	}
	r.ClassWeights, r.Balanced, r.BalancedPos = t.Weights("class_weights"),
		t.Word("class_weights") == Balanced, t.At("class_weights")
	return r
}

// averaging reads the average of the weights that is kept.
func (p *parser) averaging(t Node, r *Training) {
	begins := func(n Node, kind string) int {
		start := n.Int("start_epoch")
		if start > r.Epochs {
			p.errs.Add("conflict", n.At("start_epoch"), kind, "", "it begins in epoch %d, but the training has %d", start,
				r.Epochs)
		}
		return start
	}
	ema, averaged := t.Node("ema")
	if averaged {
		r.EMA = &EMA{Decay: ema.Float("decay"), Start: begins(ema, "ema")}
	}
	if swa, ok := t.Node("swa"); ok {
		r.SWA = &SWA{Start: begins(swa, "swa"), LR: swa.Float("lr")}
		if averaged {
			p.errs.Add("conflict", swa.Pos, "training", "leave out one of them", "ema and swa each say which weights are kept")
		}
	}
}

func (p *parser) data(n Node) *Data {
	d, ok := n.Node("data")
	if !ok {
		return nil
	}
	source := func(name string) *Source {
		s, ok := d.Node(name)
		if !ok {
			return nil
		}
		return p.source("data."+name, s)
	}
	return &Data{
		Train: source("train"), Validation: source("validation"), Test: source("test"),
		TestSplit: d.Float("test_split"), SkipBadRows: d.Float("skip_bad_rows"), Stratify: d.Bool("stratify"),
		Missing: d.Strings("missing"), Target: d.Word("target"), Pos: d.Pos,
	}
}

func (p *parser) source(subject string, n Node) *Source {
	s := &Source{
		Labels: n.Word("labels"), Delimiter: n.Word("delimiter"), Decimal: n.Word("decimal"),
		Layout: n.Word("layout"), Encoding: n.Word("encoding"), Label: n.Strings("label"),
		Features: n.Strings("features"), Weight: n.Word("weight"), Pos: n.Pos,
	}
	for _, f := range []string{"csv", "idx", "npy", "text"} {
		if v := n.Lookup(f); v != nil {
			s.Format, s.Path = f, v.V.(string)
		}
	}
	if i, ok := n.Node("image"); ok {
		s.Format, s.Path = "image", i.Word("folder")
		s.Image = &Image{Resize: i.Ints("resize"), Channels: i.Int("channels"), ResizePos: i.At("resize"),
			ChannelsPos: i.At("channels")}
	}
	if v := n.Lookup("header"); v != nil {
		b := v.V.(bool)
		s.Header = &b
	}
	if s.Delimiter == `\t` {
		s.Delimiter = "\t"
	}
	if s.Delimiter != "" && s.Delimiter != "spaces" && utf8.RuneCountInString(s.Delimiter) != 1 ||
		strings.ContainsAny(s.Delimiter, "\"\r\n") {
		p.errs.Add("range", n.At("delimiter"), subject, "", "delimiter must be one character, but is %s", quote(s.Delimiter))
	}
	s.Series = p.series(subject, n)
	for _, name := range []string{"header", "delimiter", "decimal", "encoding", "label", "features", "weight", "series"} {
		if v := n.Lookup(name); v != nil && v.Written && s.Format != "csv" && s.Format != "" {
			p.errs.Add("conflict", v.Pos, subject, "remove it", "%s is for csv, but the data is in %s", name, s.Format)
		}
	}
	if v := n.Lookup("layout"); v != nil && v.Written && s.Format != "idx" && s.Format != "npy" && s.Format != "" {
		p.errs.Add("conflict", v.Pos, subject, "remove it", "layout is for idx and npy, but the data is in %s", s.Format)
	}
	if v := n.Lookup("labels"); v != nil && (s.Format == "csv" || s.Format == "text" || s.Format == "image") {
		hint := "name the column with `label`"
		if s.Format == "text" {
			hint = "remove it: the label of each token is the next one"
		}
		if s.Format == "image" {
			hint = "remove it: the class of a picture is its folder"
		}
		p.errs.Add("conflict", v.Pos, subject, hint, "labels is for idx and npy, but the data is in %s", s.Format)
	}
	return s
}

// series reads the windows of a source; nil if it has none.
func (p *parser) series(subject string, n Node) *Series {
	w, ok := n.Node("series")
	if !ok {
		return nil
	}
	bound := func(name string) *float64 {
		if w.Has(name) {
			v := w.Float(name)
			return &v
		}
		return nil
	}
	s := &Series{
		Columns: w.Strings("columns"), Horizon: 1, Steps: 1, Gaps: w.Word("gaps"), SamplingRate: w.Int("sampling_rate"),
		SequenceStride: w.Int("sequence_stride"),
		Index:          w.Word("index"), From: bound("from"), To: bound("to"), Pos: w.Pos,
	}
	if h, ok := w.Node("horizon"); ok {
		s.Horizon, s.Steps = h.Int("rows"), h.Int("steps")
	}
	if s.From != nil && s.To != nil && *s.From > *s.To {
		p.errs.Add("conflict", w.At("to"), subject+".series", "", "to is %g, which is before from, %g", *s.To, *s.From)
	}
	if v := n.Lookup("features"); v != nil {
		p.errs.Add("conflict", v.Pos, subject, "remove features", "the columns of a series are its features")
	}
	return s
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

// conflicts reports values that are fine each by itself, but not together.
func (p *parser) conflicts(s *Spec, n Node) {
	t, _ := n.Node("training")
	d, _ := n.Node("data")
	if s.Data != nil && s.Data.Validation != nil && s.Training.ValidationSplit > 0 {
		p.errs.Add("conflict", t.At("validation_split"), "training", "remove one of them",
			"validation_split is %g, but data.validation names a validation set", s.Training.ValidationSplit)
	}
	if s.Data != nil && s.Data.Test != nil && s.Data.TestSplit > 0 {
		p.errs.Add("conflict", d.At("test_split"), "data", "remove one of them",
			"test_split is %g, but data.test names a test set", s.Data.TestSplit)
	}
	if s.Classes.Count > 0 && s.Task == "regression" {
		p.errs.Add("conflict", s.Classes.Pos, "classes", "remove one of them",
			"there are classes, but the task is regression")
	}
	if s.Task == "binary" && s.Classes.Count > 2 {
		p.errs.Add("conflict", s.Classes.Pos, "classes", "write `task: multiclass`",
			"there are %d classes, but the task binary has 2", s.Classes.Count)
	}
	if s.Data != nil {
		for i, src := range []*Source{s.Data.Train, s.Data.Validation, s.Data.Test} {
			if src == nil {
				continue
			}
			name := []string{"train", "validation", "test"}[i]
			if src.Image != nil {
				p.pictures("data."+name+".image", s, src)
			}
			if own, ok := d.Node(name); ok && i > 0 && s.Data.Train != nil {
				p.windows("data."+name+".series", own, src.Series, s.Data.Train.Series)
			}
			if src.Series != nil && len(s.Inputs) == 1 && s.Inputs[0].Layout == ChannelsFirst {
				p.errs.Add("conflict", s.Inputs[0].LayoutPos, fmt.Sprintf("input %q", s.Inputs[0].Name),
					"leave out layout, and write shape: [steps, channels]",
					"layout is channels_first, but the rows of a series are steps, each with its channels behind")
			}
		}
	}
	names := s.Classes.Names
	for _, w := range s.Training.ClassWeights {
		if names != nil && !contains(names, w.Class) {
			p.errs.Add("unknown-ref", w.Pos, "training.class_weights", p.suggest(w.Class, names),
				"there is no class %s", quote(w.Class))
		}
	}
}

// windows reports what makes the examples of a series others than those that a network learns from it: a label further
// ahead, or steps further apart. n is the source of the series.
func (p *parser) windows(subject string, n Node, s, train *Series) {
	if s == nil || train == nil {
		return
	}
	w, _ := n.Node("series")
	h, _ := w.Node("horizon")
	for _, c := range []struct {
		key      string
		of       Node
		is, want int
	}{
		{"horizon", w, s.Horizon, train.Horizon},
		{"steps", h, max(1, s.Steps), max(1, train.Steps)},
		{"sampling_rate", w, s.SamplingRate, train.SamplingRate},
	} {
		if c.is == c.want {
			continue
		}
		pos, hint := w.Pos, fmt.Sprintf("write %s: %d here too", c.key, c.want)
		if c.of.Has(c.key) {
			pos = c.of.At(c.key)
		}
		if c.key == "steps" {
			hint = fmt.Sprintf("write horizon: {rows: %d, steps: %d} here too", train.Horizon, c.want)
		}
		p.errs.Add("conflict", pos, subject, hint,
			"%s is %d, but data.train has %d: the network would be measured on other windows than it learns from",
			c.key, c.is, c.want)
	}
}

// tiny checks that the tiny profile is asked for nothing that it lacks. Its packages do not train.
func (p *parser) tiny(s *Spec, generate Node) {
	if s.Generate.Profile != Tiny {
		return
	}
	for key, lacks := range map[string]string{
		"train": "have no training package", "guard": "have no Check", "runtime": "carry what they call",
	} {
		if v := generate.Lookup(key); v != nil && v.Written && v.V != any(false) && v.V != any("copy") {
			p.errs.Add("conflict", v.Pos, "generate", "leave out "+key+", or write `profile: full`",
				"%s is %v, but packages of the tiny profile %s", key, v.V, lacks)
		}
	}
	s.Generate.Train, s.Generate.Guard, s.Generate.Runtime = false, false, "copy"
}

// pictures checks that the pictures of a source are of the shape of the input.
func (p *parser) pictures(subject string, s *Spec, src *Source) {
	if len(s.Inputs) != 1 {
		if len(s.Inputs) > 1 {
			p.errs.Add("conflict", src.Pos, subject, "", "pictures feed one input, but there are %d", len(s.Inputs))
		}
		return
	}
	in := s.Inputs[0]
	axes, last := "height, width, channels", 0
	if in.Layout == ChannelsFirst {
		axes = "channels, height, width"
	}
	shape := in.LayersShape()
	if len(shape) > 0 {
		last = shape[len(shape)-1]
	}
	switch r := src.Image; {
	case len(shape) != 3:
		p.errs.Add("conflict", in.Pos, fmt.Sprintf("input %q", in.Name), "write shape: ["+axes+"]",
			"pictures have 3 axes, but its shape %d has %d", in.Shape, len(in.Shape))
	case last == 2 || last > 4:
		p.errs.Add("conflict", in.Pos, fmt.Sprintf("input %q", in.Name), turnedLayout(in),
			"pictures have 1, 3 or 4 channels, but its shape %d has %d", in.Shape, last)
	case r.Resize != nil && !slices.Equal(r.Resize, shape[:2]):
		p.errs.Add("conflict", r.ResizePos, subject, "", "resize is %d, but the input %q has the shape %d",
			r.Resize, in.Name, in.Shape)
	case r.Channels != 0 && r.Channels != last:
		p.errs.Add("conflict", r.ChannelsPos, subject, "", "channels is %d, but the input %q has the shape %d",
			r.Channels, in.Name, in.Shape)
	case in.Columns != nil || in.Tokens != nil:
		p.errs.Add("conflict", in.Pos, fmt.Sprintf("input %q", in.Name), "remove them",
			"its numbers are those of pictures, but it has columns or tokens")
	}
}

// turnedLayout is the hint for pictures whose channels stand where the other layout has them; "" for none.
func turnedLayout(in Input) string {
	isChannels := func(n int) bool { return n == 1 || n == 3 || n == 4 }
	switch {
	case in.Layout == ChannelsFirst && isChannels(in.Shape[2]):
		return "with layout: channels_first the shape is [channels, height, width]"
	case in.Layout != ChannelsFirst && isChannels(in.Shape[0]):
		return "write layout: channels_first beside the shape, or the shape as [height, width, channels]"
	}
	return ""
}

// attrs checks the mapping t against the attributes of k and the extra ones. subject begins every
// message; what names the owner in texts, and is "" where the subject already does.
func (p *parser) attrs(k *Kind, extra []Attr, t *tree, subject, what string) []Value {
	all := append(append([]Attr(nil), k.Attrs...), extra...)
	names := make([]string, len(all))
	index := make(map[string]int, len(all))
	for i, a := range all {
		names[i] = a.Name
		index[a.Name] = i
	}
	has, needs := "there is no key ", ""
	if what != "" {
		has, needs = what+" has no ", what+" "
	}
	written := make([]*entry, len(all))
	meant := map[string]bool{} // keys that were probably written, in another spelling
	for _, e := range t.keys {
		i, ok := index[e.key]
		if !ok {
			hint, name := p.suggestKey(e.key, names)
			if a := k.short(); a != nil && a.Type == Nodes && p.schema.Kind(a.Family, e.key) != nil {
				hint, name = fmt.Sprintf("write %s: {%s: …}", a.Name, clip(e.key)), a.Name
			}
			meant[name] = true
			p.errs.Add("unknown-key", e.pos, subject, hint, "%s%s", has, quote(e.key))
			continue
		}
		written[i] = e
	}
	var vals []Value
	for i := range all {
		a := &all[i]
		e := written[i]
		if e == nil {
			if a.Required && !meant[a.Name] {
				p.missing(a, t, subject, needs)
			}
			if v, ok := p.defaultValue(a, t.pos); ok {
				vals = append(vals, v)
			}
			continue
		}
		v, ok := p.value(a, e.value, subject)
		if !ok {
			if def, ok := p.defaultValue(a, t.pos); ok {
				vals = append(vals, def) // so that what follows is checked all the same
			}
			continue
		}
		vals = append(vals, Value{Name: a.Name, V: v, Pos: e.value.pos, Written: true,
			Default: isDefault(a.Default, v), Beside: a.Beside})
	}
	for _, group := range k.OneOf {
		var found []*entry
		typo := false
		for _, name := range group {
			typo = typo || meant[name]
			if e := written[index[name]]; e != nil {
				found = append(found, e)
			}
		}
		switch {
		case len(found) == 0 && !typo:
			p.errs.Add("missing", t.pos, subject, "", "%sneeds %s", needs, orList(group))
		case len(found) > 1:
			p.errs.Add("conflict", found[1].pos, subject, "remove one of them",
				"%stakes one of %s, but has %s at line %d:%d and %s",
				needs, orList(group), found[0].key, found[0].pos.Line, found[0].pos.Col, found[1].key)
		}
	}
	return vals
}

// defaults returns the values of a kind of which nothing was written.
func (p *parser) defaults(k *Kind, extra []Attr, pos Pos) []Value {
	var vals []Value
	for i := range k.Attrs {
		if v, ok := p.defaultValue(&k.Attrs[i], pos); ok {
			vals = append(vals, v)
		}
	}
	return vals
}

func (p *parser) defaultValue(a *Attr, pos Pos) (Value, bool) {
	if a.Default == nil {
		return Value{}, false
	}
	v := Value{Name: a.Name, V: a.Default, Pos: pos, Default: true, Beside: a.Beside}
	if a.Type == Nodes {
		switch d := a.Default.(type) {
		case string:
			v.V = p.defaultNode(a.Family, d, pos)
		case Node:
			d.Pos = pos
			v.V = d
		}
	}
	return v, true
}

// isDefault tells whether v is what the attribute would be if it were left out.
func isDefault(def, v any) bool {
	n, ok := v.(Node)
	if !ok {
		return reflect.DeepEqual(def, v)
	}
	switch d := def.(type) {
	case string:
		return n.Kind == d && n.isDefault()
	case Node:
		// A Node with values of its own is rare as a default: those must have been written alike.
		return n.Kind == d.Kind && Contents(nil).node(n) == Contents(nil).node(d)
	}
	return false
}

// isDefault tells whether all attributes have their defaults.
func (n Node) isDefault() bool {
	for _, v := range n.Attrs {
		if !v.Default {
			return false
		}
	}
	return true
}

// defaultNode returns a kind of which nothing was written. It panics if the family lacks the kind.
func (p *parser) defaultNode(f Family, name string, pos Pos) Node {
	k := p.schema.Kind(f, name)
	if k == nil {
		panic(fmt.Sprintf("BUG: default %s %q is no kind", f, name))
	}
	return Node{Kind: name, Pos: pos, Attrs: p.defaults(k, nil, pos)}
}

// node checks a use of a kind: a bare word, or a mapping with one key.
func (p *parser) node(f Family, extra []Attr, t *tree, subject string) (Node, bool) {
	word, pos, arg := t.text, t.pos, (*tree)(nil)
	switch {
	case t.form == mapForm && len(t.keys) == 1:
		word, pos, arg = t.keys[0].key, t.keys[0].pos, t.keys[0].value
	case t.form == mapForm && len(t.keys) > 1:
		hint := fmt.Sprintf("write {%s: {…}}, with the other keys inside the braces", clip(t.keys[0].key))
		p.errs.Add("form", t.keys[1].pos, subject, hint,
			"%s is one word or a mapping with one key, but this has the keys %s and %s",
			article(f.noun()), quote(t.keys[0].key), quote(t.keys[1].key))
		return Node{}, false
	case t.form != plainForm && t.form != quotedForm:
		p.errs.Add("form", t.pos, subject, "", "%s is one word or a mapping with one key, but this is %s",
			article(f.noun()), t.describe())
		return Node{}, false
	}
	k := p.schema.Kind(f, word)
	if k == nil {
		p.unknownKind(f, word, pos, subject)
		return Node{}, false
	}
	n := Node{Kind: k.Name, Pos: pos}
	m := arg
	switch {
	case arg == nil || arg.form == nullForm:
		m = &tree{form: mapForm, pos: pos}
	case arg.form == mapForm && !p.isShort(k, extra, arg):
	case k.Short != "":
		m = &tree{form: mapForm, pos: arg.pos, keys: []*entry{{key: k.Short, pos: arg.pos, value: arg}}}
	default:
		p.errs.Add("form", arg.pos, subject, fmt.Sprintf("write {%s: {attribute: value}}", k.Name),
			"%s takes a mapping of attributes, but this is %s", k.Name, arg.describe())
		return n, false
	}
	at := *m
	at.pos = pos
	n.Attrs = p.attrs(k, extra, &at, subject, k.Name)
	return n, true
}

// isShort tells whether a mapping is the bare value of the attribute that Short names: one kind of its family, as in
// `bidirectional: {lstm: 8}`, and no attribute.
func (p *parser) isShort(k *Kind, extra []Attr, arg *tree) bool {
	a := k.short()
	if a == nil || a.Type != Nodes || len(arg.keys) != 1 {
		return false
	}
	key := arg.keys[0].key
	named := func(a Attr) bool { return a.Name == key }
	return p.schema.Kind(a.Family, key) != nil && !slices.ContainsFunc(k.Attrs, named) &&
		!slices.ContainsFunc(extra, named)
}

// otherFamilies are where unknownKind looks for a word that was written in the wrong place, with
// what to write instead.
var otherFamilies = []struct {
	family Family
	hint   string
}{
	{ActivationFamily, "%s is an activation: write {activation: %[1]s}, or the field `activation: %[1]s` of a layer"},
	{LayerFamily, "%s is a layer"},
	{LossFamily, "%s is a loss"},
	{OptimizerFamily, "%s is an optimizer"},
	{ScheduleFamily, "%s is a schedule"},
	{InitializerFamily, "%s is an initializer"},
	{RegularizerFamily, "%s is a regularizer"},
	{PreprocessFamily, "%s belongs under `preprocess`"},
}

func (p *parser) unknownKind(f Family, word string, pos Pos, subject string) {
	var names []string
	for _, k := range p.schema[f] {
		names = append(names, k.Name)
	}
	sort.Strings(names)
	hint := p.suggest(word, names)
	if hint == "" {
		for _, o := range otherFamilies {
			if o.family != f && p.schema.Kind(o.family, word) != nil {
				hint = fmt.Sprintf(o.hint, word)
				break
			}
		}
	}
	if hint == "" && len(names) > 0 && len(names) <= 12 {
		hint = "there are " + strings.Join(names, ", ")
	}
	if hint == "" {
		hint = "`nngen ops` lists all kinds"
		if f == LayerFamily {
			hint += "; `blocks:` gives a list of layers a name"
		}
	}
	p.errs.Add("unknown-kind", pos, subject, hint, "there is no %s %s", f.kind(), quote(word))
}

// synonyms are names that other tools use for attributes of ours.
var synonyms = map[string][]string{
	"learning_rate": {"lr"}, "lr": {"learning_rate"}, "out_features": {"units"},
	"out_channels": {"filters"}, "neurons": {"units"},
	"size": {"units", "pool_size", "kernel_size", "shape"}, "p": {"rate"},
	"dropout_rate": {"rate"}, "kernel": {"kernel_size"},
	"stride": {"strides"}, "dilation": {"dilation_rate"}, "bias": {"use_bias"}, "beta_1": {"betas"}, "beta_2": {"betas"},
	"epsilon": {"eps"}, "eps": {"epsilon"}, "batch": {"batch_size"},
	"validation": {"validation_split"}, "input_shape": {"shape"},
	"model": {"layers"}, "network": {"layers"}, "train": {"training"}, "dataset": {"data"},
	"inputs": {"from"}, "input": {"from"},
	"labels": {"label"}, "early_stop": {"early_stopping"}, "memory": {"ram"}, "parameters": {"params"},
	"weights": {"class_weights"},
}

// elsewhere are hints for keys that belong to another mapping than they are often written in.
var elsewhere = map[string]string{
	"lr":        "it belongs to the optimizer: optimizer: {adam: {lr: 0.001}}",
	"calibrate": "it belongs to an output: - output: {calibrate: temperature}",
	"decision":  "it belongs to an output: - output: {decision: {threshold: f1}}",
	"threshold": "it belongs to an output: - output: {decision: {threshold: f1}}",
	"reject":    "it belongs to an output: - output: {reject: {confidence: 0.8}}",
	"quantiles": "it belongs to an output: - output: {quantiles: [0.05, 0.5, 0.95]}",
	"interval":  "it belongs to an output: - output: {interval: 0.9}",
}

// place says which section, or whether an output, has a key, if that is one place or two; "" else.
func (p *parser) place(key string, names []string) string {
	var places []string
	has := func(k *Kind) bool {
		return slices.ContainsFunc(k.Attrs, func(a Attr) bool { return a.Name == key })
	}
	seen := map[*Kind]bool{}
	var walk func(k *Kind, at string)
	walk = func(k *Kind, at string) {
		if seen[k] {
			return
		}
		seen[k] = true
		if at != "" && has(k) {
			places = append(places, "`"+at+"`")
		}
		for _, a := range k.Attrs {
			if a.Section != nil {
				walk(a.Section, strings.TrimPrefix(at+"."+a.Name, "."))
			}
		}
	}
	walk(&rootKind, "")
	if has(&rootKind) {
		places = append(places, "the top level")
	}
	if output := p.schema.Kind(LayerFamily, "output"); output != nil && has(output) && !slices.Contains(names, "units") {
		places = append(places, "an output")
	}
	if len(places) == 0 || len(places) > 2 {
		return ""
	}
	return fmt.Sprintf("%s belongs to %s", quote(key), strings.Join(places, " or "))
}

// suggestKey returns a hint for an unknown key, and the key that was probably meant, if any.
func (p *parser) suggestKey(key string, names []string) (hint, meant string) {
	for _, s := range synonyms[key] {
		if contains(names, s) {
			return fmt.Sprintf("did you mean %q?", s), s
		}
	}
	for _, n := range names {
		if n == key+"s" || n+"s" == key { // nearer than another section's attribute of that name
			return fmt.Sprintf("did you mean %q?", n), n
		}
	}
	if place := elsewhere[key]; place != "" {
		return place, ""
	}
	if place := p.place(key, names); place != "" {
		return place, ""
	}
	for _, o := range otherFamilies {
		if p.schema.Kind(o.family, key) != nil {
			return fmt.Sprintf(o.hint, key), ""
		}
	}
	if n := p.nearest(key, names); n != "" {
		return fmt.Sprintf("did you mean %q?", n), n
	}
	if len(names) == 0 {
		return "it takes no attributes", ""
	}
	return "there are " + strings.Join(names, ", "), ""
}

// suggest returns `did you mean "…"?` for the nearest of the names, or "" if none is near.
func (p *parser) suggest(word string, names []string) string {
	if n := p.nearest(word, names); n != "" {
		return fmt.Sprintf("did you mean %q?", clip(n))
	}
	return ""
}

// Nearest returns the name that was probably meant by a word, or "" if none is near.
func Nearest(word string, names []string) string { return new(parser).nearest(word, names) }

// Edits returns the fewest changes that make b of a, where letters are put in, left out or replaced, or two neighbours
// change places (the optimal string alignment distance).
func Edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := [3][]int{make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := range x {
		before, last, row := rows[(i+2)%3], rows[i%3], rows[(i+1)%3]
		row[0] = i + 1
		for j := range y {
			replaced := last[j]
			if x[i] != y[j] {
				replaced++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, replaced)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return rows[len(x)%3][len(y)]
}

// nearest returns the name that is fewest edits from a word, or "" if none is near.
func (p *parser) nearest(word string, names []string) string {
	if p.looked += len(names); word == "" || len(word) > maxName || p.looked > maxLooked {
		return ""
	}
	norm := func(s string) string {
		return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
	}
	best, dist := "", 1+(utf8.RuneCountInString(word)+2)/3
	for _, n := range names {
		if len(n) > maxName {
			continue
		}
		d := Edits(word, n)
		switch {
		case norm(word) == norm(n):
			d = 0
		case len(word) > 2 && strings.HasPrefix(n, word):
			d = min(d, 1)
		}
		if d < dist && d < utf8.RuneCountInString(n) {
			best, dist = n, d
		}
	}
	return best
}

// hintFor says how to write a missing attribute.
func hintFor(a *Attr) string {
	if a.Doc == "" {
		return ""
	}
	return a.Name + ": " + strings.TrimSuffix(a.Doc, ".")
}

func contains(words []string, w string) bool {
	for _, x := range words {
		if x == w {
			return true
		}
	}
	return false
}

// noun is what a kind of the family makes, and kind what one chooses from, in messages.
func (f Family) noun() string {
	if f == PreprocessFamily {
		return "preprocessing step"
	}
	return strings.ReplaceAll(string(f), "_", " ")
}

func (f Family) kind() string {
	if f == LayerFamily {
		return "layer kind"
	}
	return f.noun()
}

func article(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}
