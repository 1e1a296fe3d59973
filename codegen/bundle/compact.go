package bundle

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// columns is the width of a line of assembly, of which a tab takes tabColumns.
const columns, tabColumns = 120, 8

// Compact returns assembly with several statements in a line, as many as its width allows, in the order in which they
// were, and without what nothing comes to: what stands between a jump and the next label, as a trap does where a
// section was cut. Comments stay where they are, and empty lines before comments and functions; those that say what the
// words of a line are follow these, in their order.
//
// An instruction a line is for who writes a kernel, and stands in the runtime and its emitters. A copy is read as a
// whole, if at all: there a row of a tile is a line, and not a page.
//
// Numbers have no zeros in front, and what data repeats is a macro that the text has before the first, PAIR or COPIES.
// Words that are there several times are macros named as the comment behind them says, such as fadd(20, 20, 1).
//
// A line begins at a label, but where the one before is less than half full, and statements that read arguments share
// one with others of the same instruction alone: vet, which compares the arguments with the declaration in Go, takes
// their sizes from the first instruction of a line.
func Compact(src string) string {
	var c compacter
	for _, line := range copies(shorten(words(strings.Split(strings.TrimSuffix(src, "\n"), "\n")))) {
		c.add(shortNumbers(line))
	}
	c.flush()
	return c.out.String()
}

// compacter writes lines.
type compacter struct {
	out   strings.Builder
	line  string // not yet written
	says  string // what the words in it are
	op    string // the instruction of a line that reads arguments, which may hold no other
	empty bool   // whether an empty line was read and not written
	dead  bool   // behind a jump
}

// flush writes the line at hand.
func (c *compacter) flush() {
	if c.line != "" {
		c.out.WriteString(c.line + behind(c.says) + "\n")
	}
	c.line, c.says, c.op = "", "", ""
}

// add adds a line of the source.
func (c *compacter) add(line string) {
	text := strings.Join(strings.Fields(line), " ")
	op, _, _ := strings.Cut(text, " ")
	switch {
	case text == "":
		c.empty = true
	case op == "TEXT" || strings.HasPrefix(text, "//") || strings.HasPrefix(text, "#"):
		c.flush()
		if c.empty {
			c.out.WriteString("\n")
		}
		c.out.WriteString(line + "\n")
		c.empty, c.dead = false, false
	case op == text && strings.HasSuffix(text, ":"): // a label
		if c.op != "" || strings.HasSuffix(c.line, ":") || !strings.HasPrefix(c.line, "\t") && !c.labelled() ||
			width(c.line+behind(c.says)) > columns/2 {
			c.flush()
		} else {
			c.line += "; "
		}
		c.line += text
		c.empty, c.dead = false, false
	case strings.Contains(text, "//"): // the comment is of all statements of the line
		code, says, _ := strings.Cut(text, " // ")
		c.statement(code, says, line[0] == '\t')
		if !strings.Contains(code, "WORD ") {
			c.flush()
		}
	default:
		for s := range strings.SplitSeq(text, "; ") {
			c.statement(s, "", line[0] == '\t')
		}
	}
}

// labelled tells whether the line at hand begins with a label.
func (c *compacter) labelled() bool {
	first, _, _ := strings.Cut(c.line, " ")
	return strings.HasSuffix(first, ":")
}

