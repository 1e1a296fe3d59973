package op

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// maxElements bounds every array of a network: beyond it no machine that this is for has the memory.
const maxElements = 1 << 31

// shapeError is what a shape rule finds wrong.
type shapeError struct {
	at   string // attribute that is to blame; "" for the layer
	ref  int    // which of the layers that the attribute names
	msg  string
	hint string
}

func (e *shapeError) Error() string { return e.msg }

// Build settles layers, shapes, parameters and losses of a spec. Masks are read from files, whose
// root is the spec's folder; it may be nil if there are none. The list holds warnings too; the net is
// nil if it holds an error.
func Build(s *spec.Spec, files fs.FS) (*Net, spec.ErrorList) {
	b := &builder{
		net: &Net{Spec: s}, files: files, done: map[string]*Layer{}, owner: map[string]*Layer{}, index: map[string]int{}, failed: map[string]bool{},
	}
	b.inputs()
	for i := range s.Layers {
		b.index[s.Layers[i].Name] = i
		if s.Layers[i].Node.Bool("return_state") {
			for _, part := range stateParts(s.Layers[i].Kind) {
				b.index[s.Layers[i].Name+"."+part] = i
			}
		}
	}
	for i := range s.Layers {
		b.layer(i)
	}
	if b.errs.Err() == nil {
		b.finish()
		b.training()
	}
	err := b.errs.Err()
	if err != nil {
		return nil, b.errs
	}
	return b.net, b.errs
}

type builder struct {
	net    *Net
	files  fs.FS
	errs   spec.ErrorList
	done   map[string]*Layer // by name in the spec: what readers of that name read
	owner  map[string]*Layer // by name in the spec: what has its parameters
	index  map[string]int    // of Spec.Layers
	failed map[string]bool
}

func (b *builder) add(l *Layer) *Layer {
	l.Index = len(b.net.Layers)
	l.Stream = DropStream + uint32(l.Index)
	b.net.Layers = append(b.net.Layers, l)
	return l
}

// inputs makes the layers of the inputs and of their preprocessing.
func (b *builder) inputs() {
	s := b.net.Spec
	for _, in := range s.Inputs {
		shape := ir.Shape(in.Shape)
		if !b.fits(shape, in.Pos, fmt.Sprintf("input %q", in.Name)) {
			continue
		}
		if !b.oneHot(in) {
			continue
		}
		v, ok := b.vocabulary(in)
		if !ok {
			continue
		}
		l := b.add(&Layer{Name: in.Name, Def: inputDef, Shape: shape, Vocabulary: v, Pos: in.Pos})
		b.net.Inputs = append(b.net.Inputs, l)
		b.done[in.Name] = l
	}
	for _, n := range s.Preprocess {
		name := n.Word("input")
		if name == "" {
			if len(s.Inputs) != 1 {
				b.errs.Add("preprocess", n.Pos, n.Kind, "name it: {input: …}", "there are %d inputs, so this must say which one it is for", len(s.Inputs))
				continue
			}
			name = s.Inputs[0].Name
		}
		in := b.done[name]
		if in == nil && slices.ContainsFunc(s.Inputs, func(in spec.Input) bool { return in.Name == name }) {
			continue // its own error says why
		}
		if in == nil {
			b.errs.Add("preprocess", n.At("input"), n.Kind, "", "no input is named %q", name)
			continue
		}
		var def *Def
		for _, d := range preprocessing {
			if d.Kind.Name == n.Kind {
				def = d
			}
		}
		l := &Layer{Name: name + "." + n.Kind, Def: def, Node: n, In: []*Layer{in}, Shape: in.Shape, Pos: n.Pos}
		for b.taken(l.Name) {
			l.Name += "_again"
		}
		if n.Kind == "rescale" && n.Float("scale") == 0 {
			b.errs.Add("preprocess", n.At("scale"), n.Kind, "", "a scale of 0 makes every input the same")
			continue
		}
		b.params(l)
		b.done[name] = b.add(l)
	}
}

