package scaffold

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/encode"
)

// feature is a column that the input reads.
type feature struct {
	*column
	words int      // the most frequent of the training rows, each a number
	flag  []string // of two words
	parts []encode.Part
}

// useColumn decides what becomes of a column that is no label.
func (d *draft) useColumn(c *column) {
	f := &feature{column: c}
	width := 1
	switch c.kind {
	case numbers:
		width = d.useNumbers(f)
	case flags:
		if c.missing > 0 {
			c.kind = words // whose missing word counts by itself
			d.useColumn(c)
			return
		}
		f.flag = c.flag()
		c.use = fmt.Sprintf("0 for %s, 1 for %s", f.flag[0], f.flag[1])
	case words, codes:
		width = f.useWords()
	case dates:
		width = d.useDates(f)
	case texts:
		d.useText(c)
		return
	default:
		c.use = "left out: " + d.whyLeftOut(c)
		return
	}
	c.used = true
	d.inputs += width
	d.features = append(d.features, f)
}

// useNumbers says what becomes of a column of numbers, and returns how many numbers that are.
func (d *draft) useNumbers(f *feature) (width int) {
	width = 1
	f.use = "a number" + f.saysUnit()
	if f.missing > 0 {
		f.use += ", the median where it is missing"
		if d.indicated(f.column) {
			f.use, width = f.use+", and whether it is", 2
		}
	}
	f.use += f.saysWrong()
	return width
}

// useWords says what becomes of a column of words, each a number, and returns how many.
func (f *feature) useWords() (width int) {
	f.words = len(f.counts)
	if f.words > maxWords {
		f.words = f.ownWords()
	}
	f.use, width = fmt.Sprintf("its %s, and others", count(f.words, "word", "most frequent words")), f.words+1
	if f.words > maxWords {
		f.use += fmt.Sprintf(" (more than %d, since others would be over a tenth of the rows)", maxWords)
	}
	if f.missing > 0 {
		f.use, width = f.use+", or missing", width+1
	}
	return width
}

// useDates says what becomes of a column of dates, which parts of them, and returns how many numbers those are.
func (d *draft) useDates(f *feature) (width int) {
	f.parts = d.parts(f.column)
	for _, p := range f.parts {
		width += (&encode.Column{Kind: encode.Date, Parts: []encode.Part{p}}).Width()
	}
	_, names := net.DateWords(f.layout, f.parts)
	f.use = strings.Join(names, ", ")
	either := f.layouts[encode.DayFirst] != nil && f.layouts[encode.MonthFirst] != nil
	switch {
	case f.layout == encode.DayFirst && either:
		f.use += "; the day first, though it may be the month"
	case f.layout == encode.MonthFirst && either:
		f.use += "; the month first, though it may be the day"
	case f.layout == encode.DayFirst:
		f.use += "; the day first"
	case f.layout == encode.MonthFirst:
		f.use += "; the month first"
	}
	if f.missing > 0 {
		f.use += ", the median where it is missing"
	}
	f.use += f.saysWrong()
	return width
}

// whyLeftOut says why a column becomes no input.
func (d *draft) whyLeftOut(c *column) string {
	switch {
	case c.kind == mixed && c.points > 0:
		return d.otherMarks(c)
	case c.kind == mixed && c.hasSeveralUnits():
		return "its numbers have several units, " + c.listUnits()
	case c.kind == mixed:
		return fmt.Sprintf("%d of %d fields are %ss, others, such as %q, are not", c.present()-c.countOdd(), c.present(),
			c.most, c.oddOne())
	case c.kind == lists:
		return "it holds lists"
	case c.kind == foreign:
		return fmt.Sprintf("its numbers, such as %q, are in a form that is not read; write 57.5", c.oddOne())
	case c.kind == constant:
		return "it does not vary"
	case c.kind == empty:
		return "it is empty"
	case c.kind == index:
		return "it counts the rows"
	case c.numbers < c.present() && 4*c.numbers >= c.present(): // an identifier, as all below
		return fmt.Sprintf("%d of %d fields are numbers, %s", c.numbers, c.present(), c.saysOdd())
	case 2*c.unspaced > c.present():
		return c.another() + "; if these are texts without blanks between words, tokens: {column: …, characters: …} takes " +
			"their characters"
	case c.spaces >= c.present() && !hasNames().MatchString(c.name):
		return c.another() + "; if these are texts, tokens: {column: …, words: …} takes their words"
	}
	return c.another()
}

