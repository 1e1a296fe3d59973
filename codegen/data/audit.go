package data

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Finding is something that an audit finds.
type Finding struct {
	Wrong bool // results would mean nothing; else it is a remark
	Minor bool // for who asks for it, not for each training
	Text  string
}

// Limits of what an audit looks at and what it says something about.
const (
	maxAudited   = 256     // numbers of an input whose columns are looked at one by one: more are images or the like
	maxAuditRows = 200_000 // of each set
	minAuditRows = 20      // below it, everything happens by chance
	sameShare    = 0.05    // of the rows for testing, above which it counts that they were trained on
	rareShare    = 0.01    // of the rows, below which a class is rare
	deviations   = 10      // from the middle, beyond which a number is far out
	driftLeast   = 0.15    // the least distance between two distributions that counts, by Kolmogorov and Smirnov
	driftFactor  = 1.95    // of √((n+m)/(n·m)): by chance the distance is beyond it once in a thousand
)

// audit finds in the sets of a spec what spoils results, or is likely not meant: rows that come twice, columns that
// give the label away, that do not vary, or differ between training and testing, rare classes, numbers far out.
func audit(s *spec.Spec, base string, network *net.Net, sets *Sets) []Finding {
	a := &auditor{net: network, sets: sets, train: head(sets.Train), validation: head(sets.Validation),
		test: head(sets.Test)}
	if s.Data.Target == "" && s.Data.Train.Format != "text" && a.train.N >= minAuditRows && len(a.train.Y) > 0 {
		a.labels = labelNames(s.Data.Train, base, network)
		a.targets(s, a.labels)
	}
	if s.Data.Target != "" || s.Data.Train.Series != nil || s.Data.Train.Format == "text" ||
		a.train.N < minAuditRows || len(a.train.Y) == 0 {
		return a.found // targets are inputs there, or rows overlap
	}
	a.repeats()
	a.balance()
	for _, text := range RoundedTargets(network, a.train, TargetNames(s, base, network)) {
		a.say(Finding{}, "%s", text)
	}
	var features []string
	for i, in := range network.Spec.Inputs {
		if network.Inputs[i].Shape.Size() <= maxAudited && in.Tokens == nil {
			if in.Columns == nil && features == nil {
				features = headerOf(s.Data.Train, base, network).Features
			}
			a.columns(i, columnNames(network, i, features))
		}
	}
	return a.found
}

type auditor struct {
	net                     *net.Net
	sets                    *Sets
	train, validation, test fit.Set
	labels                  []string // columns of the table; nil without names
	found                   []Finding
}

// labelNames returns the names of the label columns of a table, or their places as the spec has them where it has no
// header.
func labelNames(src *spec.Source, base string, network *net.Net) []string {
	names := headerOf(src, base, network).Label
	switch {
	case names != nil || src.Format != "csv" || src.Series != nil:
		return names
	case src.Label == nil:
		return []string{"last"}
	}
	return src.Label
}

// nameOf names an output: by its column in the table, if it has one alone.
func (a *auditor) nameOf(i int) string {
	at := 0
	for k, o := range a.net.Outputs {
		width := targetColumns(o)
		if k == i && width == 1 && at < len(a.labels) && a.labels[at] != "" {
			return fmt.Sprintf("label %q", a.labels[at])
		}
		at += width
	}
	return fmt.Sprintf("output %q", a.net.Outputs[i].Name)
}

func (a *auditor) say(f Finding, format string, args ...any) {
	f.Text = fmt.Sprintf(format, args...)
	a.found = append(a.found, f)
}

// head returns the first rows of a set.
func head(s fit.Set) fit.Set {
	if s.N <= maxAuditRows {
		return s
	}
	cut := func(xs [][]float32) (out [][]float32) {
		for _, x := range xs {
			out = append(out, x[:len(x)/s.N*maxAuditRows])
		}
		return out
	}
	return fit.Set{N: maxAuditRows, X: cut(s.X), Y: cut(s.Y)}
}

