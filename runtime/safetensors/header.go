package safetensors

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A reader reads the JSON of a header: one object of objects, strings and whole numbers, of a depth that the format
// fixes, and nothing else. It stops at the first byte that does not fit.
type reader struct {
	b    []byte
	pos  int
	err  error
	dims []int64 // of all shapes, one after another
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
	escaped := false
	for from := r.pos; r.err == nil && r.pos < len(r.b); r.pos++ {
		switch c := r.b[r.pos]; {
		case c == '"':
			text := r.b[from:r.pos]
			if r.pos++; !utf8.Valid(text) {
				r.fail("a string that is not UTF-8")
			}
			if escaped {
				return r.unescape(string(text))
			}
			return text
		case c == '\\':
			escaped = true
			r.pos++ // what follows is no end
		case c < ' ':
			r.fail("a control character in a string")
		}
	}
	r.fail("a string without end")
	return nil
}

// The characters that escapes of one letter stand for, and those letters. A slash needs none.
const escapable, letters = "\"\\\b\f\n\r\t/", `"\bfnrt/`

// unescape returns what a string with escapes stands for.
func (r *reader) unescape(s string) (text []byte) {
	for r.err == nil {
		at := strings.IndexByte(s, '\\')
		if at < 0 {
			break
		}
		text, s = append(text, s[:at]...), s[at:]
		if i := strings.IndexByte(letters, s[1]); i >= 0 {
			text, s = append(text, escapable[i]), s[2:]
			continue
		}
		u, rest := r.hex(s)
		if utf16.IsSurrogate(u) {
			high := u
			u, rest = r.hex(rest)
			if u = utf16.DecodeRune(high, u); u == utf8.RuneError {
				r.fail("half a surrogate pair")
			}
		}
		text, s = utf8.AppendRune(text, u), rest
	}
	return append(text, s...)
}

// hex reads an escape of four hexadecimal digits, and returns what follows.
func (r *reader) hex(s string) (u rune, rest string) {
	if len(s) >= 6 && s[:2] == `\u` {
		if u, err := strconv.ParseUint(s[2:6], 16, 16); err == nil {
			return rune(u), s[6:]
		}
	}
	r.fail("an unknown escape, or half a surrogate pair")
	return 0, ""
}

// number reads a whole number that an int64 holds.
func (r *reader) number() int64 {
	r.peek()
	from := r.pos
	for r.pos < len(r.b) && strings.IndexByte("-0123456789", r.b[r.pos]) >= 0 {
		r.pos++
	}
	digits := string(r.b[from:r.pos])
	n, err := strconv.ParseInt(digits, 10, 64)
	if digits = strings.TrimPrefix(digits, "-"); err != nil || len(digits) > 1 && digits[0] == '0' {
		r.fail("not a whole number below 2⁶³")
	}
	return n
}

// parse reads the header of a file.
func (r *reader) parse(f *file) {
	f.entries = make([]entry, 0, len(r.b)/64) // what the header says of a tensor takes about that many bytes
	r.dims = make([]int64, 0, len(r.b)/32)
	r.each('{', '}', func() {
		if name := r.key(); string(name) != metadata {
			f.entries = append(f.entries, r.entry(name))
			return
		}
		if f.meta != nil {
			r.fail("metadata for a second time")
		}
		f.meta = make([][2][]byte, 0, 16) // as many as a training writes of a network that decides, and more
		r.each('{', '}', func() { f.meta = append(f.meta, [2][]byte{r.key(), r.text()}) })
	})
	if r.peek() != 0 || r.pos < len(r.b) {
		r.fail("more than one object")
	}
}

// entry reads what the header says of a tensor: each of the three keys once.
func (r *reader) entry(name []byte) entry {
	e, at := entry{name: name, to: math.MinInt64}, len(r.dims)
	r.each('{', '}', func() {
		switch key := string(r.key()); {
		case key == "dtype" && e.dtype == nil:
			e.dtype = r.text()
		case key == "shape" && e.shape == nil:
			r.each('[', ']', func() { r.dims = append(r.dims, r.number()) })
			e.shape = r.dims[at:]
		case key == "data_offsets" && e.to == math.MinInt64:
			r.expect('[')
			e.from = r.number()
			r.expect(',')
			e.to = r.number()
			r.expect(']')
		default:
			r.fail("the unknown key " + strconv.Quote(key) + " in tensor " + strconv.Quote(string(name)) +
				", or one for a second time")
		}
	})
	if e.dtype == nil || e.shape == nil || e.to == math.MinInt64 {
		r.fail("tensor " + strconv.Quote(string(name)) + " without dtype, shape or data_offsets")
	}
	return e
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