// oneHot checks that the columns of words are columns of the input, and that all columns together give
// as many numbers as its shape has.
func (b *builder) oneHot(in spec.Input) bool {
	if in.OneHot == nil {
		return true
	}
	subject := fmt.Sprintf("input %q", in.Name)
	width := len(in.Columns)
	for i, h := range in.OneHot {
		if !slices.Contains(in.Columns, h.Column) {
			b.errs.Add("input", h.Pos, subject, "list all columns of the input, in order: columns: […]", "one_hot names the column %q, which is none of its columns %q", h.Column, in.Columns)
			return false
		}
		for j, v := range h.Values {
			if strings.TrimSpace(v) != v {
				b.errs.Add("input", h.Pos, subject, "write the word without the space", "the column %q lists the word %q, but fields are read without space around them", h.Column, v)
				return false
			}
			if slices.Contains(h.Values[:j], v) {
				b.errs.Add("input", h.Pos, subject, "", "the column %q lists the word %q twice", h.Column, v)
				return false
			}
		}
		if slices.ContainsFunc(in.OneHot[:i], func(o spec.OneHot) bool { return o.Column == h.Column }) {
			b.errs.Add("input", h.Pos, subject, "", "one_hot names the column %q twice", h.Column)
			return false
		}
		width += len(h.Values) - 1
	}
	if size := ir.Shape(in.Shape).Size(); width != size {
		b.errs.Add("input", in.Pos, subject, "", "its %d columns give %d numbers, words counting one for each, but its shape %s has %d", len(in.Columns), width, ir.Shape(in.Shape), size)
		return false
	}
	return true
}

func (b *builder) taken(name string) bool {
	return slices.ContainsFunc(b.net.Layers, func(l *Layer) bool { return l.Name == name })
}

// fits checks the size of an array.
func (b *builder) fits(shape ir.Shape, pos spec.Pos, subject string) bool {
	size := 1
	for _, d := range shape {
		if d <= 0 || size > maxElements/d {
			b.errs.Add("size", pos, subject, "", "%s has more than %d elements", shape, maxElements)
			return false
		}
		size *= d
	}
	return true
}

// layer makes layer i of the spec after all that it reads or shares with, and returns what readers of
// its name read; nil if something is wrong, which has then been reported.
func (b *builder) layer(i int) *Layer {
	w := &b.net.Spec.Layers[i]
	if l := b.done[w.Name]; l != nil || b.failed[w.Name] {
		return l
	}
	b.failed[w.Name] = true // until it is done; also ends a cycle, which package spec reports
	var in []*Layer
	for _, r := range b.reads(i) {
		l := b.done[r.Name]
		if j, ok := b.index[r.Name]; ok && l == nil {
			b.layer(j)
			l = b.done[r.Name]
		}
		if l == nil {
			return nil
		}
		in = append(in, l)
	}
	if w.Share != nil {
		if j, ok := b.index[w.Share.Name]; ok {
			b.layer(j)
		}
	}
	l := b.kind(w, in)
	if l != nil {
		b.done[w.Name] = l
		delete(b.failed, w.Name)
	}
	return l
}

// reads returns the names that layer i reads: those written, or the layer before it, or the input.
func (b *builder) reads(i int) []spec.Ref {
	s := b.net.Spec
	w := &s.Layers[i]
	initial := w.Node.Refs("initial_state")
	if w.From != nil {
		return slices.Concat(w.From, initial)
	}
	if i > 0 {
		if before := &s.Layers[i-1]; before.Kind == outputKind.Name {
			b.errs.Add("input", w.Pos, subject(w), fmt.Sprintf("write from: with the layer that it reads; from: %s if it is meant to read that output", before.Name),
				"nothing says what it reads, and the layer before it is the output %q", before.Name)
			return []spec.Ref{{}}
		}
		return append([]spec.Ref{{Name: s.Layers[i-1].Name, Pos: w.Pos}}, initial...)
	}
	if len(s.Inputs) > 1 {
		b.errs.Add("input", w.Pos, subject(w), "write from: with the inputs that it reads", "the first layer must say which of the %d inputs it reads", len(s.Inputs))
		return []spec.Ref{{}}
	}
	return append([]spec.Ref{{Name: s.Inputs[0].Name, Pos: w.Pos}}, initial...)
}

func subject(w *spec.Layer) string { return fmt.Sprintf("layer %q", w.Name) }

