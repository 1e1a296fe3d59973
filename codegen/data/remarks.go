package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// few is the number of training examples, that of the truth table of two inputs, below which a set is hardly
// all that it was meant to be.
const few = 4

// remarks returns what is likely not meant about the sets of a spec.
func remarks(s *spec.Spec, network *net.Net, sets *Sets, trained bool) []string {
	var list []string
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	all := sets.Train.N + sets.Validation.N + sets.Test.N
	if s.Data.TestSplit > 0 && sets.Test.N == 0 {
		say("test_split: %g of %s holds out none: nothing is tested", s.Data.TestSplit, spec.Count(all, "example"))
	}
	if s.Training.ValidationSplit > 0 && sets.Validation.N == 0 {
		say("validation_split: %g of %s holds out none: nothing is validated", s.Training.ValidationSplit,
			spec.Count(all-sets.Test.N, "example"))
		if e := s.Training.EarlyStopping; e != nil && strings.HasPrefix(e.Monitor, "val_") {
			say("early_stopping monitors %s, which is not measured without validation examples: all epochs run", e.Monitor)
		}
		if n := s.Schedule; n != nil && n.Kind == "reduce_on_plateau" && strings.HasPrefix(n.Word("monitor"), "val_") {
			say("reduce_on_plateau monitors %s, which is not measured without validation examples: the rate stays",
				n.Word("monitor"))
		}
	}
	if sets.Train.N < few {
		say("there %s only %s to train on", are(sets.Train.N), spec.Count(sets.Train.N, "example"))
	}
	list = append(list, batchesOfOne(s.Training.BatchSize, sets.Train.N, network)...)
	for _, o := range network.Outputs {
		if l := softmaxBefore(o); l != nil {
			say("output %q: layer %q is a softmax already, and a second one makes the classes nearly alike; leave it out",
				o.Name, l.Name)
		}
		for _, name := range s.Training.Metrics {
			if k, err := strconv.Atoi(strings.TrimPrefix(name, "top_")); err == nil &&
				o.Task == "multiclass" && k >= len(o.Classes) {
				say("output %q: %s is always right where there are %d classes", o.Name, name, len(o.Classes))
			}
		}
	}
	for i, o := range network.Outputs {
		if text := beyond(o, sets.Train.N, sets.Train.Y[i]); text != "" {
			list = append(list, text)
		} else if most := largest(sets.Train.Y[i]); !trained && o.Task == "regression" && o.Targets == nil &&
			!o.Loss.Positive && most > farTarget {
			say("output %q: targets reach %.3g, far from what a network gives at first; write output: {standardize: true}",
				o.Name, most)
		}
		if o.Steps() == 1 {
			list = append(list, targets(o, sets.Train.N, sets.Train.Y[i])...)
		}
	}
	return list
}

// softmaxBefore returns the softmax that the scores of a softmax output come from, as they are or by the output's dense
// layer; nil if there is none.
func softmaxBefore(o *net.Output) *op.Layer {
	softmax := func(l *op.Layer) bool { return l.Def.Kind.Name == "softmax" && len(l.In) == 1 }
	if !softmax(o.Layer) {
		return nil
	}
	l := o.Layer.In[0]
	if l == o.Temperature {
		l = l.In[0]
	}
	if l.Def == op.Dense && l.Name == o.Name {
		l = l.In[0]
	}
	if !softmax(l) {
		return nil
	}
	return l
}

// batchesOfOne remarks that a layer normalises each unit by the statistics of one number, of which nothing is left:
// those of images and steps have a batch of more. rows is the size of batches, 0 for all n examples.
func batchesOfOne(rows, n int, network *net.Net) []string {
	at := slices.IndexFunc(network.Layers, func(l *op.Layer) bool {
		return !l.Frozen && len(l.Shape) == 1 && slices.ContainsFunc(l.Params,
			func(p *ir.Param) bool { return p.Role == ir.Running })
	})
	if rows == 0 || rows > n {
		rows = n
	}
	if at < 0 || n == 0 || rows > 1 && n%rows != 1 {
		return nil
	}
	which := "each has"
	if rows > 1 {
		which = fmt.Sprintf("the last of an epoch (%d examples in batches of %d) has", n, rows)
	}
	l := network.Layers[at]
	return []string{fmt.Sprintf("layer %q: %s normalises over the examples of a batch, but %s a single one, so that "+
		"nothing is left of it; "+
		"choose another batch_size:", l.Name, l.Def.Kind.Name, which)}
}

// farTarget is a target that a network which begins with outputs near 1 comes to slowly: the gradient of a squared
// error grows with it, and Adam moves a weight by about the learning rate in each step.
const farTarget = 100

func largest(y []float32) float64 {
	most := 0.0
	for _, v := range y {
		most = max(most, math.Abs(float64(v)))
	}
	return most
}

