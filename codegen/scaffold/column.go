package scaffold

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
)

// maxDistinct bounds the different fields that are counted of a column.
const maxDistinct = 100_000

// maxFacts bounds the fields of a column whose facts are kept: those that come again are among the first.
const maxFacts = 4096

// maxDifferent is the number of different fields that are no dates of a form up to which that is judged at the end of a
// table alone: where they stand says nothing, as long as they are few.
const maxDifferent = 500

// maxLate bounds the odd fields of a column that are kept beside those with facts.
const maxLate = 32

// column is what a pass over a table finds in one of its columns.
type column struct {
	name  string // "" for none
	ref   string // how a spec refers to it
	place int    // from 0
	json  bool   // of a table of JSON
	// format is how the fields are written, words for missing values apart
	format *encode.Format

	rows, missing int
	counts        map[string]int // of each field that is not missing, once countKept has added those of facts
	facts         map[string]*facts
	uncounted     int  // of facts, the fields that countKept has not counted once
	many          bool // more than maxDistinct
	numbers       int
	sum           float64 // of the numbers
	rounded       bool    // some of them are
	whole         bool
	zeros         bool        // some whole number begins with a zero
	sequence      bool        // the fields count the rows
	spaces        int         // in all fields
	unspaced      int         // fields that are texts without blanks between words
	lengths       map[int]int // of fields of several words, how many have so many blanks, at most maxSteps
	largest       float64
	least         float64
	integral      bool        // all numbers are whole, if some are written 1.0
	marked        bool        // some number has a mark between thousands
	accounts      bool        // some number is (3) or 3-, for -3
	units         table.Units // of fields that are no plain numbers
	lists         int         // fields of JSON that are lists
	foreign       int         // fields that are numbers in a form that is not read
	// fields with a decimal point where the table has commas, or the other way
	points    int
	pointed   string                            // the first of them
	pointedAt int                               // its line
	layouts   [encode.UnixMillis + 1]*dateRange // of dates, in the forms that fit most fields; nil for others
	late      map[string]*oddField              // fields that are neither numbers nor dates, and have no facts
	odd       []oddField                        // of a column of mixed kind, in the order of their lines
	wrong     int                               // fields that make bad rows

	kind string
	most string // of a column of mixed kind, what most fields are: numbers or dates
	unit string // of the numbers, where the spec must name it
	// numbers, if some have a unit, the only one
	measured int
	layout   encode.Layout
	dated    int           // fields that are dates in one form, if only few
	datedAs  encode.Layout // that form
	dateRange
	offsets []string // from UTC, of times of day, if there are several: some of them
	use     string   // what becomes of it
	used    bool
}

// dateRange is what is known of dates that are read in one form.
type dateRange struct {
	first, last float64 // in seconds since 1970
	any         bool
	odd         int     // fields that are no such dates
	different   int     // of them, those that were seen for the first time, or could not be kept
	clock       bool    // some date has a time of day
	days        bool    // they are of several days of a month
	day         float64 // the last that was looked at for that, in days since 1970
	ascending   bool    // each is later than the one before
	before      float64
}

func newColumn(name, ref string, place int) *column {
	c := &column{name: name, ref: ref, place: place, counts: map[string]int{}, facts: map[string]*facts{},
		whole: true, integral: true, sequence: true}
	for l := range c.layouts {
		c.layouts[l] = &dateRange{ascending: true}
	}
	return c
}

// see takes in a date.
func (r *dateRange) see(at float64) {
	day := math.Floor(at / 86400)
	r.clock = r.clock || at != day*86400
	if !r.days && !(r.any && day == r.day) {
		r.days, r.day = encode.Time(day * 86400)[8:] != "01", day
	}
	if !r.any {
		r.any, r.first, r.last, r.before = true, at, at, at-1
	}
	r.ascending = r.ascending && at > r.before
	r.first, r.last, r.before = min(r.first, at), max(r.last, at), at
}

// facts are what a field says by itself, wherever it stands.
type facts struct {
	n             int // how often it was seen, in a column that keeps it
	line          int // where it was seen first
	spaces        int
	list          bool
	integer       int64
	whole, zeros  bool
	err           error   // of encode.Format.Number
	value, exact  float64 // as float32 and as float64 has it
	marked, plain bool
	accounts      bool // (3) or 3-, for -3
	unspaced      bool // a text without blanks between words
	foreign       bool // a number in a form that is not read
	integral      bool
	dates         [encode.UnixMillis + 1]float64
	isDate        [encode.UnixMillis + 1]bool
}