// kind makes the layers of one entry: itself, and those that its shorthands stand for.
func (b *builder) kind(w *spec.Layer, in []*Layer) *Layer {
	switch w.Kind {
	case activationKind.Name:
		f, _ := w.Node.Node("function")
		return b.one(w, w.Name, kindByName(f.Kind), f, in)
	case outputKind.Name:
		return b.output(w, in)
	case bidirectionalKind.Name:
		return b.bidirectional(w, in)
	case TimeDistributed.Kind.Name:
		if !b.stateless(w) {
			return nil
		}
	}
	l := b.one(w, w.Name, b.tied(w, kindByName(w.Kind)), w.Node, in)
	if l == nil {
		return nil
	}
	if w.Node.Bool("return_state") {
		b.states(w, l)
	}
	return b.activation(w, l)
}

// activation appends the activation that a layer's attribute asks for.
func (b *builder) activation(w *spec.Layer, l *Layer) *Layer {
	node := w.Node
	if l.Def == TimeDistributed {
		node, _ = node.Node("layer")
	}
	act, ok := node.Node("activation")
	if !ok || act.Kind == Linear.Kind.Name {
		return l
	}
	return b.one(&spec.Layer{Node: act, Name: w.Name}, w.Name+"."+act.Kind, kindByName(act.Kind), act, []*Layer{l})
}

func kindByName(name string) *Def {
	for _, d := range defs {
		if d.Kind.Name == name {
			return d
		}
	}
	panic("BUG: no layer kind " + name)
}

// one makes one layer.
func (b *builder) one(w *spec.Layer, name string, def *Def, node spec.Node, in []*Layer) *Layer {
	l := &Layer{Name: name, Def: def, Node: node, In: in, Pos: node.Pos}
	if w.Pos.Line > 0 {
		l.Pos = w.Pos
	}
	in = in[:len(in)-l.states()]
	switch {
	case def.Inputs > 0 && (len(in) < def.Inputs || len(in) > max(def.Most, def.Inputs)):
		many := "1 layer"
		if def.Most > def.Inputs {
			many = fmt.Sprintf("%d to %d layers", def.Inputs, def.Most)
		}
		b.errs.Add("arity", l.Pos, subject(w), "add and concatenate join several", "%s reads %s, but from: names %d", def.Kind.Name, many, len(in))
		return nil
	case def.Inputs < 0 && len(in) < 2:
		b.errs.Add("arity", l.Pos, subject(w), "name them: from: [a, b]", "%s joins two or more layers, but reads %d", def.Kind.Name, len(in))
		return nil
	}
	shape, err := def.Shape(l)
	if err != nil {
		var e *shapeError
		if !errors.As(err, &e) {
			e = &shapeError{msg: err.Error()}
		}
		pos := node.At(e.at)
		if e.at == "initial_state" {
			pos = node.Refs(e.at)[e.ref].Pos
		}
		if e.at == "from" || e.at == "" {
			pos = l.Pos
			if len(w.From) > 0 {
				pos = w.From[len(w.From)-1].Pos
			}
		}
		b.errs.Add("shape", pos, subject(w), e.hint, "%s", e.msg)
		return nil
	}
	if !b.fits(shape, l.Pos, subject(w)) {
		return nil
	}
	l.Shape = shape
	if !b.sparsity(w, l) {
		return nil
	}
	for _, x := range in {
		if x.Vocabulary != nil && def.Tokens == nil {
			b.errs.Warn("tokens", l.Pos, subject(w), "put an embedding between them", "it takes the tokens of %q for quantities, but they are only numbers of characters or words", x.Name)
		}
	}
	if w.Share != nil {
		if !b.share(w, l) {
			return nil
		}
	} else if !b.params(l) {
		return nil
	}
	if name == w.Name {
		b.owner[w.Name] = l
	}
	return b.add(l)
}

