package data

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/rng"
	"github.com/nngen/nngen/spec"
)

// Sets are the examples of a training.
type Sets struct {
	Train, Validation, Test fit.Set
	Held                    fit.Set // the fold that Options.Fold holds out
	Skipped                 BadRows
	Empty                   int // of Skipped, rows of a series without a value
	// Fitted is what columns took from the training rows.
	Fitted net.Fitted
	// Cadence is how the training rows of a series follow each other; nil without an index.
	Cadence *Cadence
	// Reading is what was read as inputs and targets; nil where that says nothing: see net.ReadingOf.
	Reading *net.Reading
	// Remarks say what is likely not meant, such as labels that are all the same.
	Remarks []string
	// ValidationRemarks and TestRemarks are those on the rows of files of their own, which Remarks has too.
	ValidationRemarks, TestRemarks []string
	// Findings are those of audit.
	Findings []Finding
}

// Load reads what the data section of a spec names, and splits it by the seed: the test set first,
// then the validation set. The same seed gives the same sets. Of a series they are the last windows.
func Load(s *spec.Spec, base string, network *net.Net, seed uint64, o Options) (*Sets, error) {
	if s.Data == nil || s.Data.Train == nil {
		return nil, fmt.Errorf("%s: the spec has no data: write data: {train: {csv: …}}", s.File)
	}
	l := &loading{spec: s, base: base, net: network, seed: seed, o: o, sets: &Sets{}}
	if s.Data.Target == "input" {
		if err := restorable(network); err != nil {
			return nil, err
		}
		l.o.Unlabeled = true
	}
	if o.Fitted == nil {
		l.fits = newFittings(network)
	}
	l.names()
	if err := l.files(); err != nil {
		return nil, err
	}
	if err := l.split(); err != nil {
		return nil, err
	}
	if err := l.fit(); err != nil {
		return nil, err
	}
	l.judge()
	return l.sets, nil
}

// restorable is an error unless the output of a network can be its input.
func restorable(network *net.Net) error {
	a, b := network.Inputs[0].Shape.Size(), network.Outputs[0].Layer.Shape.Size()
	single := len(network.Inputs) == 1 && len(network.Outputs) == 1
	if single && a == b {
		return nil
	}
	hint := ""
	if single {
		hint = fmt.Sprintf("; write units: %d in the output", a)
	}
	return fmt.Errorf("data: target: input is for one input and one output of the same size, but input %q "+
		"has %d numbers and output %q %d%s", network.Inputs[0].Name, a, network.Outputs[0].Name, b, hint)
}

// loading is what Load has come to.
type loading struct {
	spec *spec.Spec
	base string
	net  *net.Net
	seed uint64
	o    Options

	sets    *Sets
	groups  []int32 // of the training set; nil if its examples have none
	fits    fittings
	known   Header // the names of columns in the training data
	like    Header // what else the training data settles for other sources
	remarks []string
	sums    []Finding
}

// names finds the names of columns, and what they are read as.
func (l *loading) names() {
	train := l.spec.Data.Train
	l.known = headerOf(train, l.base, l.net)
	if l.sets.Reading = l.net.Reading; l.sets.Reading == nil {
		names := net.Names{Label: l.known.Label, Features: l.known.Features, Placed: l.known.Placed, Bare: l.known.Bare}
		l.sets.Reading = net.ReadingOf(l.spec, names, placesOf(train, l.base, l.net))
	}
	if l.net.Reading != nil {
		l.o.Like = asKnown(l.known, train, l.base, l.net)
	}
}

// files reads the files of all sets.
func (l *loading) files() (err error) {
	d := l.spec.Data
	if l.sets.Train, l.groups, err = l.source(d.Train); err != nil {
		return err
	}
	if l.sets.Validation, _, err = l.source(d.Validation); err != nil {
		return err
	}
	l.sets.Test, _, err = l.source(d.Test)
	return err
}

// source reads the examples of a source, none of nil, and the group of each.
func (l *loading) source(src *spec.Source) (fit.Set, []int32, error) {
	if src == nil {
		return fit.Set{}, nil, nil
	}
	train := l.spec.Data.Train
	r := &reader{src: src, base: l.base, net: l.net, o: l.o, fits: l.fits}
	if src != train {
		r.o.Groups = ""
		r.o.Like = l.like
		r.o.Like.Label, r.o.Like.Features = namesFor(src, train, asKnown(l.known, src, l.base, l.net))
		r.o.Like.Placed, r.o.Like.Bare = l.known.Placed, l.known.Bare
	}
	set, groups, err := r.read()
	err = l.explain(src, err)
	if src == train {
		l.like = Header{Units: r.units, Below: r.below, Comma: r.comma, Dates: r.dates, Cadence: r.cadence}
		if l.spec.Data.Validation != nil || l.spec.Data.Test != nil {
			of := HeaderAndUnitsOf(src, l.base, l.net)
			l.like.Delimiter, l.like.Numbers = of.Delimiter, of.Numbers
		}
		l.sets.Cadence = r.cadence
	}
	l.sets.Skipped = append(l.sets.Skipped, r.bad...)
	l.sets.Empty += r.empty
	if r.total != nil {
		l.sums = append(l.sums, *r.total)
	}
	l.say(src, r.remarks())
	return set, groups, err
}