// ownWords returns how many words of a column that holds more than maxWords get a number of their own: as many as fit,
// or if the others are more than a tenth of its fields, and come often enough to learn of each, those that do, up to
// mostOwnWords.
func (c *column) ownWords() int {
	const enough, mostOwnWords = 3, 256
	words, others := maxWords-1, 0
	for k, word := range c.byCount() {
		if k >= maxWords-1 && k < mostOwnWords && c.counts[word] >= enough {
			words, others = k+1, others+c.counts[word]
		}
	}
	if c.many || 10*others <= c.present() {
		return maxWords - 1
	}
	return words
}

// indicated tells whether so many fields are missing, more than 1 %, that it is a number of its own.
func (d *draft) indicated(c *column) bool { return c.missing*100 > c.rows }

// parts returns the parts of a date that vary.
func (d *draft) parts(c *column) []encode.Part {
	var parts []encode.Part
	const day, year = 86400, 365 * 86400
	span := c.last - c.first
	if span > year {
		parts = append(parts, encode.Year)
	}
	switch months := span / (30 * day); {
	// days of several years: a month is too coarse for a season
	case span > year && (c.many || float64(len(c.counts)) > 2*months):
		parts = append(parts, encode.YearDay)
	case span > 31*day:
		parts = append(parts, encode.Month)
	}
	if c.last < day && c.first >= 0 && c.layout < encode.Unix { // times of day alone
		return []encode.Part{encode.Hour}
	}
	if c.days && (len(c.counts) > 12 || c.many) || c.layout >= encode.Unix {
		parts = append(parts, encode.Weekday)
	}
	if c.clock || c.layout >= encode.Unix {
		parts = append(parts, encode.Hour)
	}
	if len(parts) == 0 {
		parts = append(parts, encode.Day)
	}
	return parts
}

// otherMarks says which fields of a column have another decimal mark than the table.
func (d *draft) otherMarks(c *column) string {
	one, table := "a decimal comma", "points"
	if d.table.Comma {
		one, table = "a decimal point", "commas"
	}
	have := "fields, such as %q in line %d, have"
	if c.points == 1 {
		have = "field, %q in line %d, has"
	}
	return fmt.Sprintf("%d "+have+" %s, where the table has decimal %s", c.points, c.pointed, c.pointedAt, one, table)
}

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

// listUnits lists the units of a column, with how often each comes.
func (c *column) listUnits() string {
	var parts []string
	for _, u := range c.units.Sorted() {
		parts = append(parts, fmt.Sprintf("%q %d times", u, c.units.Counts[u]))
	}
	if c.units.Bare > 0 {
		parts = append(parts, fmt.Sprintf("none %d times", c.units.Bare))
	}
	return strings.Join(parts, ", ") + "; write one"
}

// oddOne returns the most frequent field that is no number, or date where most are.
func (c *column) oddOne() string {
	return c.mostFrequent(func(word string) bool { return !c.isValue(word) })
}

// saysOdd says of the fields that are no numbers, of which there is one, why: "others, such as "x", are not".
func (c *column) saysOdd() string {
	odd := c.oddOne()
	if _, err := c.format.Number(odd); err == encode.ErrRange {
		return fmt.Sprintf("others, such as %q, are beyond the range of float32", odd)
	}
	return fmt.Sprintf("others, such as %q, are not", odd)
}

// oddDate returns the most frequent field that is no date in the form of the most.
func (c *column) oddDate() string {
	return c.mostFrequent(func(word string) bool {
		_, err := c.datedAs.Parse(word)
		return err != nil
	})
}

// another says in how far the rows have each another field of a column that is taken for an identifier.
func (c *column) another() string {
	if c.unique() {
		return "nearly every row has another"
	}
	return fmt.Sprintf("its %d rows have %d fields, too few of each", c.present(), len(c.counts))
}
