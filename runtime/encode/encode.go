// Package encode turns the fields of a row into the numbers of an input: numbers, words, flags and dates, each of
// which may be missing.
//
// It is the one place that says what a field means: nngen reads tables with it, and so do generated packages, so that
// a row gives the same numbers in training and in use.
package encode

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Kind is what a column holds.
type Kind uint8

// The kinds of columns.
const (
	Number Kind = iota // one number
	Words              // one of Values, and one number for each of them: 1 for the word that stands there, else 0; see Column.Word
	Flag               // one of two Values: 0 for the first, 1 for the second, whatever their case
	Date               // a date or time in the form of Layout: one or two numbers for each of Parts
)

// Column is one field of a row, and what becomes of it.
type Column struct {
	Name   string
	Kind   Kind
	Values []string
	// Member is what encoding/json calls the field of a struct for the column, where no tag can hold Name.
	Member string `json:",omitempty"`
	// Most is the number of Words that have a number each, where Values may hold fewer; 0 for as many as Values.
	Most int
	// Other adds a number to Words that is 1 for any other word; without it such a word is an error.
	Other bool
	// Missing adds a number to Words that is 1 where the field is missing.
	Missing bool
	// Unit is what may stand behind or before a Number, such as kg; Durations for durations, in seconds.
	Unit string `json:",omitempty"`
	// Fill is the field in place of a missing one; without it, but in Words with Missing, that is an error.
	Fill string
	// Indicator adds a number that is 1 where the field is missing, else 0.
	Indicator bool
	Layout    Layout
	Parts     []Part
	// Fixed are the numbers of the column that are the same in all training rows. Whatever a field holds, they stay so,
	// since nothing was learned of another: a word that no training row has is all zeros where none has one beyond Values.
	Fixed []Fixed `json:",omitempty"`
}

// Fixed is the number at a place of a column, from 0 on.
type Fixed struct {
	At    int
	Value float32
}

// Format is how the fields of a table are written.
type Format struct {
	Missing []string // what stands for no value, beside an empty field
	Comma   bool     // numbers have a decimal comma
}

// Width returns how many numbers a column gives.
func (c *Column) Width() int {
	n := 1
	switch c.Kind {
	case Words:
		return c.wordsWidth()
	case Date:
		n = 0
		for _, p := range c.Parts {
			n += p.width()
		}
	}
	if c.Indicator {
		n++
	}
	return n
}

// wordsWidth is Width of Words.
func (c *Column) wordsWidth() int {
	n := c.words()
	if c.Other {
		n++
	}
	if c.Missing {
		n++
	}
	if c.Indicator {
		n++
	}
	return n
}

// words returns how many words have a number.
func (c *Column) words() int { return max(c.Most, len(c.Values)) }

// IsMissing tells whether a field without blanks around it stands for no value.
func (f *Format) IsMissing(field string) bool {
	return field == "" || slices.Contains(f.Missing, field)
}

// The errors of Number.
var (
	ErrNumber = errors.New("is not a number")
	ErrPoint  = errors.New("has a decimal point, where numbers have a decimal comma")
	ErrComma  = errors.New("has a decimal comma, where numbers have a decimal point")
	ErrRange  = errors.New("is beyond the range of float32")
	ErrFinite = errors.New("is no finite number")
)

// Number reads a decimal number, in which marks may stand between thousands, as in 1,234.50. Where numbers have a decimal
// comma, a dot stands between thousands and nowhere else: 1.234 is 1234. Accounts write −12 as (12) or 12- as well, and
// shops 12 as 12,- there. What else stands beside a number, such as $ or %, is read by a Column of that Unit alone. An
// error is one of ErrNumber, ErrPoint, ErrComma, ErrRange and ErrFinite.
func (f *Format) Number(field string) (float32, error) {
	if v, ok := f.Decimal(field); ok {
		return v, nil
	}
	return f.scaled(field, "")
}

