package bundle

import (
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
// A line begins at a label, and statements that read arguments share one with others of the same instruction alone:
// vet, which compares the arguments with the declaration in Go, takes their sizes from the first instruction of a line.
func Compact(src string) string {
	var c compacter
	for line := range strings.Lines(src) {
		c.add(strings.TrimRight(line, "\n"))
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
		c.flush()
		c.line, c.empty, c.dead = text, false, false
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
	if c.line != "" && !label && (reads != c.op || width(c.line+"; "+text+behind(all)) > columns) {
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
