package scaffold

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/nngen/nngen/codegen/data"
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
	lists      = "list"
	foreign    = "foreign" // numbers in a form that is not read
	index      = "index"   // counts the rows, and has no name
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

// oddField is a field unlike all others of its column, with the line where it comes first, 0 if that is not known.
type oddField struct {
	text    string
	line, n int
	word    bool // it is of a column of words
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

// maxFacts bounds the fields of a column whose facts are kept: those that come again are among the first.
const maxFacts = 4096

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
		plain := field
		if f.Comma {
			plain = strings.Replace(field, ",", ".", 1)
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

// isRounded tells whether a number is known as float32 alone, and that may have rounded a whole number.
func (k *facts) isRounded() bool { return k.marked && math.Abs(k.exact) >= 1<<24 }

// isInteger tells whether strconv.ParseInt reads a field.
func isInteger(field string) bool {
	_, err := strconv.ParseInt(field, 10, 64)
	return err == nil
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

// maxDifferent is the number of different fields that are no dates of a form up to which that is judged at the end of a
// table alone: where they stand says nothing, as long as they are few.
const maxDifferent = 500

// maxLate bounds the odd fields of a column that are kept beside those with facts.
const maxLate = 32

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

// isPlain tells whether a number has nothing before or behind its digits but a sign.
func isPlain(number string) bool {
	if number[0] == '-' || number[0] == '+' {
		number = number[1:]
	}
	first, last := number[0], number[len(number)-1]
	return (first == '.' || first >= '0' && first <= '9') && last >= '0' && last <= '9'
}

// present returns the number of fields that are not missing, without those that make bad rows.
func (c *column) present() int { return c.rows - c.missing - c.wrong }

// unique tells whether nearly every field is another.
func (c *column) unique() bool {
	return c.many || c.present() > 20 && len(c.counts)*100 >= c.present()*95
}

// pattern returns what compiles a regular expression when it is first used: the tables of all of them take longer than
// commands that look at no data.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var (
	idName = pattern(`(?i)(^|[_ -])(id|uuid|guid|key|index|row|nr|no|acct|account|konto|iban|isbn|ean|sku|ssn|serial)$|` +
		`[a-z]n(umme)?r$|(account|acct|customer|client|member|user|order|invoice|ticket|policy|serial|phone)` +
		`[ _-]?(num|number|no|id)$|^id[_ ]|(?-i:[a-z]I[dD]$)`)
	timeName = pattern(`(?i)date|time|stamp|when|epoch|unix|created|month|quarter|period|^(ts|dt|at|day|d|ym|yyyymm)$|_(ts|dt|at|day|on|ym)$`)
	codeName = pattern(`(?i)^(zip|plz|cp|cap|cep|postcode|post_?leitzahl|(zip|postal|post|area|sic|naics|icd|country|department|` +
		`store|product|item|branch)[ _-]?(code|nr|no|number))$|[ _-]code$`)
	flagSets = [][2]string{{"no", "yes"}, {"false", "true"}, {"f", "t"}, {"n", "y"}, {"off", "on"},
		{"nein", "ja"}, {"n", "j"}, {"non", "oui"}, {"no", "si"}, {"no", "sí"}, {"no", "sì"}, {"não", "sim"}, {"nee", "ja"},
		{"nej", "ja"}, {"nei", "ja"}, {"ei", "kyllä"}, {"nie", "tak"}, {"ne", "ano"}, {"нет", "да"}, {"ні", "так"},
		{"hayır", "evet"}, {"falsch", "wahr"}, {"faux", "vrai"}, {"falso", "vero"}, {"falso", "verdadero"},
		{"falso", "verdadeiro"}, {"onwaar", "waar"}, {"ложь", "истина"}, {"否", "是"}, {"いいえ", "はい"}}
)

// settle decides what a column holds.
func (c *column) settle() {
	n := c.present()
	date := c.settleLayout()
	allNumbers := c.numbers == n
	c.units.Settle()
	if unit := c.units.Only(); unit != "" && len(c.counts) > 2 {
		c.measured = c.units.Bare + c.units.Counts[unit]
		c.unit, c.integral = unit, c.integral && c.measured == c.numbers
	}
	if date >= 0 {
		c.dateRange = *c.layouts[date]
		c.findOffsets()
	}
	defer c.findOdd()
	switch {
	case n == 0:
		c.kind = empty
	case c.name == "" && c.place == 0 && c.ref != "0" && c.rows > 1 && c.missing == 0 && c.whole &&
		(c.sequence || len(c.counts) == n && n > fewDates):
		c.kind = index
	case c.lists > 0:
		c.kind = lists
	case c.foreign*100 >= n*mixedShare && len(c.counts) > fewForeign:
		c.kind = foreign
	case len(c.counts) == 1 && !c.many && c.isMark():
		c.kind = words
	case len(c.counts) == 1 && !c.many:
		c.kind = constant
	case c.units.AreDurations(c.name):
		c.kind, c.unit, c.integral, c.numbers = numbers, encode.Durations, false, c.units.Durations()
		if c.numbers < n {
			c.kind, c.most = mixed, numbers
		}
	case date >= 0 && c.dateRange.odd > 0 && (c.numbers*100 < n*mixedShare ||
		!allNumbers && c.integral && (timeName().MatchString(c.name) || c.areDates())):
		c.kind, c.most, c.layout = mixed, dates, encode.Layout(date)
	case date >= 0 && c.dateRange.odd == 0 && (!allNumbers || c.whole && (timeName().MatchString(c.name) || c.areDates())):
		c.kind, c.layout = dates, encode.Layout(date)
	case allNumbers && timeName().MatchString(c.name) && c.whole && c.largest > 1e8 && c.largest < 2e13:
		c.kind, c.layout = dates, encode.Unix
		if c.largest > 2e10 {
			c.layout = encode.UnixMillis
		}
		c.dateRange = *c.layouts[c.layout]
	case allNumbers && c.whole && c.unique() && (c.sequence || idName().MatchString(c.name) || c.stepped() ||
		c.largest >= leastCounted):
		c.kind = identifier
	case allNumbers && c.zeros && c.whole:
		c.kind = codes
		if c.rarelyTwice() {
			c.kind = identifier
		}
	case c.hasSeveralUnits() && (c.units.AreAmounts() || len(c.counts) > maxWords) && len(c.units.Counts) <= fewUnits:
		c.kind = mixed
	case allNumbers:
		c.kind = numbers
	case c.unit != "" && c.measured == n:
		c.kind, c.numbers = numbers, n
	case c.numbers*100 >= n*mixedShare && c.zeros && c.integral:
		c.kind = codes
		if c.rarelyTwice() {
			c.kind = identifier
		}
	case (max(c.numbers, c.measured)+c.points)*100 >= n*mixedShare:
		c.kind, c.most = mixed, numbers
	case c.units.MostAreDurations(c.name, mixedShare):
		c.kind, c.most, c.unit, c.integral, c.numbers = mixed, numbers, encode.Durations, false, c.units.Durations()
	case c.flag() != nil:
		c.kind = flags
	case c.unique() && hasNames().MatchString(c.name) && c.spaces < longName*n:
		c.kind = identifier
	case c.spaces > 3*n && (c.unique() || len(c.counts) > maxWords):
		c.kind = texts
	case c.rarelyTwice():
		c.kind = identifier
	default:
		c.kind = words
	}
}

// leastCounted is a whole number that nothing measured reaches with all its digits: where each row has another of that
// size, they were given out.
const leastCounted = 1 << 53

// foreignNumber matches numbers in forms that are not read: 57 1/2, 0x39, 5.75D+01 as Fortran writes it, in single
// quotes, of which spreadsheets write the first alone, and digits of other scripts. The first would be a date of
// January otherwise.
var foreignNumber = pattern(`^[-+]?('[-+]?[0-9]+[0-9.,]*'?|\d+ \d+/\d+|0[xX][0-9a-fA-F]+|\d*[.,]\d+[dD][-+]?\d{1,3}|` +
	`[0-9٠-٩۰-۹०-९０-９]*[٠-٩۰-۹०-९０-９][0-9٠-٩۰-۹०-९０-９.,٫٬．]*)$`)

// fewForeign is the number of different numbers up to which they may as well be words.
const fewForeign = 10

// rarelyTwice tells whether most words of a column are those of one row, of which nothing is learned for others.
func (c *column) rarelyTwice() bool {
	return c.unique() || c.present() > 20 && len(c.counts)*2 > c.present()
}

// another says in how far the rows have each another field of a column that is taken for an identifier.
func (c *column) another() string {
	if c.unique() {
		return "nearly every row has another"
	}
	return fmt.Sprintf("its %d rows have %d fields, too few of each", c.present(), len(c.counts))
}

// mixedShare is the percentage of fields from which on a column is one of numbers or dates, though others are neither.
const mixedShare = 80

// settleLayout returns the form of dates that fits most fields, and leaves those that fit as many; -1 if none does.
func (c *column) settleLayout() int {
	best := -1
	for l, r := range c.layouts[:encode.Unix] {
		if r != nil && c.present()-r.odd > c.dated {
			c.dated, c.datedAs = c.present()-r.odd, encode.Layout(l)
		}
		if r != nil && 100*r.odd > (100-mixedShare)*c.present() {
			c.layouts[l] = nil
		} else if r != nil && (best < 0 || r.odd < c.layouts[best].odd) {
			best = l
		}
	}
	for l, r := range c.layouts[:encode.Unix] {
		if r != nil && r.odd > c.layouts[best].odd {
			c.layouts[l] = nil
		}
	}
	if best == int(encode.DayFirst) && c.layouts[encode.MonthFirst] != nil && c.isAmerican() {
		return int(encode.MonthFirst)
	}
	return best
}

// offset matches a time of day with its offset from UTC.
var offset = pattern(`[0-9]:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)? ?([+-][0-9]{2}(?::?[0-9]{2})?)$`)

// findOffsets lists two different offsets of the fields, those that come first, if there are several.
func (c *column) findOffsets() {
	first := map[string]int{} // the line of each
	for field, k := range c.facts {
		if m := offset().FindStringSubmatch(field); m != nil && (first[m[1]] == 0 || k.line < first[m[1]]) {
			first[m[1]] = k.line
		}
	}
	if len(first) > 1 {
		c.offsets = slices.SortedFunc(maps.Keys(first), func(a, b string) int { return first[a] - first[b] })[:2]
	}
}

// american matches a date with slashes and a half of the day, as they are written where the month comes first.
var american = pattern(`(?i)^[0-9]+/[0-9]+/[0-9]+ .*[0-9] ?[ap]m$`)

// isAmerican tells whether most fields of a column are written so.
func (c *column) isAmerican() bool {
	n := 0
	for field, times := range c.counts {
		if american().MatchString(field) {
			n += times
		}
	}
	return n*100 >= c.present()*mixedShare
}

// findOdd lists the odd fields of a column of mixed kind.
func (c *column) findOdd() {
	if c.most == "" {
		return
	}
	for field, k := range c.facts {
		if !c.isValue(field) {
			c.odd = append(c.odd, oddField{text: field, line: k.line, n: c.counts[field]})
		}
	}
	for _, o := range c.late {
		if !c.isValue(o.text) {
			c.odd = append(c.odd, *o)
		}
	}
	slices.SortFunc(c.odd, func(a, b oddField) int { return cmp.Or(a.line-b.line, strings.Compare(a.text, b.text)) })
}

// isValue tells whether a field is a number, if only one with the unit of the column, or a date where most fields are.
func (c *column) isValue(field string) bool {
	if c.most == dates {
		_, err := c.layout.Parse(field)
		return err == nil
	}
	return (&encode.Column{Unit: c.unit}).Put(make([]float32, 1), field, c.format) == nil
}

// countOdd returns the number of odd fields of a column of mixed kind.
func (c *column) countOdd() int {
	switch {
	case c.most == dates:
		return c.dateRange.odd
	case c.unit == encode.Durations:
		return c.present() - c.numbers
	}
	return c.present() - max(c.numbers, c.measured)
}

// takeWrong makes a column of mixed kind one of what most of its fields are: the odd ones make bad rows.
func (c *column) takeWrong() {
	c.wrong, c.kind = c.countOdd(), c.most
	c.points = 0
	for _, o := range c.odd {
		delete(c.counts, o.text)
	}
	if c.kind == numbers {
		if c.numbers = c.present(); c.integral && c.unique() && (idName().MatchString(c.name) || c.stepped()) {
			c.kind = identifier
		}
	}
}

// saysWrong says which fields make bad rows: `; but for "n/k" in line 7, a bad row`.
func (c *column) saysWrong() string {
	switch {
	case c.wrong == 0:
		return ""
	case c.wrong == 1 && len(c.odd) == 1:
		return fmt.Sprintf("; but for %s, a bad row", c.odd[0])
	case len(c.odd) == 0:
		return fmt.Sprintf("; but for %d fields, bad rows", c.wrong)
	}
	return fmt.Sprintf("; but for %d fields, such as %s: bad rows", c.wrong, c.odd[0])
}

// String is a field and its line.
func (o oddField) String() string {
	if o.line == 0 {
		return strconv.Quote(clip(o.text))
	}
	return fmt.Sprintf("%q in line %d", clip(o.text), o.line)
}

// hasNames matches the name of a column of names, of people or things, and longName is the number of blanks in a field
// from which on it is a text all the same.
var hasNames = pattern(`(?i)(^|[_ -])(full|sur|user|nick)?` +
	`(name|nom|nombre|nome|vorname|nachname|naam)$|[a-z]Name$`)

const longName = 8

// isMark tells whether the one value of a column, such as an x, is said of many rows and not of many others, so that
// where it is missing says something.
func (c *column) isMark() bool {
	least := min(c.missing, c.present())
	return least*100 > c.rows && least > 2
}

// fewDates is the number of fields up to which they may be valid dates, or different numbers, by accident: of numbers
// of eight digits one in some thousand is a date of the years 1900 to 2100.
const fewDates = 20

// areDates tells whether numbers are dates by what they are: eight digits each, or six of months, of years that tables
// are about.
func (c *column) areDates() bool {
	const from, to = -2208988800, 4133980800 // 1900-01-01, 2101-01-01
	digits := c.least >= 19000000 && c.largest <= 21010000 || c.least >= 190001 && c.largest <= 210012
	return len(c.counts) > fewDates && digits && c.first >= from && c.last < to
}

// stepped tells whether whole numbers, sorted, stand equally far apart, as those do that something counted out.
func (c *column) stepped() bool {
	if c.many || len(c.counts) <= fewDates {
		return false
	}
	list := make([]int64, 0, len(c.counts))
	for field := range c.counts {
		v, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return false
		}
		list = append(list, v)
	}
	slices.Sort(list)
	for i := range list[1:] {
		if list[i+1]-list[i] != list[1]-list[0] {
			return false
		}
	}
	return true
}

// fewUnits is the number of units up to which they are those of one quantity: more are words behind numbers.
const fewUnits = 4

// hasSeveralUnits tells whether all fields are numbers, of several units.
func (c *column) hasSeveralUnits() bool { return c.units.Several() }

// saysUnit says what the numbers of a column stand beside: " of kg, which 3 fields lack".
func (c *column) saysUnit() string {
	unit := c.units.Only()
	switch {
	case c.unit == encode.Durations:
		return ", the seconds of a duration"
	case unit == "" && c.accounts:
		return ", below 0 in brackets or before a minus"
	case unit == "" && c.marked:
		return ", without the marks of thousands"
	case unit == "":
		return ""
	case c.units.Bare > 0:
		return fmt.Sprintf(" of %s, which %s not say", unit, count(c.units.Bare, "field does", "fields do"))
	}
	return " of " + unit
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

// flag returns the two words of a flag, each as it is written most often; nil if the column holds others.
func (c *column) flag() []string {
	if len(c.counts) > maxWords {
		return nil
	}
	list := c.byCount()
	for _, set := range flagSets {
		is := func(want string) func(string) bool { return func(w string) bool { return strings.EqualFold(w, want) } }
		no, yes := slices.IndexFunc(list, is(set[0])), slices.IndexFunc(list, is(set[1]))
		if no >= 0 && yes >= 0 && !slices.ContainsFunc(list, func(w string) bool {
			return !is(set[0])(w) &&
				!is(set[1])(w)
		}) {
			return []string{list[no], list[yes]}
		}
	}
	return nil
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

// maxStray is the number of different words among the numbers of a column up to which they are taken for missing
// values, such as "unknown" or "n.d."; more of them are a column of another kind.
const maxStray = 3

// saysMissing matches words that say in a column of numbers that there is none, of which there may be any number.
var saysMissing = pattern(`(?i)^([-.*?_x]+|n\.?[ /]?[ad]\.?|#.*|nil|undefined|` +
	`missing|unknown|unk|none|not (available|applicable|known|measured|recorded|reported)|` +
	`no (data|value)|tb[ad]|k\.? ?a\.?|unbekannt|fehlt|inconnu|desconocido|blank|empty|error)$`)

// sheetError matches what spreadsheets write in place of a value that they could not compute.
var sheetError = pattern(`^#(N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)$`)

// stray returns the words of columns of numbers and dates that stand for missing values: all that say so, and others if
// they are few; and of columns of words the errors of spreadsheets. What is left makes bad rows, and where that is too
// many, nothing does.
func stray(columns []*column) (list []oddField) {
	add := func(o oddField) {
		if !slices.ContainsFunc(list, func(other oddField) bool { return other.text == o.text }) {
			list = append(list, o)
		}
	}
	for _, c := range columns {
		if c.most == "" {
			if c.kind == words && !c.many {
				for _, text := range slices.Sorted(maps.Keys(c.counts)) {
					if sheetError().MatchString(text) {
						add(oddField{text: text, n: c.counts[text], word: true})
					}
				}
			}
			continue
		}
		left := c.countOdd()
		var words, unknown []oddField
		wrong := 0
		for _, o := range c.odd {
			_, measured := table.Unit(o.text, c.format)
			switch {
			case !printable(o.text), c.most == numbers && (measured || table.IsAmount(o.text, c.format)):
				// of another unit, or of the other decimal mark, which is no missing one
			case saysMissing().MatchString(o.text):
				words = append(words, o)
			case c.most == numbers && strings.ContainsAny(o.text, "0123456789"):
				wrong++ // a number that is written wrongly, such as 12*, stands for something
			default:
				unknown = append(unknown, o)
			}
		}
		if len(unknown)+wrong <= maxStray {
			words = append(words, unknown...)
		}
		for _, o := range words {
			left -= o.n
		}
		if left > table.Few(c.present()) {
			continue
		}
		for _, o := range words {
			add(o)
		}
	}
	return list
}

// Limits of what init looks at: a table goes on behind so many rows, or bytes of their fields, but what it holds is
// told by these.
var (
	mostRows  = 2_000_000
	mostBytes = 128 << 20
)

// look reads a table once, up to mostRows and mostBytes; o.Missing holds the fields that stand for no value. seen is
// the number of rows that were read, bad ones too, where there are more of them; else 0.
func look(file string, o table.Options) (t *table.Table, columns []*column, rows, seen int, bad []string, err error) {
	t, err = table.Open(file, file, o)
	if a := table.Array(""); errors.As(err, &a) {
		err = fmt.Errorf("%s: it is an array (%s), and --data takes a table or a folder of pictures; run init without --data, "+
			"and write into the spec input: {shape: […]} and data: {train: {%[2]s: FILE, labels: FILE}, test_split: 0.2}",
			file, string(a))
	}
	if err != nil {
		return nil, nil, 0, 0, nil, err
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
			return nil, nil, 0, 0, nil, fmt.Errorf("%s:%d: columns %d and %d are both called %q; rename one of them",
				file, max(t.Lines, 1), k+1, i+1, name)
		}
		ref := name
		if name == "" || !printable(name) { // a name that the header has wins over the place that it may be too
			ref = fmt.Sprintf("#%d", i+1)
		}
		c := newColumn(name, ref, i)
		c.json = t.JSON
		columns = append(columns, c)
	}
	for _, c := range columns {
		c.format = &encode.Format{Comma: t.Comma}
	}
	var last table.Row // is seen once it is known whether it sums up the others
	see := func() {
		for i, field := range last.Fields {
			columns[i].see(strings.TrimSpace(field), last.Line, f)
		}
	}
	t.ReadAhead()
	bytes, all := 0, 0
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, 0, 0, nil, err
		}
		if all == mostRows || bytes >= mostBytes {
			seen = all
			break
		}
		all++
		for _, field := range row.Fields {
			bytes += len(field)
		}
		if row.Err != nil {
			bad = append(bad, fmt.Sprintf("%s:%d: %v", file, row.Line, row.Err))
			continue
		}
		see()
		rows++
		last.Line, last.Fields = row.Line, append(last.Fields[:0], row.Fields...)
	}
	for _, c := range columns {
		c.countKept()
	}
	if seen == 0 && (sumsUp(last.Fields, columns) || addsUp(last.Fields, columns, f)) {
		rows--
	} else {
		see()
	}
	for _, c := range columns {
		c.countKept()
		c.settle()
		c.facts, c.late = nil, nil
	}
	return t, columns, rows, seen, bad, nil
}