// params makes the parameters of a layer.
func (b *builder) params(l *Layer) bool {
	if l.Def.Params == nil {
		return true
	}
	node := l.Node
	if l.Def == TimeDistributed {
		node = inner(l).Node
	}
	if in := lastOf(l.InShape(0)); node.Has("units") && in > maxElements/max(1, node.Int("units")) && l.Pattern == nil {
		b.errs.Add("size", node.At("units"), fmt.Sprintf("layer %q", l.Name), "", "%d×%d weights are more than %d", in, node.Int("units"), maxElements)
		return false
	}
	for _, p := range l.Def.Params(l) {
		role, attrs := p.Name, p.Attrs
		p.Name, p.Pos = l.Name+"."+role, l.Pos
		if p.Pattern == nil && !b.fits(p.Shape, l.Pos, fmt.Sprintf("layer %q: its %s", l.Name, role)) {
			return false
		}
		if attrs.Initializer != "" {
			p.Init, _ = node.Node(attrs.Initializer)
		}
		if r, ok := node.Node(attrs.Regularizer); ok {
			p.L1, p.L2 = penalties(r)
		} else if r := b.net.Spec.Training.Regularizer; attrs.Inherits && r != nil {
			p.L1, p.L2 = penalties(*r)
		}
		if !b.initializer(l, p, role, node.At(attrs.Initializer)) {
			return false
		}
		l.Params = append(l.Params, p)
	}
	return true
}

// initializer checks that the initializer of a parameter has a meaning for it.
func (b *builder) initializer(l *Layer, p *ir.Param, role string, at spec.Pos) bool {
	if p.Init.Kind == "" {
		return true // of a Constant with values
	}
	check := InitializerByName(p.Init.Kind).Check
	if check == nil {
		return true
	}
	if problem := check(p, role); problem != "" {
		b.errs.Add("init", at, fmt.Sprintf("layer %q", l.Name), "", "%s", problem)
		return false
	}
	return true
}

// share gives a layer the parameters of another.
func (b *builder) share(w *spec.Layer, l *Layer) bool {
	from := b.owner[w.Share.Name]
	if from == nil {
		if !b.failed[w.Share.Name] { // else it is reported there, or a cycle, which package spec reports
			b.errs.Add("share-kind", w.Share.Pos, subject(w), "", "%q has no parameters to share", w.Share.Name)
		}
		return false
	}
	if l.Def == TiedDense && from.Def == Embedding {
		return b.tie(w, l, from)
	}
	if from.Def != l.Def || len(from.Params) == 0 {
		b.errs.Add("share-kind", w.Share.Pos, subject(w), "", "a %s cannot share the parameters of %q, a %s with %d of them", l.Def.Kind.Name, from.Name, from.Def.Kind.Name, len(from.Params))
		return false
	}
	own := l.Def.Params(l)
	for i, p := range own {
		if i >= len(from.Params) || !from.Params[i].Shape.Equal(p.Shape) {
			b.errs.Add("share-shape", w.Share.Pos, subject(w), "", "its %s would be %s, but that of %q is %s", p.Name, p.Shape, from.Name, from.Params[min(i, len(from.Params)-1)].Shape)
			return false
		}
	}
	if len(own) != len(from.Params) {
		b.errs.Add("share-shape", w.Share.Pos, subject(w), "", "it would have %d parameters, but %q has %d", len(own), from.Name, len(from.Params))
		return false
	}
	l.Params, l.Pattern = from.Params, from.Pattern
	return true
}

// tie gives a layer the table of an embedding, and a bias of its own.
func (b *builder) tie(w *spec.Layer, l, from *Layer) bool {
	table, own := from.Params[0], l.Def.Params(l)[0]
	switch {
	case l.Pattern != nil:
		b.errs.Add("share-kind", w.Share.Pos, subject(w), "leave out sparsity", "it has a mask, but %q, whose table it shares, has none", from.Name)
		return false
	case !table.Shape.Equal(own.Shape):
		b.errs.Add("share-shape", w.Share.Pos, subject(w), fmt.Sprintf("put a dense layer of %d units before it", table.Shape[1]),
			"it would have a row of %d weights for each of %d units, but the table of %q is %s", own.Shape[1], own.Shape[0], from.Name, table.Shape)
		return false
	case !b.params(l):
		return false
	}
	l.Params[0] = table
	return true
}

