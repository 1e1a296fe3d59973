package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Bounds on what Parse reads, so that a hostile file costs little.
const (
	maxBytes    = 1 << 20 // of the file
	maxDepth    = 32      // of nested lists and mappings, aliases expanded
	maxExpanded = 1 << 14 // values that come from aliases and merge keys
	maxShown    = 40      // characters of the user's text in a message
)

// form is what a tree is in YAML's own terms.
type form int

const (
	nullForm form = iota
	plainForm
	quotedForm // a string, whatever it looks like
	listForm
	mapForm
)

// tree is one YAML value with aliases and merge keys expanded.
type tree struct {
	form  form
	pos   Pos
	text  string   // of a scalar, unquoted
	items []*tree  // of a list
	keys  []*entry // of a mapping, in the order written, without repeated keys
}

// entry is one key of a mapping with its value.
type entry struct {
	key    string
	pos    Pos
	value  *tree
	merged bool // came from a merge key
}

// get returns the entry of a key, or nil.
func (t *tree) get(key string) *entry {
	for _, e := range t.keys {
		if e.key == key {
			return e
		}
	}
	return nil
}

// load reads src as exactly one YAML document, and returns its root; or nil and one error.
func load(file string, src []byte) (root *yaml.Node, list ErrorList) {
	fail := func(code string, pos Pos, hint, format string, args ...any) (*yaml.Node, ErrorList) {
		pos.File = file
		var l ErrorList
		l.Add(code, pos, "", hint, format, args...)
		return nil, l
	}
	if len(src) > maxBytes {
		return fail("too-large", Pos{}, "a spec holds no data: name data files under `data:`",
			"the file has %d bytes, but a spec has at most %d", len(src), maxBytes)
	}
	at := func(i int) Pos {
		line := 1 + bytes.Count(src[:i], []byte("\n"))
		return Pos{Line: line, Col: 1 + utf8.RuneCount(src[bytes.LastIndexByte(src[:i], '\n')+1:i]), Width: 1}
	}
	if i := invalidUTF8(src); i >= 0 {
		hint := "save the file as UTF-8"
		if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
			hint += "; it seems to be UTF-16"
		}
		return fail("encoding", at(i), hint, "byte 0x%02x is not UTF-8 text", src[i])
	}
	if i := bytes.IndexFunc(src, isControl); i >= 0 {
		r, _ := utf8.DecodeRune(src[i:])
		hint := "remove it"
		if r != 0 {
			hint += fmt.Sprintf(`, or write \u%04x within double quotes`, r)
		}
		return fail("encoding", at(i), hint, "the character %U may not stand in YAML", r)
	}
	defer func() {
		// The library reports errors as values; should one escape as a panic, the file is to blame.
		if r := recover(); r != nil {
			root, list = fail("syntax", Pos{}, "", "not YAML: %v", r)
		}
	}()
	loader, err := yaml.NewLoader(bytes.NewReader(src))
	if err != nil {
		panic("BUG: " + err.Error())
	}
	var doc, next yaml.Node
	err = loader.Load(&doc)
	if err == nil && doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		second := loader.Load(&next)
		switch {
		case second == nil:
			return fail("documents", Pos{Line: max(next.Line, 1), Col: max(next.Column, 1), Width: 1}, "",
				"a second YAML document begins, but a file holds one spec")
		case !errors.Is(second, io.EOF):
			err = second
		}
	}
	if err == nil || errors.Is(err, io.EOF) {
		if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || isEmpty(doc.Content[0]) {
			return fail("empty", Pos{Line: 1, Col: 1}, "`nngen init` writes a first spec",
				"the file holds no spec")
		}
		return doc.Content[0], nil
	}
	if m := mergeMark.FindIndex(src); m != nil {
		pos := at(m[0])
		pos.Width = m[1] - m[0]
		return fail("syntax", pos, "keep one of its sides, or both, and remove the marks",
			"a conflict of a merge is not resolved")
	}
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return fail("syntax", Pos{Line: 1, Col: 1}, "", "not YAML: %v", err)
	}
	mark := le.Mark
	msg := le.Message
	// What was left open is the mistake, not the place where its end was missed. A block is never left open: it ends
	// where the indentation does.
	block := strings.HasPrefix(le.ContextMsg, "while parsing a block")
	if le.ContextMark.Line > 0 && le.ContextMsg != "" && !block && !strings.Contains(msg, "tab") {
		if le.ContextMark.Line != le.Mark.Line {
			msg = fmt.Sprintf("%s, up to line %d", msg, le.Mark.Line)
		}
		mark = le.ContextMark
		msg = le.ContextMsg + ": " + msg
	}
	pos := Pos{Line: max(mark.Line, 1), Col: max(mark.Column, 1), Width: 1}
	hint := ""
	if strings.Contains(msg, "tab") || strings.HasPrefix(strings.TrimLeft(line(src, le.Mark.Line), " "), "\t") {
		hint = "indent with spaces: YAML forbids tabs there"
	} else if strings.Contains(msg, "mapping values are not allowed") {
		hint = "check the indentation, and quote text that contains `: `"
	}
	return fail("syntax", pos, hint, "not YAML: %s", msg)
}

