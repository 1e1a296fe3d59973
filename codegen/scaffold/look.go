package scaffold

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
)

// What a column holds.
const (
	numbers    = "number"
	codes      = "code" // digits that are words: they begin with zeros
	words      = "word"
	flags      = "flag"
	dates      = "date"
	texts      = "text"
	identifier = "identifier"
	constant   = "constant"
	empty      = "empty"
	mixed      = "mixed"
	index      = "index" // counts the rows, and has no name
)

// maxWords is the most words of a column that become numbers of their own; further ones are other words.
const maxWords = 32

// maxDistinct bounds the different fields that are counted of a column.
const maxDistinct = 100_000

// column is what a pass over a table finds in one of its columns.
type column struct {
	name  string // "" for none
	ref   string // how a spec refers to it
	place int    // from 0

	rows, missing int
	counts        map[string]int // of each field that is not missing
	many          bool           // more than maxDistinct
	numbers       int
	whole         bool
	zeros         bool // some whole number begins with a zero
	sequence      bool // the fields count the rows
	spaces        int  // in all fields
	largest       float64
	layouts       [3]bool // of dates, those that fit all fields
	clock         bool    // some date has a time of day
	first, last   float64 // of dates

	kind   string
	layout encode.Layout
	use    string // what becomes of it
	used   bool
}

func newColumn(name, ref string, place int) *column {
	return &column{name: name, ref: ref, place: place, counts: map[string]int{}, whole: true, sequence: true, layouts: [3]bool{true, true, true}}
}

// see takes one field in.
func (c *column) see(field string, f *encode.Format) {
	c.rows++
	if f.IsMissing(field) {
		c.missing++
		return
	}
	if _, seen := c.counts[field]; seen || len(c.counts) < maxDistinct {
		c.counts[field]++
	} else {
		c.many = true
	}
	c.spaces += strings.Count(field, " ")
	i, err := strconv.ParseInt(field, 10, 64)
	c.whole = c.whole && err == nil
	c.sequence = c.sequence && err == nil && (i == int64(c.rows) || i == int64(c.rows-1))
	c.zeros = c.zeros || err == nil && len(field) > 1 && field[0] == '0'
	if v, err := f.Number(field); err == nil {
		c.numbers++
		c.largest = max(c.largest, math.Abs(float64(v)))
	}
	for l := range c.layouts {
		if !c.layouts[l] {
			continue
		}
		at, err := encode.Layout(l).Parse(field)
		if c.layouts[l] = err == nil; err != nil {
			continue
		}
		c.clock = c.clock || math.Mod(at, 86400) != 0
		if c.first == 0 && c.last == 0 {
			c.first, c.last = at, at
		}
		c.first, c.last = min(c.first, at), max(c.last, at)
	}
}

// present returns the number of fields that are not missing.
func (c *column) present() int { return c.rows - c.missing }

// unique tells whether nearly every field is another.
func (c *column) unique() bool {
	return c.many || c.present() > 20 && len(c.counts)*100 >= c.present()*95
}

var (
	idName   = regexp.MustCompile(`(?i)(^|[_ -])(id|uuid|guid|key|index|row|nr|no)$|[a-z]I[dD]$|^id[_ ]`)
	timeName = regexp.MustCompile(`(?i)date|time|stamp|^ts$|^at$|_at$`)
	flagSets = [][2]string{{"no", "yes"}, {"false", "true"}, {"f", "t"}, {"n", "y"}}
)

