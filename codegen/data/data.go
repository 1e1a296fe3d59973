// Package data reads examples: tables in CSV, images in IDX, arrays in npy, lines of text, each gzipped or not.
//
// It exists so that bad data is found before a training starts: every bad row is reported by file and
// line, all at once, and sizes are checked before anything is allocated. It also splits examples into
// sets and fits the constants of preprocessing to the training set alone.
package data

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nngen/nngen/codegen/mapped"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// maxBytes bounds the unpacked size of a file, against archives that unpack without end.
const maxBytes = 8 << 30

// Options steer reading.
type Options struct {
	// SkipBadRows is the share of the rows up to which bad ones are left out, or with Aligned have an example of zeros;
	// more are an error. 0 is to stop at any, but for what the spec says.
	SkipBadRows float64
	// Rows is the number of rows of a table that are read, bad ones too, where it has more; 0 for all.
	Rows     int
	Scaffold bool // a spec is yet to be written, which can say what to do with bad rows
	Trained  bool // the training begins with trained weights: nothing is advised that would discard them
	// Before is what columns had taken from the training rows of those weights: what they may know, and the training
	// rows do not tell, is not fixed. It is nil where weights are drawn.
	Before    *net.Fitted
	Unlabeled bool // there are no labels: for predictions
	Aligned   bool // of a table bad rows that are skipped become examples of zeros, so that there is one for each row
	// Notes, if not nil, takes what identifies each example.
	Notes   *Notes
	Other   bool      // the file is not one that the spec names, and may lack weights
	Remarks *[]string // takes what Read decided about rows, if not nil
	// Fitted is what columns took from the training rows, with the weights; Load fits them if it is nil.
	Fitted net.Fitted
	// Like holds the names and units of the columns of the training set: those of a table with a header are found by
	// name, whatever their order. It may be empty.
	Like Header
	// Decimal is the decimal mark of the numbers of a table, "." or ","; "" for that of its source, or of Like, which must
	// be sure.
	Decimal string
	// Fold, if not nil, is held out of the training examples that Load reads.
	Fold *Fold
	// Groups names the column of a table whose fields tell which examples belong together: none of a group is held out
	// while others are trained on. "" where each stands by itself.
	Groups string
}

// Notes are what identifies the examples of a table.
type Notes struct {
	ID     string   // a column, by name or position; "" for none
	IDs    []string // its field for each example
	Times  []string // of a series: when the first row comes that is foretold from each window; nil without an index
	Window int      // of a series: the numbers of one step
	Filled []int    // of a series: how many rows of each window were put into gaps

	times  *times
	filled []bool // of each row of a series
}

// FilledOf returns how many of the last rows of a series were put into gaps.
func (n *Notes) FilledOf(rows int) (filled int) {
	for _, f := range n.filled[max(0, len(n.filled)-max(0, rows)):] {
		if f {
			filled++
		}
	}
	return filled
}

// After returns when the row comes that is so many behind the last; "" if that cannot be told.
func (n *Notes) After(rows int) string {
	if n.times == nil {
		return ""
	}
	return n.times.at(len(n.times.fields) - 1 + rows)
}

// Read reads one source for a network. Paths are relative to base. It returns the rows that were
// skipped, which is an error unless Options.SkipBadRows.
func Read(src *spec.Source, base string, network *net.Net, o Options) (fit.Set, BadRows, error) {
	if o.Fitted == nil {
		for _, in := range network.Spec.Inputs {
			if net.FitsColumns(in) {
				return fit.Set{}, nil,
					fmt.Errorf("input %q: what its columns take from the training rows is not known: train the network first", in.Name)
			}
		}
	}
	r := &reader{src: src, base: base, net: network, o: o}
	set, _, err := r.read()
	if err == nil && o.Remarks != nil {
		*o.Remarks = r.remarks()
		if r.total != nil {
			*o.Remarks = append(*o.Remarks, r.total.Text)
		}
	}
	return set, r.bad, err
}

