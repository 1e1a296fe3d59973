package encode

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Object reads a row from an object in JSON, which must be valid, as encoding/json hands it out: a member for each
// column, by its name, case included, and where no tag of encoding/json can hold the name also by its Member. into has a
// pointer for each column: to a *float32, a *bool, a string or a time.Time. The text of a string, and a number or true and
// false as they are written, is a field as a table has it, and read as one: numbers with marks and units, dates in each
// form of their column. For a column of words a number, or true and false, is an error unless some of its words are
// written so: see CheckBare. What is null, missing or not there leaves the zero value. Two members of one column are an
// error. Members of objects within the object are of columns such as geo.lat, and geo is an error if it is neither an
// object nor missing. A member that is of no column is left out,
// as nngen leaves out columns that nothing reads, unless it resembles a column that no member is of: that is an error. An
// error names the column and the value, or the member.
func Object(object []byte, columns []Column, f *Format, into ...any) error {
	text := strings.TrimSpace(string(object))
	if text == "null" {
		return nil
	}
	r := objectReader{columns: columns, f: f, into: into, filled: make([]string, len(columns))}
	if err := r.members(text, ""); err != nil {
		return err
	}
	for _, key := range r.unknown {
		for i := range columns {
			if r.filled[i] == "" && Resembles(columns[i].Name, key) {
				return errors.New("the member " + strconv.Quote(key) + " is of no column; is it meant for " + columns[i].Name + "?")
			}
			if r.filled[i] != "" && strings.EqualFold(columns[i].Name, key) {
				return errors.New("the members " + r.filled[i] + " and " + strconv.Quote(key) + " differ in case alone")
			}
		}
	}
	return nil
}

// objectReader fills the fields of a struct from an object.
type objectReader struct {
	columns []Column
	f       *Format
	into    []any
	filled  []string // the member of each column; "" for none so far
	unknown []string // members that are of no column
}

// maxNested is the deepest level of objects within objects.
const maxNested = 16

