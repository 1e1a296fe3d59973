// Package data reads examples: tables in CSV or JSON lines, pictures in folders, images in IDX, arrays in npy, lines of
// text, each gzipped or not.
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
	comments  int // lines of the table that were left out
	repeated  int // rows of the table that were left out since they are its header again
	// of a table of one column, the blank lines that were left out, and the first
	blank, firstBlank int
	groups            []int32 // of the examples, where Options.Groups names a column
	group             int     // that column
	groupOf           map[string]int32
	labels            map[labelOf]int // the classes of labels that were read
	// of a folder of pictures, the files that are none, and the pictures that are stored turned
	others, turned some
	cut            int        // texts of which only the beginning was read
	symbols        symbols    // of texts by words
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