// read reads all examples; it also returns what each example is part of, such as a text, nil where each stands by
// itself.
func (r *reader) read() (set fit.Set, groups []int32, err error) {
	switch r.src.Format {
	case "csv":
		set, err = r.cached(r.csv)
		groups = r.groups
	case "idx":
		set, err = r.arrays(readIDX)
	case "npy":
		set, err = r.arrays(readNPY)
	case "text":
		set, groups, err = r.text()
	case "image":
		set, err = r.images()
	default:
		err = fmt.Errorf("unknown format %q", r.src.Format)
	}
	r.unmark()
	switch {
	case err != nil:
	case len(r.bad) > 0 && r.skip() == 0:
		if err = r.bad; len(r.bad) == r.rows && r.rows > 1 && !r.o.Aligned {
			err = EveryRow{r.bad}
		}
	case float64(len(r.bad)) > r.skip()*float64(r.rows):
		hint := fmt.Sprintf("; --skip-bad-rows=%s allows for them, if that is meant",
			percent(math.Ceil(100*float64(len(r.bad))/float64(r.rows))/100))
		if mend := r.bad.hint(); mend != "" {
			hint = "; " + mend + hint
		}
		if r.o.Scaffold {
			hint = ", so that no spec is written"
		}
		err = fmt.Errorf("%s: %d of %s are bad, more than %s%s\n%s", r.src.Path, len(r.bad), spec.Count(r.rows, "row"),
			percent(r.skip()), hint, r.bad.Table())
	case set.N == 0 && r.unlabeled > 0:
		err = fmt.Errorf("%s: no examples: %s without a label", r.src.Path, spec.Count(r.unlabeled, "row"))
	case set.N == 0 && r.invented > 0:
		err = fmt.Errorf("%s: no examples: of %s a label, or the last step, is of a row that was filled", r.src.Path,
			spec.Count(r.invented, "window"))
	case set.N == 0 && r.src.Format == "image":
		err = fmt.Errorf("%s: no examples: it is neither a picture (PNG, JPEG or GIF) nor a folder of them, which the "+
			"network reads",
			r.src.Path)
	case set.N == 0:
		err = fmt.Errorf("%s: no examples", r.src.Path)
	}
	if err != nil {
		return fit.Set{}, nil, err
	}
	for i, o := range r.net.Outputs {
		if k := len(o.Quantiles); k > 0 && i < len(set.Y) {
			set.Y[i] = repeated(set.Y[i], o.TargetWidth(), k)
		}
	}
	return set, groups, nil
}

// repeated returns rows of width numbers, each row k times: targets as the units of k quantiles are compared with.
func repeated(y []float32, width, k int) []float32 {
	out := make([]float32, 0, k*len(y))
	for row := range slices.Chunk(y, width) {
		for range k {
			out = append(out, row...)
		}
	}
	return out
}

type reader struct {
	src    *spec.Source
	base   string
	net    *net.Net
	o      Options
	bad    BadRows
	fits   fittings // what columns are yet to take from the training rows
	rows   int      // that were read, bad ones too
	filled int      // rows of a series that were put into gaps
	// replaced counts rows of a series that were filled since they lack a value, dropped those left out since they
	// cannot be, and invented the windows left out since they foretell what was filled, or from it.
	replaced, dropped, invented int
	empty                       int               // rows of a series without a value
	total                       *Finding          // what is said of a last row that sums up others
	units                       map[string]string // of the numbers of columns, by name or position
	dates                       *encode.Layout    // of the index of a series, where it is of dates
	cadence                     *Cadence          // of a series with an index
	below                       map[string]string // what stands below the names of columns
	comma                       *bool             // whether numbers have a decimal comma; nil before the table is open
	unsure                      string            // what is said of numbers whose mark may be decimal or not
	// the first row of a table, if it is taken for names since it counts the columns
	counted string
	moved   string // what is said of a label that likely stands in another column
	unnamed string // what is said of columns whose names in the training data are not known
	// byPlace are the columns that their places alone told
	byPlace []place
	placed  string // what is said of them, where it is known from before
	// unlabeled counts rows that were left out since they have no label.
	unlabeled int
	comments  int     // lines of the table that were left out
	repeated  int     // rows of the table that were left out since they are its header again
	groups    []int32 // of the examples, where Options.Groups names a column
	group     int     // that column
	groupOf   map[string]int32
	labels    map[labelOf]int // the classes of labels that were read
	// of a folder of pictures, the files that are none, and the pictures that are stored turned
	others, turned some
	cut            int        // texts of which only the beginning was read
	unseen         []unseen   // of columns, in the order in which they were met
	unknown        []unknown  // of columns of texts
	folded         some       // labels that differ in case from the class that they are of
	big            sync.Mutex // held to decode a big picture
}

// skip returns the share of bad rows that are left out.
func (r *reader) skip() float64 {
	if d := r.net.Spec.Data; r.o.SkipBadRows == 0 && d != nil {
		return d.SkipBadRows
	}
	return r.o.SkipBadRows
}

