package spec

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// DefaultShown is how many errors a report shows unless all are asked for.
const DefaultShown = 10

const maxLine = 160 // characters of a source line that a report shows

// Format writes a report of the list to w, sorted by position: for each error its place and text,
// the source line with a caret, and the hint. At most limit of them are written, errors before
// warnings if not all fit, and how many more there are; limit ≤ 0 is for all.
//
//	digits.yaml:14:30: layer "fc2": dense needs n×f input, but "conv1" gives n×24×24×8
//	  14 |   - dense: {name: fc2, from: conv1, units: 10}
//	     |                              ^~~~~
//	  hint: put a flatten layer between "conv1" and "fc2"
func (l ErrorList) Format(w io.Writer, src []byte, limit int) error {
	shown := append(ErrorList(nil), l...).sorted()
	if limit > 0 && len(shown) > limit {
		var first ErrorList
		for _, warning := range []bool{false, true} {
			for _, e := range shown {
				if e.Warning == warning && len(first) < limit {
					first = append(first, e)
				}
			}
		}
		shown = first.sorted()
	}
	lines := strings.Split(string(src), "\n")
	var b strings.Builder
	for _, e := range shown {
		b.WriteString(e.Error())
		b.WriteByte('\n')
		if e.Pos.Line >= 1 && e.Pos.Line <= len(lines) {
			caret(&b, strings.TrimSuffix(lines[e.Pos.Line-1], "\r"), e.Pos)
		}
		if e.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", e.Hint)
		}
	}
	if more := len(l) - len(shown); more > 0 {
		fmt.Fprintf(&b, "and %d more; -e shows all\n", more)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// caret writes a source line, and under it the place. Of a long line only the part around the place
// is shown. Control characters are shown as spaces, so that a file cannot steer the terminal.
func caret(b *strings.Builder, text string, pos Pos) {
	if strings.TrimSpace(text) == "" {
		return
	}
	runes := []rune(strings.ToValidUTF8(text, "?"))
	for i, r := range runes {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			runes[i] = ' '
		}
	}
	col := min(max(pos.Col, 1), len(runes)+1) - 1
	before, after := "", ""
	if len(runes) > maxLine {
		from := max(0, col-maxLine/2)
		to := min(len(runes), from+maxLine)
		if from > 0 {
			before = "…"
		}
		if to < len(runes) {
			after = "…"
		}
		runes = runes[from:to]
		col += utf8.RuneCountInString(before) - from
	}
	gutter := fmt.Sprintf("  %d | ", pos.Line)
	fmt.Fprintf(b, "%s%s%s%s\n", gutter, before, string(runes), after)
	width := min(max(pos.Width, 1), max(1, len(runes)+len([]rune(before))-col))
	fmt.Fprintf(b, "%s| %s^%s\n", strings.Repeat(" ", len(gutter)-2), strings.Repeat(" ", col),
		strings.Repeat("~", width-1))
}