// factsOf finds out what a field is. Forms of dates that other fields have ruled out are not tried.
func (c *column) factsOf(field string, f *encode.Format) (k facts) {
	k.spaces = strings.Count(field, " ")
	k.unspaced = k.spaces < 2 && len(field) > utf8.RuneCountInString(field) && isUnspaced(field)
	k.list = c.json && strings.HasPrefix(field, "[") && strings.HasSuffix(field, "]")
	if c.whole || c.sequence {
		i, err := strconv.ParseInt(field, 10, 64)
		k.integer, k.whole = i, err == nil
	}
	k.zeros = len(field) > 1 && field[0] == '0' && isInteger(field)
	v, err := f.Number(field)
	if k.err, k.value = err, float64(v); err == nil {
		k.plain = isPlain(field)
		plain := strings.Replace(field, "\u2212", "-", 1) // a minus as it is printed
		if f.Comma {
			plain = strings.Replace(plain, ",", ".", 1)
		}
		exact, err := strconv.ParseFloat(plain, 64)
		if err != nil || float32(exact) != v {
			k.marked, exact = true, float64(v)
			k.accounts = v < 0 && strings.HasPrefix(field, "(") || strings.HasSuffix(field, "-")
		}
		k.exact, k.integral = exact, exact == math.Trunc(exact)
	}
	k.foreign = err != nil && foreignNumber().MatchString(field)
	for l, r := range c.layouts {
		if r != nil && !k.foreign {
			at, err := encode.Layout(l).Parse(field)
			k.dates[l], k.isDate[l] = at, err == nil
		}
	}
	return k
}

// isRounded tells whether a number is known as float32 alone, and that may have rounded a whole number.
func (k *facts) isRounded() bool { return k.marked && math.Abs(k.exact) >= 1<<24 }

// isUnspaced tells whether a field has so many characters of scripts that put no blanks between words that it is a
// text.
func isUnspaced(field string) bool {
	const least = 6 // names of people have fewer
	n := 0
	for _, r := range field {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer,
			unicode.Myanmar) {
			n++
		}
	}
	return n >= least
}

// isInteger tells whether strconv.ParseInt reads a field.
func isInteger(field string) bool {
	_, err := strconv.ParseInt(field, 10, 64)
	return err == nil
}

// isPlain tells whether a number has nothing before or behind its digits but a sign.
func isPlain(number string) bool {
	if number[0] == '-' || number[0] == '+' {
		number = number[1:]
	}
	first, last := number[0], number[len(number)-1]
	return (first == '.' || first >= '0' && first <= '9') && last >= '0' && last <= '9'
}

// see takes in a field of a line.
func (c *column) see(field string, line int, f *encode.Format) {
	c.rows++
	k := c.facts[field]
	fresh := k == nil
	if fresh {
		if f.IsMissing(field) {
			c.missing++
			return
		}
		found := c.factsOf(field, f)
		found.line = line
		if k = &found; len(c.facts) < maxFacts {
			kept := found
			k = &kept
			c.facts[strings.Clone(field)] = k
			c.uncounted++
		} else {
			c.count(field, 1)
			c.seeLate(field, &found)
		}
	}
	k.n++
	if k.unspaced {
		c.unspaced++
	}
	if c.spaces += k.spaces; k.spaces > 1 {
		if c.lengths == nil {
			c.lengths = map[int]int{}
		}
		c.lengths[min(k.spaces, maxSteps)]++
	}
	if k.list {
		c.lists++
	}
	if k.foreign {
		c.foreign++
	}
	c.whole = c.whole && k.whole
	c.sequence = c.sequence && k.whole && (k.integer == int64(c.rows) || k.integer == int64(c.rows-1))
	c.zeros = c.zeros || k.zeros
	switch k.err {
	case encode.ErrPoint, encode.ErrComma: // the other mark than that of the table
		if c.points++; c.points == 1 {
			c.pointed, c.pointedAt = strings.Clone(field), line
		}
	case nil:
		c.numbers++
		c.sum += k.exact
		c.rounded = c.rounded || k.isRounded()
		c.largest = max(c.largest, math.Abs(k.value))
		if c.least = min(c.least, k.value); c.numbers == 1 {
			c.least = k.value
		}
		c.marked, c.accounts = c.marked || k.marked, c.accounts || k.accounts
		c.integral = c.integral && k.integral
	}
	if k.err == nil && k.plain {
		c.units.SeeBare(field, f)
	} else {
		c.units.See(field, f)
	}
	for l, r := range c.layouts {
		switch {
		case r == nil:
		case k.isDate[l]:
			r.see(k.dates[l])
		default:
			r.odd++
			if fresh {
				r.different++
			}
			if r.different > maxDifferent && 100*r.odd > (100-mixedShare)*c.present() {
				c.layouts[l] = nil // and is not tried any more
			}
		}
	}
}