// targets looks for numbers far out among the targets of regressions, in all sets: there they spoil what is measured,
// too. Those of a series are its values; what else its windows hold is looked at step by step. labels are the names of
// columns.
func (a *auditor) targets(s *spec.Spec, labels []string) {
	sets := []fit.Set{a.train, head(a.sets.Validation), a.test}
	for i, o := range a.net.Outputs {
		width := targetColumns(o)
		if o.Classes != nil || len(o.Quantiles) > 0 || width > maxAudited {
			labels = labels[min(len(labels), width):]
			continue
		}
		columns := width
		if n := s.Data.Train.Series; n != nil {
			columns = width / max(1, n.Steps)
		}
		for k := range columns {
			var list []float32
			for _, set := range sets {
				if set.N > 0 {
					list = append(list, auditColumn{at: k, width: 1}.of(set.Y[i], set.N)...)
				}
			}
			name := fmt.Sprintf("output %q", o.Name)
			if k < len(labels) {
				name = fmt.Sprintf("label %q", labels[k])
				list = append(list, a.firstWindow(s.Data.Train.Series, labels[k])...)
			}
			a.farOut(name, "target", list)
		}
		labels = labels[min(len(labels), columns):]
	}
	n := s.Data.Train.Series
	if n == nil || len(a.net.Inputs) != 1 || len(a.net.Spec.Inputs) != 1 || a.net.Tokens(a.net.Inputs[0]) > 0 {
		return
	}
	for k, name := range n.Columns {
		if s.Data.Train.Label == nil || slices.Contains(s.Data.Train.Label, name) {
			continue // its values are targets as well
		}
		list := a.firstWindow(n, name)
		list = list[:max(0, len(list)-1)] // the last step is among those of all windows
		for _, set := range sets {
			if set.N > 0 {
				w := len(set.X[0]) / set.N
				list = append(list, auditColumn{at: w - len(n.Columns) + k, width: 1}.of(set.X[0], set.N)...)
			}
		}
		a.farOut(fmt.Sprintf("column %q", name), "step", list)
	}
}

// firstWindow returns the values of a column of a series in the first window, which are the targets of no other.
func (a *auditor) firstWindow(n *spec.Series, column string) []float32 {
	if n == nil || len(a.net.Inputs) != 1 {
		return nil
	}
	k, w := slices.Index(n.Columns, column), a.net.Inputs[0].Shape.Size()
	var list []float32
	for at := k; k >= 0 && at < w; at += len(n.Columns) {
		list = append(list, a.train.X[0][at])
	}
	return list
}

// isolated is how many times further from the middle than all others some numbers are that are hardly of the same kind:
// those of a heavy tail come one behind the other.
const isolated = 10

// farOut says which numbers of a list are far out. They are wrong if they are few, and far beyond all others.
func (a *auditor) farOut(name, thing string, list []float32) {
	n, far := outliers(list)
	if n == 0 {
		return
	}
	middle := float64(median(list))
	distances := make([]float64, len(list))
	for i, v := range list {
		distances[i] = math.Abs(float64(v) - middle)
	}
	slices.Sort(distances)
	next := distances[len(list)-n-1] // 0 where all others are one, as the days on which nothing is sold
	alone := next > 0 && distances[len(list)-n] > isolated*next && 20*n <= len(list)
	a.say(Finding{Wrong: alone, Minor: 20*n > len(list)},
		"%s: %s of %d further than %d deviations from the middle, %g, such as %g", name,
		spec.Count(n, thing), len(list), deviations, median(list), far)
}

// repeats counts rows that come again, in training and from training to testing.
func (a *auditor) repeats() {
	seed := maphash.MakeSeed()
	var buffer []byte
	key := func(s fit.Set, row int, targets bool) uint64 {
		buffer = buffer[:0]
		parts := s.X
		if targets {
			parts = append(slices.Clone(s.X), s.Y...)
		}
		for _, x := range parts {
			w := len(x) / s.N
			for _, v := range x[row*w:][:w] {
				buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
			}
		}
		return maphash.Bytes(seed, buffer)
	}
	inputs, rows, again := map[uint64]bool{}, map[uint64]bool{}, 0
	for r := range a.train.N {
		inputs[key(a.train, r, false)] = true
		k := key(a.train, r, true)
		if rows[k] {
			again++
		}
		rows[k] = true
	}
	if again > 0 {
		a.say(Finding{Minor: 10*again < a.train.N}, "%s of %d for training, labels too, are the same as others",
			spec.Count(again, "row"), a.train.N)
	}
	both, whole := 0, 0 // of the inputs alone, and with the labels
	for r := range a.test.N {
		both += bit(inputs[key(a.test, r, false)])
		whole += bit(rows[key(a.test, r, true)])
	}
	if whole > 0 {
		much := float64(whole) > sameShare*float64(a.test.N)
		// Rows of few words are alike by themselves: as many of those for testing, by chance, as among those for
		// training, where of two that are alike one is counted.
		chance := 2*float64(a.train.N-len(inputs))/float64(a.train.N) >= float64(whole)/float64(a.test.N) &&
			!a.isRich(len(inputs))
		a.say(Finding{Wrong: much && !chance, Minor: !much || chance},
			"%s of %d for testing are among those for training as well", spec.Count(whole, "row"), a.test.N)
	}
	if both > whole {
		a.say(Finding{Minor: true}, "the inputs of %s of %d for testing, as the network reads them, are those of rows for "+
			"training too, but not the labels", spec.Count(both-whole, "row"), a.test.N)
	}
}