// mergeMark is what git puts where a conflict begins.
var mergeMark = regexp.MustCompile(`(?m)^<<<<<<<`)

func isEmpty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == ""
}

// isControl tells whether YAML forbids a character: those below the space but tabs and line ends, and two others.
func isControl(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
}

// invalidUTF8 returns the index of the first byte that is not UTF-8, or -1.
func invalidUTF8(src []byte) int {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// line returns a line of src, counted from 1, without its end; "" if there is none.
func line(src []byte, n int) string {
	for ; n > 1; n-- {
		i := bytes.IndexByte(src, '\n')
		if i < 0 {
			return ""
		}
		src = src[i+1:]
	}
	if i := bytes.IndexByte(src, '\n'); i >= 0 {
		src = src[:i]
	}
	return strings.TrimSuffix(string(src), "\r")
}

// expander turns YAML nodes into trees.
type expander struct {
	file  string
	lines [][]rune
	errs  *ErrorList
	// open holds the anchored nodes that are being expanded, to find those that contain themselves.
	open     map[*yaml.Node]bool
	aliases  int // depth of aliases around the current node
	expanded int // values made from aliases
	stop     bool
}

func newExpander(file string, src []byte, errs *ErrorList) *expander {
	x := &expander{file: file, errs: errs, open: map[*yaml.Node]bool{}}
	for _, l := range strings.Split(string(src), "\n") {
		x.lines = append(x.lines, []rune(strings.TrimSuffix(l, "\r")))
	}
	return x
}

// abort adds an error after which there is no point in going on.
func (x *expander) abort(code string, pos Pos, hint, format string, args ...any) *tree {
	if !x.stop {
		x.errs.Add(code, pos, "", hint, format, args...)
	}
	x.stop = true
	return &tree{pos: pos}
}

func (x *expander) expand(n *yaml.Node, depth int) *tree {
	pos := x.pos(n)
	if x.stop {
		return &tree{pos: pos}
	}
	if depth > maxDepth {
		return x.abort("too-deep", pos, "", "lists and mappings are nested more than %d deep", maxDepth)
	}
	if x.aliases > 0 {
		if x.expanded++; x.expanded > maxExpanded {
			return x.abort("aliases", pos, "write the layers out, or use fewer aliases",
				"aliases expand to more than %d values", maxExpanded)
		}
	}
	switch n.Kind {
	case yaml.AliasNode:
		if x.open[n.Alias] {
			return x.abort("aliases", pos, "", "alias *%s contains itself", clip(n.Value))
		}
		x.aliases++
		t := x.expand(n.Alias, depth)
		x.aliases--
		return t
	case yaml.ScalarNode:
		return x.scalar(n, pos)
	}
	if n.Anchor != "" {
		x.open[n] = true
		defer delete(x.open, n)
	}
	if tag := n.Tag; tag != "" && tag != "!!map" && tag != "!!seq" {
		x.errs.Add("tag", pos, "", "remove it", "a spec has no YAML tags, but here is %s", clip(tag))
	}
	t := &tree{form: listForm, pos: pos}
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			t.items = append(t.items, x.expand(c, depth+1))
		}
		return t
	}
	t.form = mapForm
	x.mapping(t, n, depth)
	return t
}