// sparsity reads or draws the connections of a layer.
func (b *builder) sparsity(w *spec.Layer, l *Layer) bool {
	n, ok := l.Node.Node("sparsity")
	if !ok {
		return true
	}
	in, out := lastOf(l.InShape(0)), lastOf(l.Shape)
	fail := func(format string, args ...any) bool {
		b.errs.Add("sparsity", n.Pos, subject(w), "", format, args...)
		return false
	}
	switch n.Kind {
	case "density":
		total := in * out
		if total > 1<<28 {
			return fail("%d×%d connections are too many to choose from", in, out)
		}
		keep := max(1, int(n.Float("density")*float64(total)+0.5))
		all := make([]int, total)
		for i := range all {
			all[i] = i
		}
		key := func(i int) uint32 { return Word(uint64(n.Int("seed")), SparseStream, 0, i) }
		sort.Slice(all, func(i, j int) bool {
			if a, b := key(all[i]), key(all[j]); a != b {
				return a < b
			}
			return all[i] < all[j]
		})
		for _, i := range all[:keep] {
			l.Pattern = append(l.Pattern, [2]int{i % in, i / in})
		}
	case "pairs":
		for _, p := range n.Pairs("pairs") {
			if p[0] < 0 || p[0] >= in || p[1] < 0 || p[1] >= out {
				return fail("the connection %v is outside %d inputs and %d units", p, in, out)
			}
			l.Pattern = append(l.Pattern, p)
		}
	case "mask":
		if err := l.readMask(b.files, n.Word("file"), in, out); err != nil {
			return fail("%v", err)
		}
	}
	slices.SortFunc(l.Pattern, func(a, b [2]int) int {
		if a[1] != b[1] {
			return a[1] - b[1]
		}
		return a[0] - b[0]
	})
	for i := 1; i < len(l.Pattern); i++ {
		if l.Pattern[i] == l.Pattern[i-1] {
			return fail("the connection %v is listed twice", l.Pattern[i])
		}
	}
	if len(l.Pattern) == 0 {
		return fail("no connection is left")
	}
	return true
}

// readMask reads a CSV file of 0 and 1 with a row for each input and a column for each unit.
func (l *Layer) readMask(files fs.FS, name string, in, out int) error {
	if files == nil {
		return fmt.Errorf("no folder to read %s from", name)
	}
	f, err := files.Open(path.Clean(name))
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(rows) != in {
		return fmt.Errorf("%s has %d rows, but there are %d inputs", name, len(rows), in)
	}
	for i, row := range rows {
		if len(row) != out {
			return fmt.Errorf("%s:%d has %d columns, but there are %d units", name, i+1, len(row), out)
		}
		for j, v := range row {
			switch strings.TrimSpace(v) {
			case "0":
			case "1":
				l.Pattern = append(l.Pattern, [2]int{i, j})
			default:
				return fmt.Errorf("%s:%d: column %d is %q, want 0 or 1", name, i+1, j+1, v)
			}
		}
	}
	return nil
}

// finish drops what no output needs, numbers the parameters and settles their initialisers.
func (b *builder) finish() {
	net, s := b.net, b.net.Spec
	if len(net.Outputs) == 0 {
		pos := s.NamePos
		if n := len(s.Layers); n > 0 {
			pos = s.Layers[n-1].Pos
		}
		b.errs.Add("no-output", pos, "layers", "end the list with - output", "no layer is an output")
		return
	}
	needed := map[*Layer]bool{}
	var mark func(l *Layer)
	mark = func(l *Layer) {
		if needed[l] {
			return
		}
		needed[l] = true
		for _, in := range l.In {
			mark(in)
		}
		if l.StateOf != nil {
			mark(l.StateOf)
		}
	}
	for _, o := range net.Outputs {
		mark(o.Layer)
		mark(o.Scores)
	}
	for i := range s.Layers {
		w := &s.Layers[i]
		if l := b.done[w.Name]; !needed[l] {
			b.errs.Warn("unused-layer", w.Pos, subject(w), "", "no output depends on it: it is not computed")
		}
	}
	for _, l := range net.Inputs {
		if !needed[l] {
			b.errs.Warn("unused-input", l.Pos, fmt.Sprintf("input %q", l.Name), "", "no output depends on it")
			needed[l] = true
		}
	}
	net.Layers = slices.DeleteFunc(net.Layers, func(l *Layer) bool { return !needed[l] })
	seen := map[*ir.Param]bool{}
	total := int64(0)
	for i, l := range net.Layers {
		l.Index, l.Stream = i, DropStream+uint32(i)
		for _, p := range l.Params {
			if seen[p] {
				continue
			}
			seen[p] = true
			p.Stream = InitStream + uint32(len(net.Params))
			if p.Init.Kind == "auto" {
				p.Init = automatic(net, l)
			}
			net.Params = append(net.Params, p)
			if p.Role == ir.Trained {
				total += int64(p.Size())
			}
		}
	}
	if limit := s.Limits.Params; limit > 0 && total > limit {
		b.errs.Add("limit", s.Limits.ParamsPos, "limits", "", "the network has %d parameters, the limit is %d", total, limit)
	}
}