// settle decides what a column holds.
func (c *column) settle() {
	n := c.present()
	date := slices.Index(c.layouts[:], true)
	allNumbers := c.numbers == n
	switch {
	case n == 0:
		c.kind = empty
	case c.name == "" && c.place == 0 && c.ref != "0" && c.sequence && c.rows > 1:
		c.kind = index
	case len(c.counts) == 1 && !c.many:
		c.kind = constant
	case date >= 0 && (!allNumbers || c.whole && timeName.MatchString(c.name)):
		c.kind, c.layout = dates, encode.Layout(date)
	case allNumbers && timeName.MatchString(c.name) && c.whole && c.largest > 1e8 && c.largest < 2e13:
		c.kind, c.layout = dates, encode.Unix
		if c.largest > 2e10 {
			c.layout = encode.UnixMillis
		}
	case allNumbers && c.whole && c.unique() && (c.sequence || idName.MatchString(c.name)):
		c.kind = identifier
	case allNumbers && c.zeros && c.whole:
		c.kind = codes
	case allNumbers:
		c.kind = numbers
	case c.numbers*100 >= n*80:
		c.kind = mixed
	case c.flag() != nil:
		c.kind = flags
	case c.spaces > 3*n && (c.unique() || len(c.counts) > maxWords):
		c.kind = texts
	case c.unique() || c.present() > 20 && len(c.counts)*2 > c.present():
		c.kind = identifier
	default:
		c.kind = words
	}
}

// flag returns the two words of a flag; nil if the column holds others.
func (c *column) flag() []string {
	if len(c.counts) != 2 {
		return nil
	}
	for _, set := range flagSets {
		var found []string
		for _, want := range set {
			for w := range c.counts {
				if strings.EqualFold(w, want) {
					found = append(found, w)
				}
			}
		}
		if len(found) == 2 {
			return found
		}
	}
	return nil
}

// byCount returns the different fields, the most frequent first, equally frequent ones by name.
func (c *column) byCount() []string {
	var list []string
	for w := range c.counts {
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b string) int {
		if d := c.counts[b] - c.counts[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return list
}

// maxStray is the number of different words among the numbers of a column up to which they are taken for missing values,
// such as "unknown" or "n.d."; more of them are a column of another kind.
const maxStray = 3

// stray returns the words of columns of numbers that stand for missing values.
func stray(columns []*column, f *encode.Format) []string {
	var list []string
	for _, c := range columns {
		if c.kind != mixed || c.many {
			continue
		}
		var words []string
		for _, w := range c.byCount() {
			if _, err := f.Number(w); err != nil {
				words = append(words, w)
			}
		}
		if len(words) <= maxStray {
			for _, w := range words {
				if !slices.Contains(list, w) && printable(w) {
					list = append(list, w)
				}
			}
		}
	}
	return list
}

// look reads a table once; o.Missing holds the fields that stand for no value.
func look(file string, o table.Options) (t *table.Table, columns []*column, rows int, bad []string, err error) {
	if t, err = table.Open(file, file, o); err != nil {
		return nil, nil, 0, nil, err
	}
	defer t.Close()
	f := &encode.Format{Missing: o.Missing, Comma: t.Comma}
	for i := range t.Columns {
		if !t.Header {
			columns = append(columns, newColumn("", strconv.Itoa(i), i))
			continue
		}
		name := t.Names[i]
		if k := slices.Index(t.Names[:i], name); k >= 0 && name != "" {
			return nil, nil, 0, nil, fmt.Errorf("%s:%d: columns %d and %d are both called %q; rename one of them", file, max(t.Lines, 1), k+1, i+1, name)
		}
		ref := name
		if name == "" || strings.HasPrefix(name, "#") || !printable(name) {
			ref = fmt.Sprintf("#%d", i+1)
		}
		columns = append(columns, newColumn(name, ref, i))
	}
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, 0, nil, err
		}
		if row.Err != nil {
			bad = append(bad, fmt.Sprintf("%s:%d: %v", file, row.Line, row.Err))
			continue
		}
		rows++
		for i, c := range columns {
			c.see(strings.TrimSpace(row.Fields[i]), f)
		}
	}
	for _, c := range columns {
		c.settle()
	}
	return t, columns, rows, bad, nil
}

// printable tells whether a name may stand in a spec: YAML takes no control characters.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == '\u007f' || r == '\ufffd' })
}