// explain returns an error of reading a source with what else is not there: other files of the data, other columns.
func (l *loading) explain(src *spec.Source, err error) error {
	if not := (*fs.PathError)(nil); errors.As(err, &not) && !l.o.Scaffold {
		list := net.Absent(l.spec, l.base)
		if !slices.ContainsFunc(list, func(e *spec.Error) bool { return e.Pos == src.Pos }) {
			net.Unopened(&list, src, l.base, not)
		}
		err = list.Err()
	}
	if none := (absent)(nil); errors.As(err, &none) && src == l.spec.Data.Train {
		err = none.and(Unfound(l.spec, spec.Faults{}, l.base))
	}
	return err
}

// say keeps the remarks on a source; those on another than the training data name its file.
func (l *loading) say(src *spec.Source, remarks []string) {
	if src != l.spec.Data.Train {
		for i, text := range remarks {
			if !strings.Contains(text, src.Path) {
				remarks[i] = src.Path + ": " + text
			}
		}
	}
	switch src {
	case l.spec.Data.Validation:
		l.sets.ValidationRemarks = remarks
	case l.spec.Data.Test:
		l.sets.TestRemarks = remarks
	}
	l.remarks = append(l.remarks, remarks...)
}

// split holds out what the spec and the options want held out of the training set, of which something must be left.
func (l *loading) split() (err error) {
	d, sets, reaching := l.spec.Data, l.sets, 0
	hold := func(share float64, step uint64) (out fit.Set) {
		whole := sets.Train
		switch {
		case d.Train.Series != nil:
			sets.Train, out = tail(whole, share, sharing(d.Train.Series))
			reaching += whole.N - sets.Train.N - out.N
		case l.groups != nil:
			sets.Train, out, l.groups = splitGroups(whole, l.groups, share, l.seed, step)
		default:
			sets.Train, out = split(whole, share, l.net, d.Stratify, l.seed, step)
		}
		free(whole)
		return out
	}
	if d.Test == nil && d.TestSplit > 0 {
		sets.Test = hold(d.TestSplit, 0)
	}
	if l.o.Fold != nil {
		whole := sets.Train
		sets.Train, sets.Held, l.groups, err = l.o.Fold.split(whole, l.groups, d.Train, l.net, l.seed)
		if err != nil {
			return err
		}
		free(whole)
	}
	if share := l.spec.Training.ValidationSplit; d.Validation == nil && share > 0 {
		sets.Validation = hold(share, 1)
	}
	if reaching > 0 {
		l.remarks = append(l.remarks,
			fmt.Sprintf("%s left out before those held out for validation or testing: their labels reach into those",
				spec.Count(reaching, "window")))
	}
	if sets.Train.N == 0 {
		return fmt.Errorf("%s: no training examples are left after the splits", d.Train.Path)
	}
	return nil
}

// fit takes from the training rows what columns are filled and scaled with, and applies it to all sets.
func (l *loading) fit() error {
	s, sets := l.spec, l.sets
	if sets.Fitted = l.o.Fitted; l.fits != nil {
		format := net.Format(s)
		sets.Fitted = l.fits.fit(sets.Train, format)
		for _, set := range []fit.Set{sets.Train, sets.Validation, sets.Test, sets.Held} {
			if err := l.fits.fill(set, sets.Fitted, format); err != nil {
				return err
			}
		}
		if s.Data.Train.Format == "csv" && s.Data.Train.Series == nil {
			fix(l.net, sets.Fitted, l.o.Before, sets.Train, sets.Validation, sets.Test, sets.Held)
		}
	}
	if s.Data.Target == "input" {
		constants := Constants(l.net, fit.Set{N: sets.Train.N, X: sets.Train.X})
		TargetInputs(l.net, constants, &sets.Train, &sets.Validation, &sets.Test, &sets.Held)
	}
	return nil
}

// judge says what of the sets is likely not meant.
func (l *loading) judge() {
	l.sets.Remarks = append(l.remarks, remarks(l.spec, l.net, l.sets, l.o.Trained)...)
	l.sets.Findings = append(l.sums, audit(l.spec, l.base, l.net, l.sets)...)
	for _, found := range l.sets.Findings {
		if !found.Minor {
			l.sets.Remarks = append(l.sets.Remarks, found.Text)
		}
	}
}

