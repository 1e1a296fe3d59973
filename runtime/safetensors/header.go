package safetensors

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A header is what the JSON at the start of a file says. Texts share the memory of the file, unless they
// were escaped there.
type header struct {
	meta    [][2][]byte // keys and values of the metadata, in the order of the file
	entries []entry
	dims    []int64 // of all shapes, one after another
}

// An entry says of a tensor what it is and where.
type entry struct {
	name     []byte
	dtype    []byte
	at, rank int // its shape is dims[at : at+rank]
	from, to int64
}

// A reader reads the JSON of a header: one object of objects, strings and whole numbers, of a depth that the format
// fixes, and nothing else. It stops at the first byte that does not fit.
type reader struct {
	b   []byte
	pos int
	err error
}

// fail notes what is wrong at the byte reached, unless something was before.
func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = errors.New("safetensors: header: " + what + " at byte " + strconv.Itoa(r.pos))
	}
}

// peek skips white space and returns the next byte, 0 at the end or after a mistake.
func (r *reader) peek() byte {
	for r.err == nil && r.pos < len(r.b) {
		switch c := r.b[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// expect skips white space and c.
func (r *reader) expect(c byte) {
	if r.peek() != c {
		r.fail("no " + strconv.QuoteRune(rune(c)))
		return
	}
	r.pos++
}

// each calls item for each item between open and end, separated by commas.
func (r *reader) each(open, end byte, item func()) {
	r.expect(open)
	if r.peek() == end {
		r.pos++
		return
	}
	for r.err == nil {
		item()
		if r.peek() == ',' {
			r.pos++
			continue
		}
		r.expect(end)
		return
	}
}

// key reads a string and the colon after it.
func (r *reader) key() []byte {
	k := r.text()
	r.expect(':')
	return k
}

// text reads a string.
func (r *reader) text() []byte {
	r.expect('"')
	from := r.pos
	var text []byte // before from, if it holds an escape
	for r.err == nil && r.pos < len(r.b) {
		switch c := r.b[r.pos]; {
		case c == '"':
			rest := r.b[from:r.pos]
			r.pos++
			if text == nil {
				return r.valid(rest)
			}
			return r.valid(append(text, rest...))
		case c == '\\':
			text = r.escape(append(text, r.b[from:r.pos]...))
			from = r.pos
		case c < ' ':
			r.fail("a control character in a string")
		default:
			r.pos++
		}
	}
	r.fail("a string without end")
	return nil
}

// The characters that escapes of one letter stand for, and those letters. A slash needs none.
const escapable, letters = "\"\\\b\f\n\r\t/", `"\bfnrt/`

// escape appends what the escape at the byte reached stands for.
func (r *reader) escape(text []byte) []byte {
	r.pos++
	if r.pos == len(r.b) {
		return text
	}
	c := r.b[r.pos]
	if i := strings.IndexByte(letters, c); i >= 0 {
		r.pos++
		return append(text, escapable[i])
	}
	if c != 'u' {
		r.pos--
		r.fail("an unknown escape")
		return text
	}
	r.pos++
	u := r.hex()
	if utf16.IsSurrogate(u) {
		low := rune(0)
		if r.pos+1 < len(r.b) && r.b[r.pos] == '\\' && r.b[r.pos+1] == 'u' {
			r.pos += 2
			low = r.hex()
		}
		if u = utf16.DecodeRune(u, low); u == utf8.RuneError {
			r.fail("half a surrogate pair")
		}
	}
	return utf8.AppendRune(text, u)
}

// hex reads four hexadecimal digits.
func (r *reader) hex() (u rune) {
	for range 4 {
		digit := -1
		if r.pos < len(r.b) && r.b[r.pos] >= '0' {
			digit = strings.IndexByte(digits, r.b[r.pos]|' ') // in lower case
		}
		if digit < 0 {
			r.fail("an unknown escape")
			return 0
		}
		u = u<<4 | rune(digit)
		r.pos++
	}
	return u
}

// valid returns text if it is UTF-8.
func (r *reader) valid(text []byte) []byte {
	if !utf8.Valid(text) {
		r.fail("a string that is not UTF-8")
	}
	return text
}

// number reads a whole number that an int64 holds.
func (r *reader) number() int64 {
	negative := r.peek() == '-'
	if negative {
		r.pos++
	}
	from, n := r.pos, uint64(0)
	for r.err == nil && r.pos < len(r.b) && r.b[r.pos] >= '0' && r.b[r.pos] <= '9' {
		n = 10*n + uint64(r.b[r.pos]-'0')
		if n > math.MaxInt64 || n < 10 && r.pos > from { // too large, or a 0 before the first digit
			r.fail("not a whole number below 2⁶³")
			return 0
		}
		r.pos++
	}
	if r.pos == from {
		r.fail("no whole number")
	}
	if negative {
		return -int64(n)
	}
	return int64(n)
}

// parse reads the header of a file.
func (r *reader) parse() (h header, err error) {
	h.entries = make([]entry, 0, len(r.b)/64) // what the header says of a tensor takes about that many bytes
	h.dims = make([]int64, 0, len(r.b)/32)
	r.each('{', '}', func() {
		if name := r.key(); string(name) != metadata {
			r.entry(&h, name)
			return
		}
		if h.meta != nil {
			r.fail("metadata for a second time")
		}
		h.meta = make([][2][]byte, 0, 8)
		r.each('{', '}', func() { h.meta = append(h.meta, [2][]byte{r.key(), r.text()}) })
	})
	if r.peek() != 0 || r.pos < len(r.b) {
		r.fail("more than one object")
	}
	return h, r.err
}

// entry reads what the header says of a tensor: each of the three keys once.
func (r *reader) entry(h *header, name []byte) {
	e, known := entry{name: name, at: len(h.dims)}, 0
	once := func(bit int) {
		if known&bit != 0 {
			r.fail("a key for a second time in tensor " + strconv.Quote(string(name)))
		}
		known |= bit
	}
	r.each('{', '}', func() {
		switch key := r.key(); string(key) {
		case "dtype":
			once(1)
			e.dtype = r.text()
		case "shape":
			once(2)
			r.each('[', ']', func() { h.dims = append(h.dims, r.number()); e.rank++ })
		case "data_offsets":
			once(4)
			r.expect('[')
			e.from = r.number()
			r.expect(',')
			e.to = r.number()
			r.expect(']')
		default:
			r.fail("the unknown key " + strconv.Quote(string(key)) + " in tensor " + strconv.Quote(string(name)))
		}
	})
	if known != 1|2|4 {
		r.fail("tensor " + strconv.Quote(string(name)) + " without dtype, shape or data_offsets")
	}
	h.entries = append(h.entries, e)
}

const digits = "0123456789abcdef"

// appendText appends a string as encoding/json writes it.
func appendText(b []byte, text string) []byte {
	b = append(b, '"')
	for _, c := range text { // each byte that is not UTF-8 comes as U+FFFD
		short := -1
		if c < utf8.RuneSelf && c != '/' {
			short = strings.IndexByte(escapable, byte(c))
		}
		switch {
		case short >= 0:
			b = append(b, '\\', letters[short])
		case c < ' ' || c == '<' || c == '>' || c == '&':
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		case c == '\u2028' || c == '\u2029':
			b = append(b, '\\', 'u', '2', '0', '2', digits[c&15])
		default:
			b = utf8.AppendRune(b, c)
		}
	}
	return append(b, '"')
}