// scaled reads a number times a power of ten, such as e3; "" for 1.
func (f *Format) scaled(field, power string) (float32, error) {
	plain, dotted := field, f.Comma && strings.IndexByte(field, '.') >= 0
	if f.Comma {
		plain = strings.Replace(field, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(plain+power, 32)
	if dotted || errors.Is(err, strconv.ErrSyntax) {
		switch unmarked := f.unmarked(field); {
		case unmarked != "":
			v, err = strconv.ParseFloat(unmarked+power, 32)
		case dotted && err == nil:
			return 0, ErrPoint
		}
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, ErrRange
	case err != nil && !f.Comma && isComma(field):
		return 0, ErrComma
	case err != nil || isHex(field):
		return 0, ErrNumber
	case math.IsNaN(v) || math.IsInf(v, 0):
		return 0, ErrFinite
	}
	return float32(v), nil
}

// mark returns the decimal mark.
func (f *Format) mark() byte { return decimalMark(f.Comma) }

// isComma tells whether a field is a number with a decimal comma.
func isComma(field string) bool {
	if strings.Count(field, ",") != 1 {
		return false
	}
	_, err := (&Format{Comma: true}).Number(field)
	return err == nil
}

// isHex tells whether a number that ParseFloat reads is none of decimal digits alone.
func isHex(field string) bool {
	for i := range len(field) {
		if c := field[i]; c == 'x' || c == 'X' || c == '_' {
			return true
		}
	}
	return false
}

// unmarked returns a number without the marks between thousands; "" if they stand where none may. Those are a comma, or
// a dot where numbers have a decimal comma, or blanks and apostrophes.
func (f *Format) unmarked(field string) string {
	sign, rest := signOf(field)
	thousands, point := ",", "."
	if f.Comma {
		thousands, point = ".", ","
	}
	if before, ok := strings.CutSuffix(rest, point+"-"); ok { // prices without cents
		rest = before
	}
	whole, fraction, hasPoint := strings.Cut(rest, point)
	for _, mark := range []string{thousands, " ", "\u00a0", "\u2009", "\u202f", "'", "\u2019"} {
		if strings.Contains(whole, mark) {
			groups := strings.Split(whole, mark)
			if !areThousands(groups) {
				return ""
			}
			whole = strings.Join(groups, "")
			break
		}
	}
	if !areDigits(whole) || !areDigits(fraction) || whole+fraction == "" {
		return ""
	}
	if hasPoint {
		whole += "." + fraction
	}
	return sign + whole
}

// signOf cuts off the sign of a number, wherever it stands: −12, (12) and 12- are the same. A dash behind a decimal mark is
// none: 12,- has no cents.
func signOf(field string) (sign, rest string) {
	if before, ok := strings.CutSuffix(field, ")"); ok && strings.HasPrefix(before, "(") {
		return "-", strings.TrimSpace(before[1:])
	}
	if before, ok := strings.CutSuffix(field, "-"); ok && before != "" && !strings.ContainsAny(before[len(before)-1:], ".,") {
		return "-", strings.TrimSpace(before)
	}
	for _, s := range []string{"-", "+", "\u2212"} {
		if after, ok := strings.CutPrefix(field, s); ok {
			return strings.Replace(s, "\u2212", "-", 1), strings.TrimSpace(after)
		}
	}
	return "", field
}

// areThousands tells whether groups of digits are those of one number: three each, but of the first one to three, which
// are no zeros.
func areThousands(groups []string) bool {
	for i, g := range groups {
		if !areDigits(g) || len(g) > 3 || i > 0 && len(g) < 3 || i == 0 && (g == "" || g[0] == '0') {
			return false
		}
	}
	return true
}

func areDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Put fills the first Width elements of x by a field. Blanks around it do not count. If there is an error, they hold
// nothing useful.
func (c *Column) Put(x []float32, field string, f *Format) error {
	x = x[:c.Width()]
	clear(x)
	return c.put(x, field, f)
}

// put fills x, which is cleared and has Width elements, as Put does.
func (c *Column) put(x []float32, field string, f *Format) error {
	err := c.putField(x, field, f)
	c.fix(x)
	return err
}

// fix puts the Fixed numbers in their places.
func (c *Column) fix(x []float32) {
	for _, p := range c.Fixed {
		x[p.At] = p.Value
	}
}

// putField is put without what is Fixed.
func (c *Column) putField(x []float32, field string, f *Format) error {
	field = strings.TrimSpace(field)
	if c.Kind == Words {
		return c.putWord(x, field, f)
	}
	filled := f.IsMissing(field) && !slices.Contains(c.Values, field)
	if filled {
		if c.Fill == "" {
			return missing(field, ", and nothing fills it in")
		}
		if field = c.Fill; c.Indicator {
			x[len(x)-1] = 1
		}
		f = &Format{} // a spec and nngen itself write it with a decimal point
	}
	switch c.Kind {
	case Flag:
		switch {
		case strings.EqualFold(field, c.Values[1]):
			x[0] = 1
		case !strings.EqualFold(field, c.Values[0]):
			return about(field, "is neither "+c.Values[0]+" nor "+c.Values[1])
		}
	case Date:
		t, err := c.Time(field)
		if err != nil {
			return err
		}
		c.putDate(x, t)
	default:
		if !filled && c.Unit == Percent && IsShare(field, f) {
			return about(field, errShare)
		}
		v, err := c.number(field, f)
		if err != nil {
			return about(field, err.Error())
		}
		x[0] = v
	}
	return nil
}

// Time reads a field of a column of dates, in seconds since 1970. What fills missing ones may be written year first,
// whatever the form of the others. A time of day alone has nothing but an hour.
func (c *Column) Time(field string) (float64, error) {
	if isClock(field) && slices.ContainsFunc(c.Parts, func(p Part) bool { return p != Hour }) {
		return 0, about(field, "is a time of day without a date")
	}
	t, err := c.Layout.Parse(field)
	if err != nil && field == c.Fill {
		return YearFirst.Parse(field)
	}
	return t, err
}

// Word returns which of the words of a column a field without blanks around it is: the same, or else the one that differs
// from it in case alone. It is −1 if there is none, or several are alike but for case.
func (c *Column) Word(field string) int {
	found := slices.Index(c.Values, field)
	if found >= 0 {
		return found
	}
	for k, word := range c.Values {
		switch {
		case !strings.EqualFold(word, field):
		case found >= 0:
			return -1
		default:
			found = k
		}
	}
	return found
}

// IsOther tells whether a field is a word that has no number of its own; x are the numbers that Put made of it.
func (c *Column) IsOther(x []float32, field string, f *Format) bool {
	if c.Kind != Words || !c.Other || slices.Contains(x[:c.words()], 1) {
		return false
	}
	field = strings.TrimSpace(field)
	return x[c.words()] == 1 || !f.IsMissing(field) && c.Word(field) < 0
}

// IsSilent tells whether a word that has no number of its own leaves all numbers of the column 0.
func (c *Column) IsSilent() bool {
	return slices.ContainsFunc(c.Fixed, func(p Fixed) bool { return p.At == c.words() })
}

// putWord sets the number of a word. A word of the column is no missing value, however it reads.
func (c *Column) putWord(x []float32, field string, f *Format) error {
	k := slices.Index(c.Values, field)
	if k >= 0 {
		x[k] = 1
		return nil
	}
	empty := f.IsMissing(field)
	if k = c.Word(field); k >= 0 && !empty {
		x[k] = 1
		return nil
	}
	switch {
	case empty && c.Missing:
		k = len(x) - 1
	case !empty && c.Other:
		k = c.words()
	case empty:
		return missing(field, ", and no training row lacked one; missing: true in the spec gives it a number")
	default:
		return about(field, "is none of "+some(c.Values))
	}
	x[k] = 1
	return nil
}

// missing says that a field has no value, and what follows.
func missing(field, then string) error {
	if field == "" { // as of a struct, or of a member that is null or not there
		return errors.New("there is no value" + then)
	}
	return about(field, "is a missing value"+then)
}

// about says what is wrong with a field.
func about(field, what string) error { return errors.New(strconv.Quote(field) + " " + what) }

// some lists words, the first of many.
func some(words []string) string {
	const most = 12
	if len(words) > most {
		return strings.Join(words[:most], ", ") + ", …"
	}
	return strings.Join(words, ", ")
}

// Row fills x, which must have as many elements as the columns give numbers. If there is an error, which names the
// column, x holds nothing useful.
func Row(x []float32, fields []string, columns []Column, f *Format) error {
	if len(fields) != len(columns) {
		return errors.New(strconv.Itoa(len(fields)) + " fields, want " + strconv.Itoa(len(columns)))
	}
	for i := range columns {
		c := &columns[i]
		n := c.Width()
		clear(x[:n])
		if err := c.put(x[:n], fields[i], f); err != nil {
			return errors.New("column " + c.Name + ": " + err.Error())
		}
		x = x[n:]
	}
	return nil
}