// namesFor returns those of the names that the training data has for labels and features which another source of data
// takes too: it says nothing else of them.
func namesFor(src, train *spec.Source, names Header) (label, features []string) {
	series := func(s *spec.Source) []string {
		if s.Series == nil {
			return nil
		}
		return s.Series.Columns
	}
	if !slices.Equal(series(src), series(train)) {
		return nil, nil
	}
	if src.Label == nil || slices.Equal(src.Label, train.Label) {
		label = names.Label
	}
	if src.Features == nil || slices.Equal(src.Features, train.Features) {
		features = names.Features
	}
	return label, features
}

// asKnown returns the names by which the columns of a source are found, if its header does not have them where they are
// known from; else it is empty.
func asKnown(known Header, src *spec.Source, base string, network *net.Net) Header {
	now := headerNow(src, base, network)
	if now.Label == nil && now.Features == nil || slices.Equal(now.Label, known.Label) &&
		(known.Features == nil || slices.Equal(now.Features, known.Features)) {
		return Header{Placed: known.Placed, Bare: known.Bare}
	}
	return known
}

// remarks says what was decided about the rows of the source.
func (r *reader) remarks() (list []string) {
	say := func(n int, format string, args ...any) {
		if n > 0 {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	say(r.unlabeled, "%s without a label left out of %s", spec.Count(r.unlabeled, "row"), r.src.Path)
	say(r.filled, "%s put into gaps of %s, on the line between their neighbours", spec.Count(r.filled, "row"), r.src.Path)
	say(r.replaced, "%s of %s with a missing value filled, on the line between their neighbours",
		spec.Count(r.replaced, "row"), r.src.Path)
	say(r.dropped, "%s of %s with a missing value left out: there is no row before or behind to fill them from",
		spec.Count(r.dropped, "row"), r.src.Path)
	say(r.invented, "%s of %s left out: a label, or the last step, is of a row that was filled",
		spec.Count(r.invented, "window"), r.src.Path)
	if n := r.src.Series; r.o.Other && n != nil && n.Index != "" && r.o.Like.Cadence == nil {
		say(1, "how far apart the training rows were is not known: those of %s are taken as they come", r.src.Path)
	}
	say(r.comments, "%s of %s left out: comments, by the # before them", spec.Count(r.comments, "line"), r.src.Path)
	say(r.repeated, "%s of %s left out: the header again", spec.Count(r.repeated, "row"), r.src.Path)
	say(r.blank, "%s of %s left out, the first in line %d: an empty field is \"\"", spec.Count(r.blank, "blank line"),
		r.src.Path, r.firstBlank)
	say(len(r.unsure), "%s", r.unsure)
	say(len(r.moved), "%s", r.moved)
	say(len(r.unnamed), "%s", r.unnamed)
	say(len(r.saysByPlace()), "%s", r.saysByPlace())
	if r.counted != "" {
		say(1,
			"the first row of %s, %s, is taken for names, as it counts the columns; if it is an example, write data: {train: "+
				"{csv: …, header: false}}",
			r.src.Path, r.counted)
	}
	say(r.cut, "%s of %s longer than what the network reads of them: of those it reads the beginning alone",
		spec.Count(r.cut, "text"), r.src.Path)
	say(r.symbols.Some, "%s", r.symbols.of(r.src.Path))
	for i := range r.unknown {
		if text := r.unknown[i].String(); text != "" {
			list = append(list, text)
		}
	}
	for i := range r.unseen {
		list = append(list, r.unseen[i].String())
	}
	say(r.folded.N, "%s of %s taken for classes that differ from them in case alone%s",
		spec.Count(r.folded.N, "label"), r.src.Path, &r.folded)
	return append(list, r.pictureRemarks()...)
}

// TargetInputs makes the targets of sets their inputs, preprocessed by constants as Constants gives them, with their
// channels last, as outputs have them.
func TargetInputs(network *net.Net, constants map[string][]float32, sets ...*fit.Set) {
	for _, set := range sets {
		if set.N == 0 {
			continue
		}
		y := slices.Clone(set.X[0])
		for _, l := range net.Preprocessing(network, network.Inputs[0]) {
			center, scale := constants[l.Params[0].Name], constants[l.Params[1].Name]
			for i := range y {
				d := y[i] - center[i%len(center)]
				y[i] = d * scale[i%len(scale)]
			}
		}
		if in := network.Spec.Inputs[0]; in.Layout == spec.ChannelsFirst {
			(&array{shape: append([]int{set.N}, in.Shape...), data: y}).turn(in.Shape[0])
		}
		set.Y = [][]float32{y}
	}
}

// tail holds out the last share of a series: a window drawn from among others would have labels of theirs among its
// steps, and be easy to forecast. Nor are windows trained on whose labels reach into those of that share.
func tail(s fit.Set, share float64, reach int) (rest, out fit.Set) {
	rows := make([]int32, s.N)
	for i := range rows {
		rows[i] = int32(i)
	}
	at := s.N - int(math.Round(share*float64(s.N)))
	return Pick(s, before(rows[:at], rows[at:], reach)), Pick(s, rows[at:])
}

// before returns the windows of a series before those that are held out, without those whose labels reach into theirs:
// what is tested would have been trained on.
func before(rest, out []int32, reach int) []int32 {
	if len(out) == 0 {
		return rest
	}
	return rest[:max(0, len(rest)-reach)]
}

// sharing returns how many windows behind one have labels that are its own too.
func sharing(s *spec.Series) int { return (max(1, s.Steps) - 1) / max(1, s.SequenceStride) }

// splitGroups holds out a share of the groups of a set after one shuffle: parts of one text are all trained on, or none
// is. It returns the groups of the rest.
func splitGroups(s fit.Set, groups []int32, share float64, seed uint64, step uint64) (rest, out fit.Set, left []int32) {
	names := slices.Compact(slices.Sorted(slices.Values(groups)))
	rng.Perm(names, seed, net.SplitStream, step)
	held := map[int32]bool{}
	for _, g := range names[:int(math.Round(share*float64(len(names))))] {
		held[g] = true
	}
	var a, b []int32
	for i, g := range groups {
		if held[g] {
			b = append(b, int32(i))
		} else {
			a, left = append(a, int32(i)), append(left, g)
		}
	}
	return Pick(s, a), Pick(s, b), left
}

// split holds out a share of a set after one shuffle; stratified, each class keeps its share.
func split(s fit.Set, share float64, network *net.Net, stratify bool, seed uint64, step uint64) (rest, out fit.Set) {
	order := make([]int32, s.N)
	for i := range order {
		order[i] = int32(i)
	}
	rng.Perm(order, seed, net.SplitStream, step)
	groups := map[int][]int32{}
	var keys []int
	for _, i := range order {
		k := 0
		if at := slices.IndexFunc(network.Outputs, (*net.Output).Stratified); stratify && at >= 0 {
			k = classOf(network.Outputs[at], s.Y[at], int(i))
		}
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], i)
	}
	held := make([]bool, s.N)
	for _, k := range keys {
		for _, i := range groups[k][:int(math.Round(share*float64(len(groups[k]))))] {
			held[i] = true
		}
	}
	var a, b []int32
	for _, i := range order {
		if held[i] {
			b = append(b, i)
		} else {
			a = append(a, i)
		}
	}
	return Pick(s, a), Pick(s, b)
}

