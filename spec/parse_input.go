package spec

import (
	"fmt"
	"slices"
	"strings"
)

func (p *parser) inputs(n Node) []Input {
	var nodes []Node
	if v := n.Lookup("inputs"); v != nil {
		nodes = v.V.([]Node)
	} else if one, ok := n.Node("input"); ok {
		nodes = []Node{one}
	}
	var ins []Input
	for _, in := range nodes {
		input := Input{Name: in.Word("name"), Shape: in.Ints("shape"), Columns: p.columns(in),
			Layout: in.Word("layout"), LayoutPos: in.At("layout"), Pos: in.At("name"), ShapePos: in.At("shape")}
		if input.Tokens = p.tokens(input, in); input.Tokens != nil && input.Tokens.Column != "" {
			input.Columns = []Column{{Name: input.Tokens.Column, Pos: input.Tokens.Pos}}
		}
		if input.Layout == ChannelsFirst {
			p.channelsFirst(input)
		}
		ins = append(ins, input)
	}
	return ins
}

// channelsFirst checks that an input has channels that may stand first.
func (p *parser) channelsFirst(in Input) {
	subject := fmt.Sprintf("input %q", in.Name)
	switch {
	case len(in.Shape) == 1:
		p.errs.Add("conflict", in.LayoutPos, subject,
			"leave out layout; or write shape: [channels, height, width] or [channels, steps]",
			"layout is channels_first, but the shape %d has one axis, and none of channels", in.Shape)
	case in.Tokens != nil:
		p.errs.Add("conflict", in.LayoutPos, subject, "leave out layout",
			"layout is channels_first, but its numbers are tokens, which have no channels")
	}
}

// columns reads the columns of an input, with the words that one_hot gives to some.
func (p *parser) columns(in Node) []Column {
	v := in.Lookup("columns")
	var list []Column
	if v != nil {
		for _, n := range v.V.([]Node) {
			list = append(list, Column{
				Name: n.Word("name"), Words: n.Strings("words"), Other: n.Bool("other"),
				Missing: n.Bool("missing"), Flag: n.Strings("flag"),
				MaxWords: n.Int("max_words"), Date: n.Strings("date"), Layout: n.Word("layout"), Fill: n.Word("fill"),
				Indicator: n.Bool("indicator"), Unit: n.Word("unit"), Pos: n.At("name"),
			})
		}
	}
	subject := fmt.Sprintf("input %q", in.Word("name"))
	for i := range list {
		p.column(&list[i], subject)
	}
	v = in.Lookup("one_hot")
	if v == nil {
		return list
	}
	for _, h := range v.V.([]Node) {
		name := h.Word("column")
		i := slices.IndexFunc(list, func(c Column) bool { return c.Name == name })
		switch {
		case i < 0:
			p.errs.Add("conflict", h.At("column"), subject, "list all columns of the input, in order: columns: […]",
				"one_hot names the column %q, which is none of its columns %q", name, columnNames(list))
		case list[i].Encoded():
			p.errs.Add("conflict", h.At("column"), subject, "", "one_hot names the column %q twice", name)
		default:
			list[i].Words, list[i].Pos = h.Strings("values"), h.At("column")
			p.column(&list[i], subject)
		}
	}
	return list
}

// column checks that what is said of a column goes together.
func (p *parser) column(c *Column, subject string) {
	kinds := 0
	for _, words := range [][]string{c.Words, c.Flag, c.Date} {
		if words != nil {
			kinds++
		}
		for i, w := range words {
			if slices.Contains(words[:i], w) {
				p.errs.Add("conflict", c.Pos, subject, "", "the column %q lists the word %q twice", c.Name, w)
				return
			}
		}
	}
	if c.MaxWords > 0 {
		kinds++
	}
	switch {
	case kinds > 1:
		p.errs.Add("conflict", c.Pos, subject, "keep one of words, max_words, flag and date",
			"the column %q is said to hold several kinds of fields", c.Name)
	case (c.Other || c.Missing) && c.Words == nil && c.MaxWords == 0:
		p.errs.Add("conflict", c.Pos, subject, "for a number write fill: and indicator: true",
			"other and missing are for words, which the column %q does not list", c.Name)
	case kinds > 0 && c.Unit != "":
		p.errs.Add("conflict", c.Pos, subject, "", "the column %q has a unit, but it does not hold numbers", c.Name)
	case strings.IndexAny(c.Unit, "0123456789.,+- ") == 0 || strings.HasSuffix(c.Unit, " "):
		p.errs.Add("conflict", c.Pos, subject, "write it without blanks and numbers around it",
			"the unit %q of the column %q begins or ends as numbers do", c.Unit, c.Name)
	case c.Indicator && (c.Fill == "" || c.Words != nil || c.MaxWords > 0):
		p.errs.Add("conflict", c.Pos, subject, "write fill: as well, or for words missing: true",
			"the column %q has an indicator of missing fields, but no field may be missing", c.Name)
	}
}

func columnNames(list []Column) []string {
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	return names
}

// Encoded tells whether the fields of a column are something else than numbers that are all there.
func (c Column) Encoded() bool {
	return c.Words != nil || c.MaxWords > 0 || c.Flag != nil || c.Date != nil || c.Fill != "" ||
		c.Unit != ""
}

// tokens reads what the numbers of an input stand for; nil if that is not written.
func (p *parser) tokens(input Input, n Node) *Tokens {
	t, ok := n.Node("tokens")
	if !ok {
		return nil
	}
	subject := fmt.Sprintf("input %q", input.Name)
	if t.Has("bytes") && !t.Bool("bytes") {
		p.errs.Add("conflict", t.At("bytes"), subject, "write characters or vocabulary in its place",
			"bytes: false says nothing about the tokens")
	}
	if i := slices.IndexFunc(input.Columns, Column.Encoded); i >= 0 {
		p.errs.Add("conflict", input.Columns[i].Pos, subject, "remove one of them",
			"its numbers are tokens, but those of the column %s are not", quote(input.Columns[i].Name))
	}
	column := t.Word("column")
	for _, name := range []string{"words", "lowercase", "steps"} {
		if v := t.Lookup(name); column == "" && v != nil && v.Written {
			p.errs.Add("conflict", v.Pos, subject, "write column: as well",
				"%s is for the texts of a column, and none is named", name)
		}
	}
	switch {
	case column != "" && input.Columns != nil:
		p.errs.Add("conflict", t.At("column"), subject, "remove columns",
			"its tokens are those of the column %s, and columns names others", quote(column))
	case column != "" && len(input.Shape) != 1:
		p.errs.Add("conflict", t.At("column"), subject, "", "texts give one number for each token, but its shape has %d axes",
			len(input.Shape))
	case t.Has("steps") && column != "" && t.Int("steps") != input.Shape[0]:
		p.errs.Add("conflict", t.At("steps"), subject, "", "a text has %d steps, but its shape has %d numbers",
			t.Int("steps"), input.Shape[0])
	}
	return &Tokens{Characters: t.Word("characters"), Bytes: t.Bool("bytes"), Vocabulary: t.Word("vocabulary"),
		Words: t.Int("words"), Column: column,
		Lowercase: t.Bool("lowercase"), Pos: t.Pos}
}
