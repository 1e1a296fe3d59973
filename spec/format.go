package spec

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const formatWidth = 100 // columns that a formatted line has at most, where it can be broken

// Format returns a spec in its canonical layout: two blanks of indentation, one blank line at most between entries,
// text in double quotes where it is quoted, comments at the ends of neighbouring lines in one column, `version` first,
// words in place of their aliases (float16 for f16). The order of all else, comments, and the choice between {flow} and
// block style are the user's; a mapping in flow style is broken up if it is longer than a line. A spec in JSON stays
// JSON. Format(Format(x)) is Format(x).
//
// A file that is not YAML, or of which the layout would lose something, is an ErrorList.
func Format(file string, src []byte) ([]byte, error) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	root, errs := load(file, src)
	if root == nil {
		return nil, errs
	}
	if named := canonicalWords(src, root); named != nil {
		src = named
		if root, errs = load(file, src); root == nil {
			return nil, errs
		}
	}
	if json.Valid(src) && root.Kind == yaml.MappingNode {
		return formatJSON(src), nil
	}
	if moved := versionFirst(file, src, root); moved != nil {
		src = moved
		if root, errs = load(file, src); root == nil {
			return nil, errs
		}
	}
	f := newFormatter(file, src, root)
	out := f.format(root)
	if len(f.errs) > 0 {
		return nil, f.errs
	}
	if root.Style&yaml.FlowStyle != 0 {
		if r, _ := load(file, out); r != nil && versionFirst(file, out, r) != nil {
			return Format(file, out) // now that each key has its line
		}
	}
	again, _ := load(file, out)
	if again != nil {
		g := newFormatter(file, out, again)
		if sameTree(root, again) && slices.Equal(commentTexts(f.comments), commentTexts(g.comments)) &&
			bytes.Equal(out, g.format(again)) {
			return out, nil
		}
	}
	errs.Add("format", Pos{File: file, Line: 1, Col: 1}, "", "simplify its comments or its multi-line text",
		"the file can't be formatted without changing more than its layout")
	return nil, errs
}

// canonicalWords returns src with the words in place of their aliases; nil if there are none.
func canonicalWords(src []byte, root *yaml.Node) []byte {
	a := &weightsKind.Attrs[0]
	var found []*yaml.Node
	weights := func(owner *yaml.Node) {
		n := child(owner, weightsKind.Name)
		if n != nil && n.Kind == yaml.MappingNode {
			n = child(n, a.Name)
		}
		if n != nil && n.Kind == yaml.ScalarNode && a.Aliases[n.Value] != "" {
			found = append(found, n)
		}
	}
	layers := func(list *yaml.Node) {
		for _, l := range list.Content {
			if l.Kind == yaml.MappingNode && len(l.Content) == 2 {
				weights(l.Content[1])
			}
		}
	}
	weights(root)
	if list := child(root, "layers"); list != nil {
		layers(list)
	}
	if blocks := child(root, "blocks"); blocks != nil {
		for _, list := range blocks.Content {
			layers(list)
		}
	}
	if found == nil {
		return nil
	}
	// from behind, since a change moves what follows
	slices.SortFunc(found, func(x, y *yaml.Node) int { return cmp.Or(y.Line-x.Line, y.Column-x.Column) })
	lines := strings.SplitAfter(string(src), "\n")
	for _, n := range found {
		line, at := []rune(lines[n.Line-1]), n.Column-1
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			at++
		}
		// else it has an anchor
		if end := at + utf8.RuneCountInString(n.Value); end <= len(line) && string(line[at:end]) == n.Value {
			lines[n.Line-1] = string(line[:at]) + a.Aliases[n.Value] + string(line[end:])
		}
	}
	return []byte(strings.Join(lines, ""))
}