// ranges are those of activations that are bounded.
var ranges = map[string][2]float64{
	"sigmoid": {0, 1}, "hard_sigmoid": {0, 1}, "softmax": {0, 1}, "tanh": {-1, 1}, "softsign": {-1, 1},
	"sin": {-1, 1}, "cos": {-1, 1}, "erf": {-1, 1}, "relu6": {0, 6},
	"relu": {0, math.Inf(1)}, "softplus": {0, math.Inf(1)},
}

// beyond says how many targets of a regression are outside of what the activation of the output gives, whatever is
// learned; "" if none is.
func beyond(o *net.Output, n int, y []float32) string {
	kind := o.Layer.Def.Kind.Name
	bounds, bounded := ranges[kind]
	if o.Task != "regression" || !bounded || n == 0 {
		return ""
	}
	outside := 0
	for row := range slices.Chunk(y, len(y)/n) {
		if slices.ContainsFunc(row, func(v float32) bool { return float64(v) < bounds[0] || float64(v) > bounds[1] }) {
			outside++
		}
	}
	if outside == 0 {
		return ""
	}
	what := fmt.Sprintf("from %g to %g", bounds[0], bounds[1])
	if math.IsInf(bounds[1], 1) {
		what = fmt.Sprintf("from %g on", bounds[0])
	}
	return fmt.Sprintf("output %q: the targets of %d of %s are outside of what %s gives, numbers %s; leave out the "+
		"activation, or write output: {standardize: min_max}",
		o.Name, outside, spec.Count(n, "training example"), kind, what)
}