// mapping fills in the keys of t. A key written in the mapping itself wins over merged ones.
func (x *expander) mapping(t *tree, n *yaml.Node, depth int) {
	seen := map[string]*entry{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		kpos := x.pos(k)
		if k.Kind == yaml.AliasNode && k.Alias != nil && k.Alias.Kind == yaml.ScalarNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			x.errs.Add("type", kpos, "", "", "a key must be a word, but is %s", x.expand(k, depth+1).describe())
			continue
		}
		if k.Tag == "!!merge" || k.Value == "<<" && k.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
			merges = append(merges, v)
			continue
		}
		value := x.expand(v, depth+1)
		if first := seen[k.Value]; first != nil {
			x.errs.Add("duplicate-key", kpos, "", "remove one of them",
				"key %s is written twice, first at line %d:%d", quote(k.Value), first.pos.Line, first.pos.Col)
			continue
		}
		e := &entry{key: k.Value, pos: kpos, value: value}
		seen[k.Value] = e
		t.keys = append(t.keys, e)
	}
	for _, m := range merges {
		x.aliases++
		v := x.expand(m, depth+1)
		x.aliases--
		from := []*tree{v}
		if v.form == listForm {
			from = v.items
		}
		for _, f := range from {
			if f.form != mapForm && x.stop {
				continue
			}
			if f.form != mapForm {
				x.errs.Add("type", f.pos, "", "", "a merge key `<<` takes a mapping, but this is %s", f.describe())
				continue
			}
			for _, e := range f.keys {
				if seen[e.key] == nil {
					c := *e
					c.merged = true
					seen[e.key] = &c
					t.keys = append(t.keys, &c)
				}
			}
		}
	}
}

func (x *expander) scalar(n *yaml.Node, pos Pos) *tree {
	t := &tree{form: plainForm, pos: pos, text: n.Value}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		t.form = quotedForm
	}
	if n.Style&yaml.TaggedStyle != 0 {
		switch n.Tag {
		case "!!str":
			t.form = quotedForm
		case "!!int", "!!float", "!!bool", "!!null":
			t.form = plainForm
		default:
			x.errs.Add("tag", pos, "", "remove it", "a spec has no YAML tags, but here is %s", clip(n.Tag))
		}
	}
	if t.form == plainForm {
		switch t.text {
		case "", "~", "null", "Null", "NULL":
			t.form = nullForm
		}
	}
	return t
}

// pos returns the place of a node, past its anchor and tag, and the width of its text on that line.
func (x *expander) pos(n *yaml.Node) Pos {
	p := Pos{File: x.file, Line: n.Line, Col: n.Column}
	if p.Line < 1 || p.Line > len(x.lines) || p.Col < 1 {
		return p
	}
	text := x.lines[p.Line-1]
	for p.Col <= len(text) && (text[p.Col-1] == '&' || text[p.Col-1] == '!') {
		i := p.Col - 1
		for i < len(text) && text[i] != ' ' {
			i++
		}
		for i < len(text) && text[i] == ' ' {
			i++
		}
		if i >= len(text) {
			break
		}
		p.Col = i + 1
	}
	if p.Col > len(text) {
		return p
	}
	rest := text[p.Col-1:]
	p.Width = 1
	switch {
	case n.Kind == yaml.AliasNode:
		p.Width = 1 + utf8.RuneCountInString(n.Value)
	case n.Kind != yaml.ScalarNode:
	case rest[0] == '"' || rest[0] == '\'':
		for i := 1; i < len(rest); i++ {
			p.Width = i + 1
			if rest[i] == '\\' && rest[0] == '"' {
				i++
			} else if rest[i] == rest[0] {
				break
			}
		}
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		first, _, _ := strings.Cut(n.Value, "\n")
		p.Width = max(1, utf8.RuneCountInString(first))
	}
	p.Width = min(p.Width, len(rest))
	return p
}

// describe says what a value is, for messages that say what it should be.
func (t *tree) describe() string {
	switch t.form {
	case nullForm:
		return "empty"
	case listForm:
		return "a list"
	case mapForm:
		return "a mapping"
	case quotedForm:
		return "the string " + quote(t.text)
	}
	switch {
	case isNumber(t.text):
		return "the number " + clip(t.text)
	case t.text == "true" || t.text == "false":
		return t.text
	}
	return quote(t.text)
}

// Scalar writes a name of letters, digits and _ for a spec: in quotes where it would be a number there (nan, inf), true
// or false, or nothing (null).
func Scalar(name string) string {
	switch {
	case isNumber(name), slices.Contains([]string{"null", "true", "false"}, name):
		return strconv.Quote(name)
	}
	return name
}

// clip shortens the user's text for a message, and replaces what a terminal would not print.
func clip(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, shorten(s))
}

// FileName returns the name of a file for a message: in quotes, with escapes, if a terminal would not print it as it
// is.
func FileName(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(name) {
		return strconv.Quote(name)
	}
	return name
}

// Message returns a message with escapes for what a terminal would obey, not print: control characters but those that
// end lines and columns, and marks of direction.
func Message(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\n' || r == '\t' || !unicode.IsControl(r) && !unicode.Is(unicode.Bidi_Control, r) {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRuneToASCII(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

// quote shortens and quotes the user's text for a message.
func quote(s string) string { return strconv.Quote(shorten(s)) }

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= maxShown {
		return s
	}
	return string([]rune(s)[:maxShown]) + "…"
}