// path returns where a file is that the spec names.
func (r *reader) path(name string) string { return net.PathFrom(r.base, name) }

// leastMapped is the size of a file from which on it is not read into memory.
const leastMapped = 32 << 20

// open returns the contents of a file, unpacked: mapped, if they are as they stand and large.
func (r *reader) open(name string) ([]byte, error) {
	f, err := table.OpenFile(r.path(name), name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := os.Stat(r.path(name)); err == nil && info.Size() >= leastMapped && table.IsPlain(f) {
		if b := mapped.File(r.path(name)); b != nil {
			return b, nil
		}
	}
	b, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err == nil && len(b) > maxBytes {
		err = fmt.Errorf("more than %d bytes when unpacked", int64(maxBytes))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// class returns the target of a class for an output, or what is wrong.
func class(o *net.Output, label string) (int, error) {
	label = strings.TrimSpace(label)
	for i, c := range o.Classes {
		if c == label {
			return i, nil
		}
	}
	// A number may be written in several ways.
	if v, err := strconv.ParseFloat(label, 64); err == nil && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		plain := fmt.Sprintf("%d", int64(v))
		for i, c := range o.Classes {
			if c == plain {
				return i, nil
			}
		}
	}
	return 0, noClass{label, fmt.Sprintf("label %q is none of the classes %s%s", label, strings.Join(o.Classes, ", "),
		decomposed(isApart(label, o.Classes)))}
}

// labelOf is a label of an output.
type labelOf struct {
	output *net.Output
	label  string
}

// maxLabels bounds the labels whose class is kept, of which a number may be written in many ways.
const maxLabels = 10_000

// class returns the target of a class for an output, also of one that differs in case alone from the name of one class,
// which is noted.
func (r *reader) class(o *net.Output, label string) (int, error) {
	k, seen := r.labels[labelOf{o, label}]
	if seen {
		return k, nil
	}
	k, err := class(o, label)
	if err == nil {
		if r.labels == nil {
			r.labels = map[labelOf]int{}
		}
		if len(r.labels) < maxLabels {
			r.labels[labelOf{o, strings.Clone(label)}] = k
		}
		return k, nil
	}
	label = strings.TrimSpace(label)
	like := func(c string) bool { return strings.EqualFold(c, label) }
	k = slices.IndexFunc(o.Classes, like)
	if k < 0 || slices.ContainsFunc(o.Classes[k+1:], like) {
		return 0, err
	}
	r.folded.add(fmt.Sprintf("%q for %q", label, o.Classes[k]))
	return k, nil
}

// numbered returns the target of a label in a file of numbers: the class that is named so, or, if no class has
// a number for a name, the one in that place, from 0.
func numbered(o *net.Output, label string) (int, error) {
	for _, c := range o.Classes {
		if _, err := parse(c); err == nil {
			return class(o, label)
		}
	}
	last := len(o.Classes) - 1
	if v, err := strconv.ParseFloat(label, 64); err == nil && v >= 0 && v <= float64(last) && v == math.Trunc(v) {
		return int(v), nil
	}
	return 0, fmt.Errorf("label %s is the number of no class: they go from 0 (%s) to %d (%s)", label,
		o.Classes[0], last, o.Classes[last])
}

// setClass writes the target of a class: 1 for the unit that holds, or the number itself for a
// binary output.
func setClass(o *net.Output, row []float32, k int) {
	if o.Task == "multiclass" {
		row[k] = 1
		return
	}
	row[0] = float32(k)
}

// arrays reads features and labels from two files of numbers.
func (r *reader) arrays(read func(name string, b []byte) (*array, error)) (fit.Set, error) {
	if len(r.net.Inputs) != 1 {
		return fit.Set{}, fmt.Errorf("%s: files of arrays feed one input, but the network has %d; use CSV",
			r.src.Path, len(r.net.Inputs))
	}
	b, err := r.open(r.src.Path)
	if err != nil {
		return fit.Set{}, err
	}
	x, err := read(r.src.Path, b)
	if err != nil {
		return fit.Set{}, err
	}
	in := r.net.Inputs[0]
	if x.width() != in.Shape.Size() {
		return fit.Set{}, fmt.Errorf("%s: examples of shape %v have %d numbers, but input %q has the shape %s, %d numbers",
			r.src.Path, x.shape[1:], x.width(), in.Name, in.Shape, in.Shape.Size())
	}
	if err := x.arrange(r.src.Path, r.src.Layout, r.net.Spec.Inputs[0]); err != nil {
		return fit.Set{}, err
	}
	set := fit.Set{N: x.rows(), X: [][]float32{x.data}}
	r.rows = set.N
	tokens := r.net.Tokens(in)
	good := make([]bool, set.N)
	for i := range good {
		good[i] = true
		for j, v := range x.data[i*x.width() : (i+1)*x.width()] {
			if bad(v) {
				r.fail(r.src.Path, i+1, "example %d: number %d is %s", i+1, j, x.text(i*x.width()+j))
				good[i] = false
				break
			}
			if tokens > 0 && !isToken(v, tokens) {
				r.fail(r.src.Path, i+1,
					"example %d: number %d, %v, is no token of input %q: those are the whole numbers from 0 to %d", i+1, j, v, in.Name,
					tokens-1)
				good[i] = false
				break
			}
		}
	}
	if r.o.Unlabeled && r.src.Labels == "" {
		return keep(set, good), nil
	}
	if b, err = r.open(r.src.Labels); err != nil {
		return fit.Set{}, err
	}
	y, err := read(r.src.Labels, b)
	if err != nil {
		return fit.Set{}, err
	}
	if y.rows() != set.N {
		return fit.Set{}, fmt.Errorf("%s: %d labels for the %d examples of %s", r.src.Labels, y.rows(), set.N, r.src.Path)
	}
	o := r.net.Outputs[0]
	width := o.TargetWidth()
	t := make([]float32, set.N*width)
	for i := range set.N {
		row := y.data[i*y.width() : (i+1)*y.width()]
		switch {
		case o.Task == "multiclass" && o.Classes != nil && o.Steps() > 1 && len(row) == o.Steps():
			if err := mask(o, t[i*width:][:width], y, i); err != nil {
				r.fail(r.src.Labels, i+1, "example %d: %v", i+1, err)
				good[i] = false
			}
		case o.Classes != nil && len(row) == 1:
			k, err := numbered(o, y.label(i*y.width()))
			if err != nil {
				r.fail(r.src.Labels, i+1, "%v", err)
				good[i] = false
				continue
			}
			setClass(o, t[i*width:][:width], k)
		case len(row) == width:
			copy(t[i*width:], row)
			step := width / o.Steps()
			for at := 0; at < width && good[i]; at += step {
				switch j, problem := o.Rule().Check(row[at:][:step]); {
				case problem != "" && j < 0:
					r.fail(r.src.Labels, i+1, "example %d: the targets from number %d on %s", i+1, at, problem)
					good[i] = false
				case problem != "":
					r.fail(r.src.Labels, i+1, "example %d: target %d, %s, %s", i+1, at+j, y.text(i*y.width()+at+j), problem)
					good[i] = false
				}
			}
		default:
			return fit.Set{}, fmt.Errorf("%s: %d numbers for each example, but output %q has %d units",
				r.src.Labels, len(row), o.Name, width)
		}
	}
	set.Y = [][]float32{t}
	return keep(set, good), nil
}

// mask fills the targets of example i of y, which has a class at each place.
func mask(o *net.Output, t []float32, y *array, i int) error {
	for at := range y.width() {
		k, err := numbered(o, y.label(i*y.width()+at))
		if err != nil {
			return fmt.Errorf("place %d: %w", at, err)
		}
		setClass(o, t[at*o.Width():][:o.Width()], k)
	}
	return nil
}

func bad(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }

// keep returns the good examples of a set.
func keep(s fit.Set, good []bool) fit.Set {
	var rows []int32
	for i, ok := range good {
		if ok {
			rows = append(rows, int32(i))
		}
	}
	if len(rows) == s.N {
		return s
	}
	return Pick(s, rows)
}

// Pick returns the examples of the given numbers, in that order.
func Pick(s fit.Set, rows []int32) fit.Set {
	pick := func(xs [][]float32) [][]float32 {
		var out [][]float32
		for _, x := range xs {
			w := len(x) / max(s.N, 1)
			y := mapped.Floats(len(rows) * w)
			for k, i := range rows {
				copy(y[k*w:(k+1)*w], x[int(i)*w:])
			}
			out = append(out, y)
		}
		return out
	}
	r := fit.Set{N: len(rows), X: pick(s.X), Y: pick(s.Y)}
	if s.W != nil {
		r.W = pick([][]float32{s.W})[0]
	}
	return r
}

// free gives the room of a set back, which nothing reads any longer.
func free(s fit.Set) {
	for _, xs := range [][][]float32{s.X, s.Y, {s.W}} {
		for _, x := range xs {
			mapped.Free(x)
		}
	}
}
