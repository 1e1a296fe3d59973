package emit

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dave/jennifer/jen"
)

// Text of users (names of files, columns, classes and words) is data. It reaches Go source in two ways alone: as the
// value of a string literal, by quoted, and inside a comment, by inline. Nothing looks into source that holds it.

// quoted returns a string literal whose value is s, byte for byte: what is not printable, or not UTF-8, is escaped.
func quoted(s string) *jen.Statement { return jen.Lit(s) }

// inline returns text of users as it may stand in a line of a comment: line ends, control characters, marks that turn
// the direction of writing, and bytes that are not UTF-8 are escaped as in a string literal. Where a comment begins is
// up to comment, so that no text begins one: it can be no directive.
func inline(s string) string { return escape(s, unicode.IsPrint) }

// clipped is inline, without what goes beyond some characters.
func clipped(s string) string {
	const most = 60
	r := []rune(inline(s))
	if len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return string(r)
}

// escape writes the runes that keep does not accept, and bytes that are not UTF-8, as in a string literal.
func escape(s string, keep func(rune) bool) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			q := strconv.Quote(s[:1])
			b.WriteString(q[1 : len(q)-1])
		case keep(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
		s = s[n:]
	}
	return b.String()
}

// comment returns text as the lines of a comment. A line that is too long goes on in the next one of its paragraph;
// lines that begin with a tab, as those of tables, stay as they are.
func comment(text string) []string {
	var lines []string
	rest := "" // of the line before
	add := func(line string) { lines = append(lines, strings.TrimRight("// "+line, " ")) }
	for _, line := range strings.Split(strings.Trim(text, "\n"), "\n") {
		line = escape(line, func(r rune) bool { return r == '\t' || unicode.IsPrint(r) })
		table := strings.HasPrefix(line, "\t")
		if rest != "" && (line == "" || table) {
			add(rest)
			rest = ""
		}
		if rest != "" {
			line = rest + " " + line
		}
		rest = ""
		if !table {
			line, rest = fold(line, lineLimit-len("// "))
		}
		add(line)
	}
	for rest != "" {
		var line string
		line, rest = fold(rest, lineLimit-len("// "))
		add(line)
	}
	return lines
}

// fold cuts a line at the last space that leaves at most limit characters, or at the first space if none does.
func fold(line string, limit int) (head, rest string) {
	at, count := -1, 0
	for i, r := range line {
		if count++; count > limit+1 && at >= 0 {
			return line[:at], line[at+1:]
		}
		if r == ' ' && i > 0 {
			at = i
		}
	}
	if count > limit && at >= 0 {
		return line[:at], line[at+1:]
	}
	return line, ""
}

// doc writes the comment of a declaration.
func (f *file) doc(text string) {
	if text == "" {
		return
	}
	for _, line := range comment(text) {
		f.next.Comment(line)
	}
}

// declare writes a declaration with its comment.
func (f *file) declare(doc string, code ...jen.Code) {
	f.doc(doc)
	for _, c := range code {
		f.next.Add(c)
	}
	f.end()
}

// item is an element of a list, and the characters that it takes.
type item struct {
	code  jen.Code
	width int
}

// literals returns string literals between brackets, "{}" or "()"; those that do not fit in the rest of the line are in
// lines of their own, indented by two tabs.
func literals(brackets string, words []string, rest int) *jen.Statement {
	return listing(brackets, texts(words), rest, 2)
}

// texts returns the literals of words.
func texts(words []string) []item {
	var all []item
	for _, w := range words {
		all = append(all, item{quoted(w), width(strconv.Quote(w))})
	}
	return all
}

// floatItems returns literals of float32.
func floatItems(x []float32) []item {
	var all []item
	for _, v := range x {
		all = append(all, item{float32Lit(float64(v)), len(strconv.FormatFloat(float64(v), 'g', -1, 32))})
	}
	return all
}

// listing returns items between brackets; those that do not fit in the rest of the line are in lines of their own,
// behind as many tabs.
func listing(brackets string, items []item, rest, tabs int) *jen.Statement {
	rows := fill(items, lineLimit-tabs*len("\t"))
	if len(rows) > 1 || len(rows) == 1 && rowWidth(rows[0]) > rest {
		return jen.Custom(jen.Options{Open: brackets[:1], Close: brackets[1:], Separator: ",", Multi: true}, joined(rows)...)
	}
	return jen.Custom(jen.Options{Open: brackets[:1], Close: brackets[1:]}, joined(rows)...)
}

// fill cuts items into rows, each of at most limit characters unless it is of one item.
func fill(items []item, limit int) [][]item {
	var rows [][]item
	for _, it := range items {
		if n := len(rows); n > 0 && rowWidth(rows[n-1])+len(", ")+it.width <= limit {
			rows[n-1] = append(rows[n-1], it)
			continue
		}
		rows = append(rows, []item{it})
	}
	return rows
}

// rowWidth returns the characters of a row.
func rowWidth(items []item) int {
	n := 0
	for _, it := range items {
		n += it.width + len(", ")
	}
	return n - len(", ")
}

func joined(rows [][]item) []jen.Code {
	var all []jen.Code
	for _, row := range rows {
		var codes []jen.Code
		for _, it := range row {
			codes = append(codes, it.code)
		}
		all = append(all, jen.Custom(jen.Options{Separator: ", "}, codes...))
	}
	return all
}

// mostTerms bounds the parts of a literal: gofmt takes time that grows with the square of the terms of a sum.
const mostTerms = 60

// longQuoted returns a literal whose value is s, in several lines if it is long:
//
//	"abc…" +
//		"xyz"
func longQuoted(s string) *jen.Statement {
	all := []rune(s)
	per := max((lineLimit-len(`	"" +`)-len("var Vocabulary = token.Characters("))/2, (len(all)+mostTerms-1)/mostTerms)
	if !utf8.ValidString(s) || len(all) <= per {
		return quoted(s)
	}
	sum := quoted(string(all[:per]))
	for at := per; at < len(all); at += per {
		sum = sum.Op("+").Line().Add(quoted(string(all[at:min(at+per, len(all))])))
	}
	return sum
}