// training checks what the training section and the schedule say against the network and the data.
func (b *builder) training() {
	s := b.net.Spec
	if n := s.Schedule; n != nil {
		if check := ScheduleByName(n.Kind).Check; check != nil {
			if attr, problem := check(*n); problem != "" {
				b.errs.Add("schedule", n.At(attr), n.Kind, "", "%s", problem)
			}
		}
		if n.Has("monitor") {
			b.monitor(n.Kind, n.At("monitor"), n.Word("monitor"))
		}
	}
	if e := s.Training.EarlyStopping; e != nil {
		b.monitor("early_stopping", e.Pos, e.Monitor)
	}
	var known []string
	for _, o := range b.net.Outputs {
		for _, m := range metricsOf[o.Task] {
			if !slices.Contains(known, m) {
				known = append(known, m)
			}
		}
	}
	for _, m := range s.Training.Metrics {
		if len(known) > 0 && !slices.Contains(known, m) && m != "confusion_matrix" {
			b.errs.Add("metric", s.Training.MetricsPos, "metrics", "there are "+strings.Join(known, ", "), "no output has a metric %q", m)
		}
	}
}

// monitor checks that a metric which steers the training is measured in it.
func (b *builder) monitor(subject string, at spec.Pos, monitor string) {
	s := b.net.Spec
	metric, validated := strings.CutPrefix(monitor, "val_")
	switch {
	case metric != "loss" && len(b.net.Outputs) > 1:
		b.errs.Add("metric", at, subject, "write monitor: loss, or val_loss", "only the loss of a network with several outputs can be monitored, not %q", metric)
	case metric != "loss" && len(b.net.Outputs) == 1 && !slices.Contains(metricsOf[b.net.Outputs[0].Task], metric):
		o := b.net.Outputs[0]
		b.errs.Add("metric", at, subject, fmt.Sprintf("for %s there are loss, %s", o.Task, strings.Join(metricsOf[o.Task], ", ")), "a %s output has no metric %q", o.Task, metric)
	case validated && s.Data != nil && s.Data.Validation == nil && s.Training.ValidationSplit == 0:
		b.errs.Add("metric", at, subject, "write monitor: loss, or set training.validation_split, or data.validation", "it monitors %s, but there is no validation set", monitor)
	}
}

// metricsOf lists the metrics of each task beside the loss: see fit.Measure.
var metricsOf = map[string][]string{
	"regression": {"mse", "rmse", "mae", "r2"},
	"binary":     {"accuracy", "precision", "recall", "f1", "roc_auc"},
	"multiclass": {"accuracy", "top_2", "top_3", "top_5", "precision", "recall", "f1"},
}

// automatic returns the initializer that suits the activation after a layer: He's for rectifiers,
// LeCun's for selu, Glorot's for all others (Glorot and Bengio 2010; He et al. 2015; Klambauer et al.
// 2017).
func automatic(net *Net, l *Layer) spec.Node {
	n := spec.Node{Kind: "glorot_uniform", Attrs: []spec.Value{{Name: "gain", V: 1.0}}}
	if d := after(net, l); d != nil && d.Initializer != "" {
		n.Kind = d.Initializer
	}
	return n
}

// after returns the first activation behind a layer; nil if there is none.
func after(net *Net, l *Layer) *Def {
	for _, r := range net.Layers {
		if !slices.Contains(r.In, l) {
			continue
		}
		switch {
		case r.Def.Activation:
			return r.Def
		case r.Def.Through, r.Def == TimeDistributed && inner(r).Def.Through:
			return after(net, r)
		}
	}
	return nil
}

// classNames returns the labels of k classes.
func (b *builder) classNames(k int) []string {
	if names := b.net.Spec.Classes.Names; len(names) == k {
		return names
	}
	names := make([]string, k)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}