// seeLate notes an odd field of a column that has as many facts as are kept.
func (c *column) seeLate(field string, k *facts) {
	if k.err == nil || slices.Contains(k.isDate[:], true) {
		return
	}
	if o := c.late[field]; o != nil {
		o.n++
	} else if len(c.late) < maxLate {
		if c.late == nil {
			c.late = map[string]*oddField{}
		}
		c.late[strings.Clone(field)] = &oddField{text: strings.Clone(field), line: k.line, n: 1}
	}
}

// count counts a field that was seen n times.
func (c *column) count(field string, n int) {
	if before := c.counts[field]; before > 0 {
		c.counts[field] = before + n
	} else if len(c.counts)+c.uncounted < maxDistinct {
		c.counts[strings.Clone(field)] = n
	} else {
		c.many = true
	}
}

// countKept counts the fields whose facts are kept, which see does not.
func (c *column) countKept() {
	c.uncounted = 0
	for field, k := range c.facts {
		if k.n > 0 {
			c.count(field, k.n)
			k.n = 0
		}
	}
}

// present returns the number of fields that are not missing, without those that make bad rows.
func (c *column) present() int { return c.rows - c.missing - c.wrong }

// unique tells whether nearly every field is another.
func (c *column) unique() bool {
	return c.many || c.present() > 20 && len(c.counts)*100 >= c.present()*95
}

// byCount returns the different fields, the most frequent first, equally frequent ones by name.
func (c *column) byCount() []string {
	all := make([]counted, 0, len(c.counts))
	for w, n := range c.counts {
		all = append(all, counted{w, n})
	}
	slices.SortFunc(all, counted.compare)
	list := make([]string, len(all))
	for i := range all {
		list[i] = all[i].word
	}
	return list
}

// counted is a field of a column, and how often it comes.
type counted struct {
	word string
	n    int
}

// compare orders fields as byCount does.
func (a counted) compare(b counted) int {
	if a.n != b.n {
		return b.n - a.n
	}
	return strings.Compare(a.word, b.word)
}

// mostFrequent returns the first field of byCount that is one of those asked for; "" if there is none.
func (c *column) mostFrequent(is func(word string) bool) string {
	var best counted
	for w, n := range c.counts {
		if k := (counted{w, n}); (best.n == 0 || k.compare(best) < 0) && is(w) {
			best = k
		}
	}
	return best.word
}

// foldCase counts words that differ in case alone as the one of them that comes most often.
func (c *column) foldCase() {
	counts, as := map[string]int{}, map[string]string{}
	for _, w := range c.byCount() {
		lower := strings.ToLower(w)
		if as[lower] == "" {
			as[lower] = w
		}
		counts[as[lower]] += c.counts[w]
	}
	c.counts = counts
}

// differInCase returns two words of a column that differ in case alone; "" if there are none.
func (c *column) differInCase() (a, b string) {
	seen := map[string]string{}
	for _, w := range c.byCount() {
		lower := strings.ToLower(w)
		if seen[lower] != "" {
			return seen[lower], w
		}
		seen[lower] = w
	}
	return "", ""
}

// sameNumber returns two words of a column that are one number, as 01 and 1; "" if there are none.
func (c *column) sameNumber() (a, b string) {
	seen := map[float64]string{}
	for _, w := range c.byCount() {
		v, err := strconv.ParseFloat(w, 64)
		if c.format.Comma {
			v, err = strconv.ParseFloat(strings.Replace(w, ",", ".", 1), 64)
		}
		if err != nil || !isPlain(w) || math.Abs(v) >= 1<<53 {
			continue
		}
		if seen[v] != "" {
			return seen[v], w
		}
		seen[v] = w
	}
	return "", ""
}