// isRich tells whether two rows of several numbers are hardly alike by chance: one of the numbers is nearly as often
// different as whole rows are, of which there are so many.
func (a *auditor) isRich(rows int) bool {
	if rows <= minAuditRows {
		return false
	}
	varying, most := 0, 0
	for _, x := range a.train.X {
		width := len(x) / a.train.N
		for at := range min(width, maxAudited) {
			seen := map[float32]bool{}
			for r := range a.train.N {
				seen[x[r*width+at]] = true
			}
			if len(seen) > 2 {
				varying++
			}
			most = max(most, len(seen))
		}
	}
	return varying > 1 && 10*most >= 9*rows
}

// balance looks for rare classes: those that have few of all examples, and few of what each class would have if all had
// as many.
func (a *auditor) balance() {
	for i, o := range a.net.Outputs {
		counts := classCounts(o, a.train, i)
		rare, example := 0, 0
		for k, n := range counts {
			if n > 0 && float64(n) < rareShare*float64(a.train.N) && 2*n*len(counts) < a.train.N {
				if rare++; rare == 1 || n < counts[example] {
					example = k
				}
			}
		}
		others := ""
		switch {
		case rare == 0:
			continue
		case rare > 1:
			others = fmt.Sprintf(", and %d more few as well", rare-1)
		}
		a.say(Finding{}, "%s: the class %q has %d of %d training examples%s; class_weights count it more", a.nameOf(i),
			o.Classes[example], counts[example], a.train.N, others)
	}
}

// classCounts counts the training examples of each class of an output with one label for each; nil for another.
func classCounts(o *net.Output, s fit.Set, i int) []int {
	if o.Classes == nil || o.Steps() != 1 || o.Task == "binary" && o.Width() != 1 {
		return nil
	}
	counts := make([]int, len(o.Classes))
	for r := range s.N {
		if k := classOf(o, s.Y[i], r); k >= 0 && k < len(counts) {
			counts[k]++
		}
	}
	return counts
}

// auditColumn is a column of an input: its numbers begin at at of each example. Its name is that of messages; column is
// that in the table, "" for a number of an array.
type auditColumn struct {
	name      string
	column    string
	at, width int
	marked    bool // whether its second number says that the first was missing
}

// columnNames names the columns of an input; features are the names of those of the first input that names none.
func columnNames(network *net.Net, i int, features []string) []auditColumn {
	in := network.Spec.Inputs[i]
	var list []auditColumn
	at := 0
	for _, c := range net.Columns(in) {
		list = append(list, auditColumn{name: fmt.Sprintf("column %q", c.Name), column: c.Name, at: at, width: c.Width(),
			marked: c.Kind == encode.Number && c.Indicator})
		at += c.Width()
	}
	if list != nil && at == network.Inputs[i].Shape.Size() {
		return list
	}
	list = nil
	for k := range network.Inputs[i].Shape.Size() {
		c := auditColumn{name: fmt.Sprintf("number %d of input %q", k, in.Name), at: k, width: 1}
		if len(features) == network.Inputs[i].Shape.Size() {
			c.name, c.column = fmt.Sprintf("column %q", features[k]), features[k]
		}
		list = append(list, c)
	}
	return list
}

// beginning is the number of numbers by which columns are told apart that are not the same.
const beginning = 64