// classOf returns the class of row i of the targets of an output.
func classOf(o *net.Output, y []float32, i int) int {
	row := y[i*o.Width():][:o.Width()]
	if o.Task == "binary" {
		return int(row[0])
	}
	for k, v := range row {
		if v == 1 {
			return k
		}
	}
	return 0
}

// Constants fits the constants of preprocessing to a training set: by name of the parameter, what the
// generated Weights hold. A feature that does not vary gets the scale 1.
func Constants(network *net.Net, train fit.Set) map[string][]float32 {
	out := map[string][]float32{}
	for i, in := range network.Inputs {
		var before []fit.Affine
		for _, l := range net.Preprocessing(network, in) {
			center, scale := l.Params[0], l.Params[1]
			a := fit.Affine{Center: make([]float32, center.Size()), Scale: make([]float32, scale.Size())}
			switch l.Def {
			case op.Standardize:
				a.Standardize(train.X[i], before...)
			case op.MinMax:
				a.MinMax(train.X[i], l.Node.Float("min"), l.Node.Float("max"), before...)
			default:
				for j := range a.Center {
					a.Center[j], a.Scale[j] = float32(center.Values[j]), float32(scale.Values[j])
				}
			}
			out[center.Name], out[scale.Name] = a.Center, a.Scale
			before = append(before, a)
		}
	}
	for i, o := range network.Outputs {
		if o.Targets == nil || train.Y == nil {
			continue
		}
		var constants [4][]float32
		for j, p := range o.Targets.Params {
			constants[j] = make([]float32, p.Size())
			out[p.Name] = constants[j]
		}
		back, targets := fit.Affine{Center: constants[0], Scale: constants[1]},
			fit.Affine{Center: constants[2], Scale: constants[3]}
		switch o.Scaling {
		case "min_max":
			back.RangeTargets(targets, train.Y[i])
		case "log":
			back.LogTargets(targets, train.Y[i])
		default:
			back.Targets(targets, train.Y[i])
		}
	}
	return out
}
