package scaffold

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

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

// mixedShare is the percentage of fields from which on a column is one of numbers or dates, though others are neither.
const mixedShare = 80

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

// classify decides what a column holds.
func (c *column) classify() {
	n := c.present()
	date := c.chooseLayout()
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

// chooseLayout returns the form of dates that fits most fields, and leaves those that fit as many; -1 if none does.
func (c *column) chooseLayout() int {
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