// columns looks at the columns of an input one by one.
func (a *auditor) columns(input int, list []auditColumn) {
	begins := map[[beginning]float32]auditColumn{} // by what columns begin with
	var same sameColumns
	alike := alikeFindings{}
	defer func() { a.found = alike.add(same.add(a.found)) }()
	for _, c := range list {
		train := c.of(a.train.X[input], a.train.N)
		if c.width == 1 || c.marked {
			held := slices.Concat(c.present(c.ofSet(a.validation, input)), c.present(c.ofSet(a.test, input)))
			if n, far := heldFar(c.present(train), held); n > 0 {
				alike.say("hold numbers in rows held out far beyond all for training", Finding{},
					"%s: %s for validation or testing more than %d times as far from the middle as any for training, such as %g",
					c.name, spec.Count(n, "row"), isolated, far)
			}
		}
		var begin [beginning]float32
		copy(begin[:], train)
		first, again := begins[begin]
		again = again && slices.Equal(first.of(a.train.X[input], a.train.N), train)
		begins[begin] = c
		if slices.Equal(train[:len(train)-c.width], train[c.width:]) {
			same.constant = append(same.constant, c.name)
			same.values = append(same.values, train[0])
			continue
		}
		if again {
			same.again = append(same.again, [2]string{c.name, first.name})
		}
		for i, o := range a.net.Outputs {
			if how := a.gives(c, train, i, o); how != "" {
				a.say(Finding{Wrong: true}, "%s alone gives the %s away: %s; is it known when a prediction is made?", c.name,
					a.nameOf(i), how)
			}
		}
		if c.width != 1 && !c.marked {
			continue
		}
		if train = c.present(train); len(train) == 0 {
			continue
		}
		if unscalable(train) {
			alike.say("hold numbers so much alike that float32 can't scale them up", Finding{},
				"%s: %s; multiply it", c.name, tooAlike(train))
		} else if few := stepsOf(train); few > 0 {
			alike.say("hold numbers so large, and so much alike, that float32 tells few of them apart", Finding{},
				"%s: its numbers are so large, and so much alike, that float32 tells only %d of them apart; take a level away",
				c.name, few)
		}
		if n, code := sentinel(train); n > 0 {
			alike.say("hold a number that may stand for missing values", Finding{},
				"%s: %g comes %d times, far from all others: if it stands for a missing value, add it to missing: in data",
				c.name, code, n)
		}
		if n, far := outliers(train); n > 0 {
			alike.say("hold numbers far out", Finding{Minor: 100*n > len(train)},
				"%s: %s further than %d deviations from the middle, such as %g", c.name,
				spec.Count(n, "training row"), deviations, far)
		}
		if a.test.N >= minAuditRows {
			test := c.present(c.of(a.test.X[input], a.test.N))
			n, m := float64(len(train)), float64(len(test))
			if d := distance(train, test); d > max(driftLeast, driftFactor*math.Sqrt((n+m)/(n*m))) {
				alike.say("differ between training and testing", Finding{},
					"%s differs between training and testing: its medians are %g and %g", c.name, median(train), median(test))
			}
		}
	}
}

// ofSet returns the numbers of a column in a set, none if it has no examples.
func (c auditColumn) ofSet(s fit.Set, input int) []float32 {
	if s.N == 0 || len(s.X) <= input {
		return nil
	}
	return c.of(s.X[input], s.N)
}

// of returns the numbers of a column of x, which holds n examples, row after row.
func (c auditColumn) of(x []float32, n int) []float32 {
	w := len(x) / n
	list := make([]float32, 0, n*c.width)
	for r := range n {
		list = append(list, x[r*w+c.at:][:c.width]...)
	}
	return list
}

// present returns the values of a column that are not missing, given its numbers.
func (c auditColumn) present(x []float32) []float32 {
	if !c.marked {
		return x
	}
	var list []float32
	for i := 0; i < len(x); i += 2 {
		if x[i+1] == 0 {
			list = append(list, x[i])
		}
	}
	return list
}

// gives says how a column tells an output without error; "" if it does not.
func (a *auditor) gives(c auditColumn, x []float32, i int, o *net.Output) string {
	y, n := a.train.Y[i], a.train.N
	if o.Steps() != 1 {
		return ""
	}
	if o.Classes == nil {
		if o.Width() != 1 || c.width != 1 {
			return ""
		}
		if r := correlation(x, y); math.Abs(r) > 0.99999 {
			return fmt.Sprintf("their correlation is %.6f", r)
		}
		return ""
	}
	if classCounts(o, a.train, i) == nil {
		return ""
	}
	classes := map[int]bool{}
	byValue := map[string]int{}
	perfect := true
	for r := range n {
		part := x[r*c.width:][:c.width]
		k := classOf(o, y, r)
		classes[k] = true
		key := fmt.Sprint(part)
		if old, seen := byValue[key]; seen && old != k {
			perfect = false
			break
		}
		byValue[key] = k
		if len(byValue)*4 > n { // too many values to be a code of the classes
			perfect = false
			break
		}
	}
	switch {
	case perfect && len(classes) > 1:
		return "each of its values comes with one class only"
	case c.width == 1 && separates(x, o, y):
		return "its ranges for the classes do not overlap"
	}
	return ""
}