// child returns the value of a key of a mapping; nil for none, and for what is no mapping.
func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// formatJSON indents a JSON object, with the member version first.
func formatJSON(src []byte) []byte {
	var buf bytes.Buffer
	dec := json.NewDecoder(bytes.NewReader(src))
	var version, rest [][]byte
	if _, err := dec.Token(); err != nil {
		panic("BUG: " + err.Error())
	}
	for dec.More() {
		start := dec.InputOffset()
		key, _ := dec.Token()
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			panic("BUG: " + err.Error())
		}
		m := bytes.TrimLeft(src[start:dec.InputOffset()], ", \t\r\n")
		if key == "version" {
			version = append(version, m)
		} else {
			rest = append(rest, m)
		}
	}
	joined := append([]byte("{"), bytes.Join(append(version, rest...), []byte(","))...)
	if err := json.Indent(&buf, append(joined, '}'), "", "  "); err != nil {
		panic("BUG: " + err.Error())
	}
	buf.WriteByte('\n')
	return buf.Bytes()
}

// versionFirst returns src with the lines of `version`, and the comments right above it, moved before
// the first key; nil if they are there already, also if the key stands twice, or not on lines of their own.
func versionFirst(file string, src []byte, root *yaml.Node) []byte {
	if root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 ||
		len(root.Content) > 0 && root.Content[0].Value == "version" {
		return nil
	}
	for i := 2; i+1 < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		if k.Value != "version" || k.Kind != yaml.ScalarNode || v.Kind != yaml.ScalarNode || v.Line != k.Line {
			continue
		}
		lines := lines(src)
		first, from, to := root.Content[0].Line-1, k.Line-1, k.Line
		for from > first && strings.HasPrefix(strings.TrimSpace(lines[from-1]), "#") {
			from--
		}
		next := len(lines)
		if i+2 < len(root.Content) {
			next = root.Content[i+2].Line - 1
		}
		if next < to || strings.HasPrefix(lines[first], "---") {
			return nil
		}
		var b strings.Builder
		for _, part := range [][]string{lines[:first], lines[from:to], lines[first:from], lines[to:]} {
			for _, l := range part {
				b.WriteString(l)
			}
		}
		return []byte(b.String())
	}
	return nil
}

// lines returns the lines of a file with their ends, as YAML counts them. The last has one too.
func lines(src []byte) (all []string) {
	from := 0
	for _, end := range lineEnds.FindAllIndex(src, -1) {
		all, from = append(all, string(src[from:end[1]])), end[1]
	}
	if from < len(src) || from == 0 {
		all = append(all, string(src[from:])+"\n")
	}
	return all
}

// lineEnds are the ends of lines in YAML 1.1 (The YAML Project, YAML Ain't Markup Language, version 1.1, section 5.4).
var lineEnds = regexp.MustCompile(`\r\n?|[\n\x{85}\x{2028}\x{2029}]`)

// comment is a comment of the file.
type comment struct {
	line, col int
	text      string // from # to the end of the line
	own       bool   // alone on its line
}

func commentTexts(cs []comment) []string {
	var texts []string
	for _, c := range cs {
		texts = append(texts, c.text)
	}
	sort.Strings(texts)
	return texts
}

// formatter prints YAML nodes with the comments around them. Nodes are printed in the order of the
// file, so next, the first comment not yet printed, only grows.
type formatter struct {
	lines    [][]rune
	comments []comment
	next     int
	ends     map[*yaml.Node]int // the last line of each node
	at       map[*yaml.Node]Pos
	out      []outLine
	last     int // the last line of the file that was printed
	errs     ErrorList
}

// outLine is a printed line with the comment at its end.
type outLine struct{ text, comment string }

func newFormatter(file string, src []byte, root *yaml.Node) *formatter {
	f := &formatter{ends: map[*yaml.Node]int{}, at: map[*yaml.Node]Pos{}}
	x := newExpander(file, src, &f.errs)
	f.lines = x.lines
	var scalars []*yaml.Node
	var walk func(n *yaml.Node, depth int) int
	walk = func(n *yaml.Node, depth int) int {
		f.at[n] = x.pos(n)
		end := f.at[n].Line
		if depth > maxDepth {
			if len(f.errs) == 0 {
				f.errs.Add("too-deep", f.at[n], "", "", "lists and mappings are nested more than %d deep", maxDepth)
			}
			return end
		}
		if n.Kind == yaml.ScalarNode {
			scalars = append(scalars, n)
			end = max(end, f.scalarEnd(n))
		}
		for i, c := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 && c.Kind != yaml.ScalarNode && c.Kind != yaml.AliasNode {
				f.errs.Add("type", x.pos(c), "", "", "a key must be a word")
			}
			end = max(end, walk(c, depth+1))
		}
		f.ends[n] = end
		return end
	}
	walk(root, 0)
	f.scan(scalars)
	return f
}

