package c99

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoted returns a string of C: what is not plain ASCII stands there byte by byte, in octal, and a question mark is
// escaped since two of them begin a trigraph.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\' || c == '?':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + `"`
}

// remark returns text for a comment, which it cannot end: of one line, without marks that turn the direction of text or
// a slash behind a star.
func remark(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return strings.NewReplacer("*/", "* /", "/*", "/ *", "??", "? ?", `\`, "/").Replace(s)
}

// literal returns a number as a constant of type float with the same bits; NaN stays some NaN.
func literal(v float32) string {
	switch {
	case v != v:
		return "NAN"
	case math.IsInf(float64(v), 1):
		return "INFINITY"
	case math.IsInf(float64(v), -1):
		return "-INFINITY"
	}
	text := strconv.FormatFloat(float64(v), 'g', -1, 32)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text + "f"
}

// integer returns a number as a constant of 32 bits: the lowest has none, since its magnitude is beyond int.
func integer(v int32) string {
	if v == math.MinInt32 {
		return "-2147483647 - 1"
	}
	return strconv.Itoa(int(v))
}

// name makes an identifier of C of a name of the spec, such as conv1_kernel for conv1.kernel.
func name(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, s)
}

// macro makes the name of a macro of parts.
func macro(parts ...string) string { return strings.ToUpper(name(strings.Join(parts, "_"))) }

// list writes numbers in lines of bounded length, each indented.
func list(b *strings.Builder, items []string) {
	const limit = 112
	length := 0
	for i, item := range items {
		switch {
		case i == 0 || length+len(item)+2 > limit:
			b.WriteString("\n\t")
			length = 4
		default:
			b.WriteByte(' ')
		}
		b.WriteString(item + ",")
		length += len(item) + 2
	}
	b.WriteByte('\n')
}

// wrap breaks a line behind commas so that no part of it is longer than the limit, if they allow that.
func wrap(line string) string {
	const limit = 116
	indent := line[:len(line)-len(strings.TrimLeft(line, "\t"))] + "\t"
	var b strings.Builder
	for utf8.RuneCountInString(line)+3*strings.Count(line, "\t") > limit {
		cut := strings.LastIndex(line[:min(len(line), limit-3*strings.Count(line, "\t"))], ", ")
		if cut < len(indent) {
			break
		}
		b.WriteString(line[:cut+1] + "\n")
		line = indent + line[cut+2:]
	}
	return b.String() + line
}
