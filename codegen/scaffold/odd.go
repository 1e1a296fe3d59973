package scaffold

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
)

// oddField is a field unlike all others of its column, with the line where it comes first, 0 if that is not known.
type oddField struct {
	text    string
	line, n int
	word    bool // it is of a column of words
}

// String is a field and its line.
func (o oddField) String() string {
	if o.line == 0 {
		return strconv.Quote(clip(o.text))
	}
	return fmt.Sprintf("%q in line %d", clip(o.text), o.line)
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