// sumsUp tells whether the last row of a table says that it sums up the others, in a column where no other does.
func sumsUp(row []string, columns []*column) bool {
	return slices.ContainsFunc(columns[:len(row)], func(c *column) bool {
		field := strings.TrimSpace(row[c.place])
		return data.IsTotal(field) && c.counts[field] == 0 && c.rows > 1
	})
}

// addsUp tells whether the last row of a table, of which some fields are empty and the others are numbers, or all are
// several numbers that no other row has, holds the sums of the others.
func addsUp(row []string, columns []*column, f *encode.Format) bool {
	const leastSummed = 10 // rows, of which none is by chance the sum of all others
	empty, sums, again := 0, 0, false
	for _, c := range columns[:len(row)] {
		field := strings.TrimSpace(row[c.place])
		if f.IsMissing(field) {
			empty++
		} else if k := c.factsOf(field, f); k.err == nil && c.rows >= leastSummed &&
			data.IsSum(k.exact, c.sum, !c.rounded && !k.isRounded()) {
			sums++
			again = again || c.counts[field] > 0
		}
	}
	return (empty > 0 && sums > 0 || sums > 1 && !again) && empty+sums == len(row)
}

// printable tells whether a name may stand in a spec: YAML takes no control characters.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' ||
			r == '\u007f' || r == '\ufffd'
	})
}