// isQuoted and isBlock tell how a scalar is written.
func isQuoted(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
}

func isBlock(n *yaml.Node) bool { return n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 }

// scalarEnd returns the last line of a scalar.
func (f *formatter) scalarEnd(n *yaml.Node) int {
	p := f.at[n]
	switch {
	case isQuoted(n):
		line, _ := f.quoteEnd(p)
		return line
	case isBlock(n):
		// The text ends before the first line that is indented less than its first.
		end, indent := p.Line, -1
		for i := p.Line; i < len(f.lines); i++ {
			in := 0
			for in < len(f.lines[i]) && f.lines[i][in] == ' ' {
				in++
			}
			if f.blank(i + 1) {
				continue
			}
			if indent < 0 {
				indent = in
			}
			if in < indent || in == 0 {
				break
			}
			end = i + 1
		}
		return end
	}
	return p.Line
}

// blank tells whether a line holds nothing but blanks.
func (f *formatter) blank(line int) bool {
	for _, r := range f.lines[line-1] {
		if !unicode.IsSpace(r) {
			return false
		}
	}
	return true
}

// quoteEnd returns the line of the quote that closes the one at p, and the column after it.
func (f *formatter) quoteEnd(p Pos) (line, col int) {
	quote := rune(0)
	for i := p.Line - 1; i < len(f.lines); i++ {
		runes := f.lines[i]
		j := 0
		if i == p.Line-1 {
			if j = p.Col - 1; j < 0 || j >= len(runes) {
				return p.Line, p.Col
			}
			quote = runes[j]
			j++
		}
		for ; j < len(runes); j++ {
			switch {
			case quote == '"' && runes[j] == '\\':
				j++
			case quote == '\'' && runes[j] == '\'' && j+1 < len(runes) && runes[j+1] == '\'':
				j++
			case runes[j] == quote:
				return i + 1, j + 2
			}
		}
	}
	return len(f.lines), 1
}

// scan finds the comments: each # at the start of a line or after a blank, outside of quoted and block
// scalars.
func (f *formatter) scan(scalars []*yaml.Node) {
	skip := map[int][][2]int{} // columns of each line that are text
	for _, n := range scalars {
		p := f.at[n]
		switch {
		case isQuoted(n):
			line, col := f.quoteEnd(p)
			for l := p.Line; l <= line; l++ {
				from, to := 0, 1<<30
				if l == p.Line {
					from = p.Col
				}
				if l == line {
					to = col
				}
				skip[l] = append(skip[l], [2]int{from, to})
			}
		case isBlock(n):
			for l := p.Line + 1; l <= f.scalarEnd(n); l++ {
				skip[l] = append(skip[l], [2]int{0, 1 << 30})
			}
		}
	}
	for i, runes := range f.lines {
		inText := func(col int) bool {
			for _, s := range skip[i+1] {
				if s[0] <= col && col < s[1] {
					return true
				}
			}
			return false
		}
		for j, r := range runes {
			if r == '#' && (j == 0 || runes[j-1] == ' ' || runes[j-1] == '\t') && !inText(j+1) {
				f.comments = append(f.comments, comment{
					line: i + 1, col: j + 1, text: strings.TrimRight(string(runes[j:]), " \t"),
					own: strings.TrimSpace(string(runes[:j])) == "",
				})
				break
			}
		}
	}
}