// members reads the members of an object, and of those within it: theirs are of columns such as geo.lat.
func (r *objectReader) members(object, prefix string) error {
	s := members{rest: object}
	if !s.begin('{') {
		return errors.New(clipped(s.rest) + " is no object of columns")
	}
	if strings.Count(prefix, ".") > maxNested {
		return errors.New("more than " + strconv.Itoa(maxNested) + " objects within each other")
	}
	for !s.begin('}') {
		s.begin(',')
		key, _ := unquote(s.value())
		key = prefix + key
		s.begin(':')
		value := s.value()
		if value == "" {
			return errors.New("the object ends early")
		}
		var err error
		switch i := columnOf(r.columns, key); {
		case i < 0 && value[0] == '{':
			err = r.members(value, key+".")
		case i < 0 && r.memberOf(key) != "" && !r.isMissing(value):
			err = errors.New("the member " + strconv.Quote(key) + " is " + clipped(value) + ", no object: the column " +
				r.memberOf(key) + " is a member of it")
		case i < 0:
			r.unknown = append(r.unknown, key)
		default:
			err = r.set(i, key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isMissing tells whether a value stands for none.
func (r *objectReader) isMissing(value string) bool {
	field, _ := unquote(value)
	return value == "null" || r.f.IsMissing(strings.TrimSpace(field))
}

// memberOf returns a column that is a member of the object of a name; "" if there is none.
func (r *objectReader) memberOf(key string) string {
	for i := range r.columns {
		if strings.HasPrefix(r.columns[i].Name, key+".") {
			return r.columns[i].Name
		}
	}
	return ""
}

// set fills the field of a column, and of others of its name: two inputs may read one column.
func (r *objectReader) set(i int, key, value string) error {
	quoted, name := strconv.Quote(key), r.columns[i].Name
	switch r.filled[i] {
	case "":
	case quoted:
		return errors.New("the member " + quoted + " comes twice")
	default:
		return errors.New("the members " + r.filled[i] + " and " + quoted + " are both of the column " + name)
	}
	for k := i; k < len(r.columns); k++ {
		if r.columns[k].Name != name {
			continue
		}
		r.filled[k] = quoted
		if err := r.columns[k].set(r.into[k], value, r.f); err != nil {
			return errors.New("column " + name + ": " + err.Error())
		}
	}
	return nil
}

// Resembles tells whether a member that is of no column may be meant for one: whether its name has the same letters and
// digits as that of the column, or as the last part of one of an object within another, or is up to two edits from it.
func Resembles(column, key string) bool {
	last := func(s string) string { return alphanumeric(s[strings.LastIndexByte(s, '.')+1:]) }
	plain := alphanumeric(column)
	if plain != "" && (strings.EqualFold(plain, alphanumeric(key)) || strings.EqualFold(last(column), last(key))) {
		return true
	}
	a, b := []rune(strings.ToLower(column)), []rune(strings.ToLower(key))
	most := min(2, (max(len(a), len(b))-1)/2)
	return most > 0 && max(len(a), len(b))-min(len(a), len(b)) <= most && edits(a, b) <= most
}

// edits returns how many letters are to be put in, taken out, replaced, or put in the place of the next and that in
// theirs, to make a word of another.
func edits(a, b []rune) int {
	row, older := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	above := make([]int, len(b)+1)
	for i := range a {
		older, above = above, older
		copy(above, row)
		before := row[0] // of the row above, one to the left
		row[0] = i + 1
		for j := range b {
			replaced := before
			if a[i] != b[j] {
				replaced++
			}
			before = row[j+1]
			row[j+1] = min(before+1, row[j]+1, replaced)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] { // older is the row above that above
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
	}
	return row[len(b)]
}

// columnOf returns the place of the column that a member of an object is of: of that name, or else whose Member that is;
// −1 if there is none.
func columnOf(columns []Column, key string) int {
	if i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == key }); i >= 0 {
		return i
	}
	return slices.IndexFunc(columns, func(c Column) bool { return c.Member == key && key != "" })
}

// alphanumeric returns the letters and digits of a name.
func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// set reads a value in JSON into the field of a struct.
func (c *Column) set(into any, value string, f *Format) error {
	field, text := unquote(value)
	if field = strings.TrimSpace(field); !text {
		switch value[0] {
		case '{', '[':
			return errors.New(clipped(value) + " is no single value")
		case 'n':
			field = ""
		}
	}
	missing := f.IsMissing(field) && c.Kind != Words
	switch v := into.(type) {
	case **float32:
		if *v = nil; missing {
			return nil
		}
		number := f
		if !text { // JSON has a decimal point, and a number of it the unit of its column
			number = &Format{}
		}
		if text && c.Unit == Percent && IsShare(field, number) {
			return about(field, errShare)
		}
		x, err := c.number(field, number)
		if err != nil {
			return about(field, err.Error())
		}
		*v = &x
	case **bool:
		if *v = nil; missing {
			return nil
		}
		yes, ok := c.isYes(field, !text)
		if !ok {
			return about(field, "is neither "+c.Values[0]+" nor "+c.Values[1])
		}
		*v = &yes
	case *time.Time:
		if *v = (time.Time{}); missing {
			return nil
		}
		read := c.Time
		if text {
			read = c.jsonTime
		}
		seconds, err := read(field)
		if err != nil {
			return err
		}
		whole := math.Floor(seconds)
		*v = time.Unix(int64(whole), int64(math.Round((seconds-whole)*1e9))).UTC()
	case *string:
		if err := c.CheckBare(value); err != nil {
			return err
		}
		*v = field
	}
	return nil
}

// jsonTime reads a date of a text in JSON: in the form of its column, or as package time writes it.
func (c *Column) jsonTime(field string) (float64, error) {
	seconds, err := c.Time(field)
	if err == nil || c.Layout < Unix {
		return seconds, err
	}
	if t, other := YearFirst.Parse(field); other == nil {
		return t, nil
	}
	return 0, err
}

// CheckBare is the error of a value in JSON without quotes, a number or true or false, in a column of words of which none
// is written so, or one is a code that begins with zeros, which numbers lose: 501 may have been 00501.
func (c *Column) CheckBare(value string) error {
	is := bare(value)
	if is == "" || c.Kind != Words {
		return nil
	}
	written, code := false, ""
	for _, word := range c.Values {
		written = written || bare(word) == is
		if is == "a number" && IsCode(word) && (code == "" || strings.TrimLeft(word, "0") == value) {
			code = word
		}
	}
	such := value
	switch {
	case code != "":
		such = code
	case written:
		return nil
	}
	return errors.New(clipped(value) + " is " + is + ", want a string, such as " + strconv.Quote(such))
}

// IsCode tells whether a word is of digits, of which the first is a zero that a number would lose.
func IsCode(word string) bool { return len(word) > 1 && word[0] == '0' && areDigits(word) }

// bare says what a value in JSON is that stands without quotes, "" for others.
func bare(value string) string {
	switch {
	case value == "true" || value == "false":
		return "true or false"
	case value != "" && (value[0] == '-' || value[0] >= '0' && value[0] <= '9'):
		if _, err := strconv.ParseFloat(value, 64); err == nil || errors.Is(err, strconv.ErrRange) {
			return "a number"
		}
	}
	return ""
}

// isYes tells whether a field is the value of a flag that stands for true, which true and false of JSON are as well.
func (c *Column) isYes(field string, bare bool) (yes, ok bool) {
	no := c.Yes() == 0
	switch {
	case bare && field == "true":
		return true, true
	case bare && field == "false":
		return false, true
	case strings.EqualFold(field, c.Values[1]):
		return !no, true
	case strings.EqualFold(field, c.Values[0]):
		return no, true
	}
	return false, false
}

// Yes returns which of the two values of a flag true stands for; −1 for a column of another kind, and for a flag whose
// values are other words.
func (c *Column) Yes() int {
	if c.Kind != Flag {
		return -1
	}
	for _, pair := range [...][2]string{{"no", "yes"}, {"n", "y"}, {"false", "true"}, {"f", "t"},
		{"0", "1"}, {"off", "on"}} {
		for yes := range 2 {
			if strings.EqualFold(c.Values[yes], pair[1]) && strings.EqualFold(c.Values[1-yes], pair[0]) {
				return yes
			}
		}
	}
	return -1
}

// members scans an object in JSON.
type members struct{ rest string }

// begin skips blanks and the given character, if that is next.
func (s *members) begin(c byte) bool {
	s.rest = strings.TrimLeft(s.rest, " \t\r\n")
	if s.rest == "" || s.rest[0] != c {
		return s.rest == "" && c == '}'
	}
	s.rest = strings.TrimLeft(s.rest[1:], " \t\r\n")
	return true
}

// value returns the next value as it is written; "" at the end.
func (s *members) value() string {
	depth, quoted, i := 0, false, 0
	for ; i < len(s.rest); i++ {
		c := s.rest[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case depth == 0 && strings.IndexByte(",:}] \t\r\n", c) >= 0:
			return s.take(i)
		case c == '}' || c == ']':
			depth--
		}
	}
	return s.take(min(i, len(s.rest)))
}

func (s *members) take(n int) string {
	value := s.rest[:n]
	s.rest = s.rest[n:]
	return value
}

// unquote returns the text of a string in JSON, and of another value how it is written.
func unquote(value string) (text string, isString bool) {
	if value == "" || value[0] != '"' {
		return value, false
	}
	value = strings.TrimSuffix(value[1:], `"`)
	if strings.IndexByte(value, '\\') < 0 {
		return value, true
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			b.WriteByte(value[i])
			continue
		}
		i++
		switch at := strings.IndexByte("bfnrt", value[i]); {
		case at >= 0:
			b.WriteByte("\b\f\n\r\t"[at])
		case value[i] == 'u':
			r := codeUnit(value[i+1:])
			i += 4
			if r >= 0xd800 && r < 0xdc00 && strings.HasPrefix(value[min(i+1, len(value)):], `\u`) {
				if low := codeUnit(value[i+3:]); low >= 0xdc00 && low < 0xe000 {
					r = (r-0xd800)<<10 + low - 0xdc00 + 0x10000
					i += 6
				}
			}
			b.WriteRune(r)
		default:
			b.WriteByte(value[i])
		}
	}
	return b.String(), true
}

// codeUnit returns the number of four hexadecimal digits.
func codeUnit(s string) rune {
	v, err := strconv.ParseUint(s[:min(4, len(s))], 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	return rune(v)
}

// clipped shortens a value for a message.
func clipped(value string) string {
	const most = 40
	if len(value) <= most {
		return value
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(value[cut]) {
		cut--
	}
	return value[:cut] + "…"
}
