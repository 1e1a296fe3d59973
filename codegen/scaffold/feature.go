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
		c.use = "a number" + c.saysUnit()
		if c.missing > 0 {
			c.use += ", the median where it is missing"
			if d.indicated(c) {
				c.use, width = c.use+", and whether it is", 2
			}
		}
		c.use += c.saysWrong()
	case flags:
		f.flag = c.flag()
		c.use = fmt.Sprintf("0 for %s, 1 for %s", f.flag[0], f.flag[1])
		if c.missing > 0 {
			c.kind = words // whose missing word counts by itself
			d.useColumn(c)
			return
		}
	case words, codes:
		f.words = len(c.counts)
		if f.words > maxWords {
			f.words = c.ownWords()
		}
		c.use, width = fmt.Sprintf("its %s, and others", count(f.words, "word", "most frequent words")), f.words+1
		if f.words > maxWords {
			c.use += fmt.Sprintf(" (more than %d, since others would be over a tenth of the rows)", maxWords)
		}
		if c.missing > 0 {
			c.use, width = c.use+", or missing", width+1
		}
	case dates:
		f.parts, width = d.parts(c), 0
		var names []string
		_, names = net.DateWords(c.layout, f.parts)
		for _, p := range f.parts {
			width += (&encode.Column{Kind: encode.Date, Parts: []encode.Part{p}}).Width()
		}
		c.use = strings.Join(names, ", ")
		switch {
		case c.layouts[encode.DayFirst] != nil && c.layouts[encode.MonthFirst] != nil && c.layout == encode.DayFirst:
			c.use += "; the day first, though it may be the month"
		case c.layouts[encode.DayFirst] != nil && c.layouts[encode.MonthFirst] != nil && c.layout == encode.MonthFirst:
			c.use += "; the month first, though it may be the day"
		case c.layout == encode.DayFirst:
			c.use += "; the day first"
		case c.layout == encode.MonthFirst:
			c.use += "; the month first"
		}
		if c.missing > 0 {
			c.use += ", the median where it is missing"
		}
		c.use += c.saysWrong()
	case mixed:
		if c.points > 0 {
			c.use = "left out: " + d.otherMarks(c)
			return
		}
		if c.hasSeveralUnits() {
			c.use = "left out: its numbers have several units, " + c.listUnits()
			return
		}
		c.use = fmt.Sprintf("left out: %d of %d fields are %ss, others, such as %q, are not",
			c.present()-c.countOdd(), c.present(), c.most, c.oddOne())
		return
	case texts:
		d.useText(c)
		return
	default:
		if c.kind == identifier && c.numbers < c.present() && 4*c.numbers >= c.present() {
			c.use = fmt.Sprintf("left out: %d of %d fields are numbers, %s", c.numbers, c.present(), c.saysOdd())
			return
		}
		c.use = map[string]string{
			lists:      "left out: it holds lists",
			foreign:    fmt.Sprintf("left out: its numbers, such as %q, are in a form that is not read; write 57.5", c.oddOne()),
			identifier: "left out: " + c.another(),
			constant:   "left out: it does not vary", empty: "left out: it is empty", index: "left out: it counts the rows",
		}[c.kind]
		if c.kind == identifier && 2*c.unspaced > c.present() {
			c.use += "; if these are texts without blanks between words, tokens: {column: …, characters: …} takes their " +
				"characters"
		} else if c.kind == identifier && c.spaces >= c.present() && !hasNames().MatchString(c.name) {
			c.use += "; if these are texts, tokens: {column: …, words: …} takes their words"
		}
		return
	}
	c.used = true
	d.inputs += width
	d.features = append(d.features, f)
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