func (f *formatter) format(root *yaml.Node) []byte {
	if len(f.errs) > 0 {
		return nil
	}
	f.node(root, 0, "", len(f.lines)+1, true)
	f.flush(len(f.lines)+2, 0, 0)
	f.align()
	var b bytes.Buffer
	for _, l := range f.out {
		b.WriteString(strings.TrimRight(l.text+l.comment, " "))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// align puts the comments at the ends of neighbouring lines into one column.
func (f *formatter) align() {
	for i := 0; i < len(f.out); {
		j, width := i, 0
		for ; j < len(f.out) && f.out[j].comment != ""; j++ {
			width = max(width, utf8.RuneCountInString(f.out[j].text))
		}
		for ; i < j; i++ {
			l := &f.out[i]
			l.text += strings.Repeat(" ", width-utf8.RuneCountInString(l.text)+2)
		}
		i = j + 1
	}
}

// emit prints a line that stands for line number line of the file, after a blank line if there was one.
func (f *formatter) emit(line int, text string) {
	n := len(f.out)
	if line > f.last && line >= 2 && line <= len(f.lines) && f.blank(line-1) && n > 0 && f.out[n-1] != (outLine{}) {
		f.out = append(f.out, outLine{})
	}
	f.last = max(f.last, line)
	f.out = append(f.out, outLine{text: text})
}

// flush prints the comments before a line that stand at least at a column, on lines of their own.
func (f *formatter) flush(before, col, indent int) {
	for f.next < len(f.comments) {
		c := f.comments[f.next]
		if c.line >= before || c.col < col {
			return
		}
		f.next++
		f.emit(c.line, strings.Repeat(" ", indent)+c.text)
	}
}

// trail appends to the last printed line the comment at the end of a line of the file, if it is next.
func (f *formatter) trail(line int) {
	if f.next < len(f.comments) {
		if c := f.comments[f.next]; !c.own && c.line <= line {
			f.next++
			f.out[len(f.out)-1].comment = c.text
		}
	}
}

// node prints n after prefix, which begins its line; further lines are indented by indent. before is
// the line of what follows in the file.
func (f *formatter) node(n *yaml.Node, indent int, prefix string, before int, block bool) {
	p := f.at[n]
	head := header(n)
	isFlow := n.Kind == yaml.ScalarNode || n.Kind == yaml.AliasNode || len(n.Content) == 0 ||
		n.Style&yaml.FlowStyle != 0 && !block && !f.commented(n)
	if isFlow {
		text := head + f.flow(n)
		fits := utf8.RuneCountInString(prefix+text) <= formatWidth
		switch {
		case fits || n.Kind == yaml.ScalarNode || n.Kind == yaml.AliasNode || len(n.Content) == 0:
			f.emit(p.Line, prefix+text)
			f.trail(f.ends[n])
			return
		case n.Kind == yaml.SequenceNode && f.plain(n):
			f.fill(n, prefix+head, indent)
			return
		}
	}
	if head != "" {
		f.emit(p.Line, prefix+strings.TrimSuffix(head, " "))
		f.trail(p.Line)
		prefix = strings.Repeat(" ", indent)
	}
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i < len(n.Content); i += step {
		c := n.Content[i]
		begin := f.at[c].Line
		start := strings.Repeat(" ", indent)
		if i == 0 && strings.TrimSpace(prefix) != "" {
			start = prefix // the comments before it stand before the prefix
		} else {
			f.flush(begin, 0, indent)
		}
		after := before
		if i+step < len(n.Content) {
			after = f.at[n.Content[i+step]].Line
		}
		if step == 1 {
			f.node(c, indent+2, start+"- ", after, false)
		} else {
			f.pair(c, n.Content[i+1], indent, start, after)
		}
	}
	if n.Style&yaml.FlowStyle == 0 {
		col := p.Col
		if n.Kind == yaml.SequenceNode && indent >= p.Col {
			col = p.Col + 1 // a list at its key's own column: a comment there belongs to what follows
		}
		f.flush(before, col, indent)
	}
}

// pair prints a key and its value.
func (f *formatter) pair(k, v *yaml.Node, indent int, start string, after int) {
	text := start + header(k) + f.flow(k) + ":"
	if k.Kind == yaml.AliasNode {
		text = start + f.flow(k) + " :"
	}
	inline := v.Kind == yaml.ScalarNode || v.Kind == yaml.AliasNode || len(v.Content) == 0 ||
		v.Style&yaml.FlowStyle != 0 && !f.commented(v) &&
			(utf8.RuneCountInString(text+" "+header(v)+f.flow(v)) <= formatWidth || v.Kind == yaml.SequenceNode && f.plain(v))
	if inline {
		if v.Kind == yaml.ScalarNode && v.Value == "" && !isQuoted(v) && !isBlock(v) && header(v) == "" {
			f.emit(f.at[k].Line, text)
			f.trail(f.ends[k])
			return
		}
		line := f.at[v].Line
		f.at[v] = f.at[k] // so that no blank line comes between
		f.node(v, indent+2, text+" ", after, false)
		f.last = max(f.last, line)
		return
	}
	f.emit(f.at[k].Line, text+strings.TrimRight(" "+header(v), " "))
	if f.at[v.Content[0]].Line > f.at[k].Line {
		f.trail(f.at[k].Line)
	}
	w := *v
	w.Anchor, w.Tag, w.Style = "", "", v.Style&^yaml.TaggedStyle
	f.at[&w], f.ends[&w] = f.at[v], f.ends[v]
	f.node(&w, indent+2, "", after, true)
}

// commented tells whether a comment stands within a node.
func (f *formatter) commented(n *yaml.Node) bool {
	for _, c := range f.comments[f.next:] {
		if c.line >= f.ends[n] {
			return false
		}
		if c.line >= f.at[n].Line {
			return true
		}
	}
	return false
}

// plain tells whether a list holds nothing but scalars.
func (f *formatter) plain(n *yaml.Node) bool {
	for _, c := range n.Content {
		if c.Kind != yaml.ScalarNode {
			return false
		}
	}
	return true
}

// fill prints a list of scalars in flow style over several lines.
func (f *formatter) fill(n *yaml.Node, prefix string, indent int) {
	text := prefix + "["
	for i, c := range n.Content {
		item := header(c) + f.flow(c) + ","
		if i == len(n.Content)-1 {
			item = strings.TrimSuffix(item, ",") + "]"
		}
		if i > 0 && utf8.RuneCountInString(text+" "+item) > formatWidth {
			f.emit(f.at[n].Line, text)
			text = strings.Repeat(" ", indent+2) + item
			continue
		}
		if i > 0 {
			text += " "
		}
		text += item
	}
	f.emit(f.at[n].Line, text)
	f.trail(f.ends[n])
}

// header returns the anchor and tag of a node as they precede it.
func header(n *yaml.Node) string {
	s := ""
	if n.Anchor != "" && n.Kind != yaml.AliasNode {
		s += "&" + n.Anchor + " "
	}
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "" {
		s += n.Tag + " "
	}
	return s
}

// flow returns a node on one line, without its anchor and tag.
func (f *formatter) flow(n *yaml.Node) string {
	switch n.Kind {
	case yaml.AliasNode:
		return "*" + n.Value
	case yaml.ScalarNode:
		if isQuoted(n) || isBlock(n) || strings.ContainsAny(n.Value, "\n\r") {
			return strconv.Quote(n.Value)
		}
		return n.Value
	}
	var parts []string
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			parts = append(parts, header(c)+f.inner(c))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		colon := ": "
		if k.Kind == yaml.AliasNode {
			colon = " : "
		}
		parts = append(parts, header(k)+f.inner(k)+colon+header(v)+f.inner(v))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// inner is flow for what stands between brackets, where nothing may be left out.
func (f *formatter) inner(n *yaml.Node) string {
	if s := f.flow(n); s != "" {
		return s
	}
	return "null"
}

// sameTree tells whether two documents hold the same values in the same order.
func sameTree(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Anchor != b.Anchor || len(a.Content) != len(b.Content) {
		return false
	}
	if a.Kind == yaml.ScalarNode {
		empty := a.Tag == "!!null" && b.Tag == "!!null"
		return empty || a.Value == b.Value && a.Tag == b.Tag
	}
	if a.Kind == yaml.AliasNode && a.Value != b.Value {
		return false
	}
	for i := range a.Content {
		if !sameTree(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return a.Tag == b.Tag
}
