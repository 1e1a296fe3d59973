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
	sets := &Sets{}
	var left []string
	var sums []Finding
	var fits fittings
	var like Header // of the training set
	if o.Fitted == nil {
		fits = newFittings(network)
	}
	if s.Data.Target == "input" {
		if a, b := network.Inputs[0].Shape.Size(), network.Outputs[0].Layer.Shape.Size(); len(network.Inputs) != 1 ||
			len(network.Outputs) != 1 || a != b {
			hint := ""
			if len(network.Inputs) == 1 && len(network.Outputs) == 1 {
				hint = fmt.Sprintf("; write units: %d in the output", a)
			}
			return nil, fmt.Errorf("data: target: input is for one input and one output of the same size, but input %q "+
				"has %d numbers and output %q %d%s", network.Inputs[0].Name, a, network.Outputs[0].Name, b, hint)
		}
		o.Unlabeled = true
	}
	known := headerOf(s.Data.Train, base, network)
	if sets.Reading = network.Reading; sets.Reading == nil {
		sets.Reading = net.ReadingOf(s, net.Names{Label: known.Label, Features: known.Features, Placed: known.Placed, Bare: known.Bare},
			placesOf(s.Data.Train, base, network))
	}
	if network.Reading != nil {
		o.Like = asKnown(known, s.Data.Train, base, network)
	}
	load := func(src *spec.Source) (fit.Set, []int32, error) {
		if src == nil {
			return fit.Set{}, nil, nil
		}
		r := &reader{src: src, base: base, net: network, o: o, fits: fits}
		if src != s.Data.Train {
			r.o.Groups = ""
			r.o.Like = like
			r.o.Like.Label, r.o.Like.Features = namesFor(src, s.Data.Train, asKnown(known, src, base, network))
			r.o.Like.Placed, r.o.Like.Bare = known.Placed, known.Bare
		}
		set, groups, err := r.read()
		if not := (*fs.PathError)(nil); errors.As(err, &not) && !o.Scaffold {
			list := net.Absent(s, base)
			if !slices.ContainsFunc(list, func(e *spec.Error) bool { return e.Pos == src.Pos }) {
				net.Unopened(&list, src, base, not)
			}
			err = list.Err()
		}
		if none := (absent)(nil); errors.As(err, &none) && src == s.Data.Train {
			err = none.and(Unfound(s, spec.Faults{}, base))
		}
		if src == s.Data.Train {
			like = Header{Units: r.units, Below: r.below, Comma: r.comma, Dates: r.dates, Cadence: r.cadence}
			if s.Data.Validation != nil || s.Data.Test != nil {
				of := HeaderAndUnitsOf(src, base, network)
				like.Delimiter, like.Numbers = of.Delimiter, of.Numbers
			}
			sets.Cadence = r.cadence
		}
		sets.Skipped = append(sets.Skipped, r.bad...)
		sets.Empty += r.empty
		if r.total != nil {
			sums = append(sums, *r.total)
		}
		said := r.remarks()
		if src != s.Data.Train { // of which it is said where it is not
			for i, text := range said {
				if !strings.Contains(text, src.Path) {
					said[i] = src.Path + ": " + text
				}
			}
		}
		switch src {
		case s.Data.Validation:
			sets.ValidationRemarks = said
		case s.Data.Test:
			sets.TestRemarks = said
		}
		left = append(left, said...)
		return set, groups, err
	}
	var groups []int32
	var err error
	if sets.Train, groups, err = load(s.Data.Train); err != nil {
		return nil, err
	}
	if sets.Validation, _, err = load(s.Data.Validation); err != nil {
		return nil, err
	}
	if sets.Test, _, err = load(s.Data.Test); err != nil {
		return nil, err
	}
	reaching := 0
	hold := func(share float64, step uint64) (rest, out fit.Set) {
		switch {
		case s.Data.Train.Series != nil:
			rest, out = tail(sets.Train, share, sharing(s.Data.Train.Series))
			reaching += sets.Train.N - rest.N - out.N
			return rest, out
		case groups != nil:
			rest, out, groups = splitGroups(sets.Train, groups, share, seed, step)
			return rest, out
		}
		return split(sets.Train, share, network, s.Data.Stratify, seed, step)
	}
	if s.Data.Test == nil && s.Data.TestSplit > 0 {
		whole := sets.Train
		sets.Train, sets.Test = hold(s.Data.TestSplit, 0)
		free(whole)
	}
	if o.Fold != nil {
		whole := sets.Train
		if sets.Train, sets.Held, groups, err = o.Fold.split(whole, groups, s.Data.Train, network, seed); err != nil {
			return nil, err
		}
		free(whole)
	}
	if s.Data.Validation == nil && s.Training.ValidationSplit > 0 {
		whole := sets.Train
		sets.Train, sets.Validation = hold(s.Training.ValidationSplit, 1)
		free(whole)
	}
	if reaching > 0 {
		left = append(left,
			fmt.Sprintf("%s left out before those held out for validation or testing: their labels reach into those",
				spec.Count(reaching, "window")))
	}
	if sets.Train.N == 0 {
		return nil, fmt.Errorf("%s: no training examples are left after the splits", s.Data.Train.Path)
	}
	if sets.Fitted = o.Fitted; fits != nil {
		format := net.Format(s)
		sets.Fitted = fits.fit(sets.Train, format)
		for _, set := range []fit.Set{sets.Train, sets.Validation, sets.Test, sets.Held} {
			if err := fits.fill(set, sets.Fitted, format); err != nil {
				return nil, err
			}
		}
		if s.Data.Train.Format == "csv" && s.Data.Train.Series == nil {
			fix(network, sets.Fitted, o.Before, sets.Train, sets.Validation, sets.Test, sets.Held)
		}
	}
	if s.Data.Target == "input" {
		constants := Constants(network, fit.Set{N: sets.Train.N, X: sets.Train.X})
		TargetInputs(network, constants, &sets.Train, &sets.Validation, &sets.Test, &sets.Held)
	}
	sets.Remarks = append(left, remarks(s, network, sets, o.Trained)...)
	sets.Findings = append(sums, audit(s, base, network, sets)...)
	for _, found := range sets.Findings {
		if !found.Minor {
			sets.Remarks = append(sets.Remarks, found.Text)
		}
	}
	return sets, nil
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