// targets returns what is likely not meant about the targets of an output.
func targets(o *net.Output, n int, y []float32) []string {
	if n < 2 {
		return nil
	}
	width := len(y) / n
	counts := make([]int, len(o.Classes))
	varied := false
	for i := range n {
		row := y[i*width:][:width]
		varied = varied || !slices.Equal(row, y[:width])
		switch k := slices.Index(row, 1); {
		case o.Classes == nil:
		case o.Task == "binary" && width == 1 && (row[0] == 0 || row[0] == 1):
			counts[int(row[0])]++
		case o.Task == "multiclass" && k >= 0:
			counts[k]++
		default:
			return nil // shares of classes, or several labels at a time
		}
	}
	switch {
	case varied && o.Classes == nil && unscalable(y):
		return []string{fmt.Sprintf("output %q: %s; multiply the targets", o.Name, tooAlike(y))}
	case !varied && o.Classes == nil:
		text := fmt.Sprintf("output %q: all %d training examples have the same target%s, so there is nothing to learn",
			o.Name, n, Within(y[:width]))
		if Within(y[:width]) != "" {
			text += "; if they differ beyond, take a level away"
		}
		return []string{text}
	case !varied:
		return []string{fmt.Sprintf("output %q: all %d training examples are of the class %q, so there is nothing to "+
			"tell apart", o.Name, n, o.Classes[slices.Index(counts, n)])}
	}
	var missing []string
	for k, c := range counts {
		if c == 0 {
			missing = append(missing, fmt.Sprintf("%q", o.Classes[k]))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if len(missing) > shown {
		missing = append(missing[:shown], "…")
	}
	return []string{fmt.Sprintf("output %q: no training example is of the class %s", o.Name,
		strings.Join(missing, ", nor of "))}
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// unseen are the rows of a table that hold words of a column that have no number of their own, or what no training row
// has.
type unseen struct {
	Column string
	Known  int // words that have one
	Rows   int
	Words  []string // the first ones, with the line where each comes first
	Silent bool     // they change no prediction
	Of     string   // what the rows have that is no such word: see feature.unlike; "" for words
	Apart  bool     // some have letters apart from their marks: see decomposed
	seen   map[string]bool
}

// mostUnseen is how many words a remark shows.
const mostUnseen = 5

// addUnseen notes a field of a row; in says of what.
func (r *reader) addUnseen(in unseen, field string, line int) {
	field = strings.TrimSpace(field)
	i := slices.IndexFunc(r.unseen, func(u unseen) bool { return u.Column == in.Column && u.Of == in.Of })
	if i < 0 {
		in.seen = map[string]bool{}
		i, r.unseen = len(r.unseen), append(r.unseen, in)
	}
	u := &r.unseen[i]
	u.Apart = u.Apart || isDecomposed(field)
	if u.Rows++; len(u.Words) > mostUnseen || u.seen[field] {
		return
	}
	u.seen[strings.Clone(field)] = true
	if len(u.Words) == mostUnseen {
		u.Words = append(u.Words, "…")
		return
	}
	u.Words = append(u.Words, fmt.Sprintf("%q (line %d)", field, line))
}

// String is a remark.
func (u *unseen) String() string {
	if u.Of != "" {
		has := "has"
		if u.Rows > 1 {
			has = "have"
		}
		return fmt.Sprintf("%s %s in %s %s: %s; it counts for nothing", spec.Count(u.Rows, "row"), has, u.Column, u.Of,
			strings.Join(u.Words, ", "))
	}
	what := "holds a word"
	if u.Rows > 1 {
		what = "hold words"
	}
	counts := "they count as other"
	if u.Silent {
		counts = "they count for nothing, as no training row has such a word"
	}
	return fmt.Sprintf("%s %s of %s beyond the %d that it has a number for: %s; %s%s",
		spec.Count(u.Rows, "row"), what, u.Column, u.Known, strings.Join(u.Words, ", "), counts, decomposed(u.Apart))
}

// unknown counts what the texts of a column of a table hold that has no token of its own.
type unknown struct {
	Column, What   string // word or character
	Known          int    // of those that have one
	Texts, None    int    // that hold some, and that hold nothing else, or nothing at all
	Parts, Unknown int
	Examples       []string // the first ones, with the line where each comes first
	Left           bool     // whether they are left out, instead of having a token for all of them
	Apart          bool     // whether some have letters apart from their marks: see decomposed
	seen           map[string]bool
}

// addText notes the parts of a text that a network reads.
func (r *reader) addText(f *feature, column, text string, line int) {
	if text != "" && f.reader.Kind() == "bytes" {
		return
	}
	i := slices.IndexFunc(r.unknown, func(u unknown) bool { return u.Column == column })
	if i < 0 {
		i, r.unknown = len(r.unknown),
			append(r.unknown, unknown{Column: column, What: strings.TrimSuffix(f.reader.Kind(), "s"),
				Known: f.reader.Known(), Left: f.reader.LeavesOut(), seen: map[string]bool{}})
	}
	u := &r.unknown[i]
	parts, unknown := 0, 0
	f.reader.Each(text, func(part string) bool {
		if parts == f.steps {
			return false
		}
		if parts++; f.reader.Knows(part) {
			return true
		}
		u.Apart = u.Apart || isDecomposed(part)
		if unknown++; len(u.Examples) <= mostUnseen && !u.seen[part] {
			part = strings.Clone(part)
			u.seen[part] = true
			if len(u.Examples) == mostUnseen {
				u.Examples = append(u.Examples, "…")
			} else {
				u.Examples = append(u.Examples, fmt.Sprintf("%q (line %d)", part, line))
			}
		}
		return true
	})
	u.Parts, u.Unknown = u.Parts+parts, u.Unknown+unknown
	if unknown > 0 {
		u.Texts++
	}
	if unknown == parts {
		u.None++
	}
}

// String is a remark; "" where all is known, and no text is empty.
func (u *unknown) String() string {
	has := map[bool]string{true: "has", false: "have"}[u.None == 1]
	switch {
	case u.Unknown == 0 && u.None == 0:
		return ""
	case u.Unknown == 0:
		return fmt.Sprintf("%s of %s %s no %s", spec.Count(u.None, "text"), u.Column, has, u.What)
	}
	none := ""
	if u.None > 0 {
		none = fmt.Sprintf("; %s %s no known %s", spec.Count(u.None, "text"), has, u.What)
	}
	counts := "they count as one that is unknown"
	if u.Left {
		counts = "they are left out, as no training text has an unknown one"
	}
	return fmt.Sprintf("%s of %s of %s are none of the %d that the network knows, in %s: %s; %s%s%s",
		percent(float64(u.Unknown)/float64(u.Parts)), spec.Count(u.Parts, u.What), u.Column, u.Known,
		spec.Count(u.Texts, "text"),
		strings.Join(u.Examples, ", "), counts, none, decomposed(u.Apart))
}

// isDecomposed tells whether a word has a letter apart from its accent, as NFD of Unicode and files of macOS have it.
func isDecomposed(word string) bool {
	const first, last = '\u0300', '\u036f' // combining diacritical marks
	return strings.ContainsFunc(word, func(r rune) bool { return r >= first && r <= last })
}

// isApart tells whether a word may be missing among others since either has letters apart from their marks.
func isApart(word string, others []string) bool {
	return len(word) > utf8.RuneCountInString(word) && isDecomposed(word) != slices.ContainsFunc(others, isDecomposed)
}

// decomposed is what a remark says of such words: a package, which has no tables of Unicode, takes ü and u with U+0308
// behind it for two words.
func decomposed(some bool) string {
	if !some {
		return ""
	}
	return "; some have letters apart from their marks (NFD of Unicode), such as u and U+0308 for ü, which make " +
		"another word: " +
		"write them in one (NFC), as iconv -f UTF-8-MAC -t UTF-8 and package golang.org/x/text/unicode/norm do"
}