// statement adds a statement, or several with the comment that says what they are.
func (c *compacter) statement(text, says string, indented bool) {
	if c.dead {
		return
	}
	op, _, _ := strings.Cut(text, " ")
	c.empty, c.dead = false, op == "JMP" || op == "B"
	reads := ""
	if strings.Contains(text, "(FP)") {
		reads = op
	}
	all := says
	if c.says != "" && says != "" {
		all = c.says + "; " + says
	} else if says == "" {
		all = c.says
	}
	label := strings.HasSuffix(c.line, ":")
	at := strings.LastIndex(c.line, "; ")
	if label && at >= 0 && (reads != "" || width(c.line+" "+text+behind(all)) > columns) {
		name := c.line[at+2:]
		c.line = c.line[:at]
		c.flush()
		c.line, all = name, says
	}
	apart := !indented && strings.HasPrefix(c.line, "\t") // data behind code
	if c.line != "" && !label && (apart || reads != c.op || width(c.line+"; "+text+behind(all)) > columns) {
		c.flush()
		all = says
	}
	switch {
	case label:
		c.line += " " + text
	case c.line != "":
		c.line += "; " + text
	case indented:
		c.line = "\t" + text
	default:
		c.line = text
	}
	c.op, c.says = reads, all
}

// behind returns a comment behind a line, if there is one.
func behind(says string) string {
	if says == "" {
		return ""
	}
	return " // " + says
}

// width returns how many columns a line takes.
func width(line string) int {
	return utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
}

// The macros of copies: PAIR is two copies of a number x of 32 bits in the data s, from byte i on, and COPIES eight
// copies, which are all of s.
const (
	pairMacro   = "#define PAIR(s, i, x) DATA s<>+i(SB)/8, $(x<<32|x)"
	copiesMacro = "#define COPIES(s, x) PAIR(s, 0, x); PAIR(s, 8, x); PAIR(s, 16, x); PAIR(s, 24, x); " +
		"GLOBL s<>(SB), RODATA|NOPTR, $32"
)

// datum is eight bytes of data, and constant the size of what COPIES gives.
var (
	datum    = regexp.MustCompile(`^DATA (\w+)<>\+([0-9]+)\(SB\)/8, \$0x([0-9a-f]{8})([0-9a-f]{8})$`)
	constant = "GLOBL %s<>(SB), RODATA|NOPTR, $32"
)

// copies returns lines of assembly with PAIR and COPIES in place of what they stand for, if that is there several
// times.
func copies(lines []string) []string {
	lines = apart(lines)
	var out, macros []string
	first, count := 0, 0
	for i := 0; i < len(lines); i++ {
		m := datum.FindStringSubmatch(lines[i])
		if m == nil || m[3] != m[4] || m[3] == "00000000" {
			out = append(out, lines[i])
			continue
		}
		if count++; count == 1 {
			first, macros = len(out), []string{pairMacro}
		}
		if slices.Equal(lines[i:min(i+5, len(lines))], spelled(m[1], m[3])) {
			macros = []string{pairMacro, copiesMacro}
			out = append(out, fmt.Sprintf("COPIES(%s, 0x%s)", m[1], m[3]))
			i += 4
			continue
		}
		out = append(out, fmt.Sprintf("PAIR(%s, %s, 0x%s)", m[1], m[2], m[3]))
	}
	if count < 2 {
		return lines
	}
	return slices.Insert(out, first, macros...)
}

// apart returns lines of assembly with each datum on a line of its own.
func apart(lines []string) (out []string) {
	for _, line := range lines {
		if strings.HasPrefix(line, "DATA ") {
			out = append(out, strings.Split(line, "; ")...)
		} else {
			out = append(out, line)
		}
	}
	return out
}

// spelled returns the lines that COPIES stands for.
func spelled(name, number string) (all []string) {
	for at := 0; at < 32; at += 8 {
		all = append(all, fmt.Sprintf("DATA %s<>+%d(SB)/8, $0x%s%[3]s", name, at, number))
	}
	return append(all, fmt.Sprintf(constant, name))
}

var (
	zeros  = regexp.MustCompile(`\$0x0+([0-9a-f])`)
	digits = regexp.MustCompile(`\$0x([0-9])\b`)
)

// shortNumbers writes the numbers of a line without zeros in front, and those that are one digit without a base.
func shortNumbers(line string) string {
	line = strings.ReplaceAll(line, "<>+0(SB)", "<>(SB)")
	return digits.ReplaceAllString(zeros.ReplaceAllString(line, "$$0x$1"), "$$$1")
}
