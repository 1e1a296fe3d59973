package spec

import (
	"strings"
	"unicode/utf8"
)

func (p *parser) data(n Node) *Data {
	d, ok := n.Node("data")
	if !ok {
		return nil
	}
	source := func(name string) *Source {
		s, ok := d.Node(name)
		if !ok {
			return nil
		}
		return p.source("data."+name, s)
	}
	return &Data{
		Train: source("train"), Validation: source("validation"), Test: source("test"),
		TestSplit: d.Float("test_split"), SkipBadRows: d.Float("skip_bad_rows"), Stratify: d.Bool("stratify"),
		Missing: d.Strings("missing"), Target: d.Word("target"), Pos: d.Pos,
	}
}

func (p *parser) source(subject string, n Node) *Source {
	s := &Source{
		Labels: n.Word("labels"), Delimiter: n.Word("delimiter"), Decimal: n.Word("decimal"),
		Layout: n.Word("layout"), Encoding: n.Word("encoding"), Label: n.Strings("label"),
		Features: n.Strings("features"), Weight: n.Word("weight"), Pos: n.Pos,
	}
	for _, f := range []string{"csv", "idx", "npy", "text"} {
		if v := n.Lookup(f); v != nil {
			s.Format, s.Path = f, v.V.(string)
		}
	}
	if i, ok := n.Node("image"); ok {
		s.Format, s.Path = "image", i.Word("folder")
		s.Image = &Image{Resize: i.Ints("resize"), Channels: i.Int("channels"), ResizePos: i.At("resize"),
			ChannelsPos: i.At("channels")}
	}
	if v := n.Lookup("header"); v != nil {
		b := v.V.(bool)
		s.Header = &b
	}
	if s.Delimiter == `\t` {
		s.Delimiter = "\t"
	}
	if s.Delimiter != "" && s.Delimiter != "spaces" && utf8.RuneCountInString(s.Delimiter) != 1 ||
		strings.ContainsAny(s.Delimiter, "\"\r\n") {
		p.errs.Add("range", n.At("delimiter"), subject, "", "delimiter must be one character, but is %s", quote(s.Delimiter))
	}
	s.Series = p.series(subject, n)
	for _, name := range []string{"header", "delimiter", "decimal", "encoding", "label", "features", "weight", "series"} {
		if v := n.Lookup(name); v != nil && v.Written && s.Format != "csv" && s.Format != "" {
			p.errs.Add("conflict", v.Pos, subject, "remove it", "%s is for csv, but the data is in %s", name, s.Format)
		}
	}
	if v := n.Lookup("layout"); v != nil && v.Written && s.Format != "idx" && s.Format != "npy" && s.Format != "" {
		p.errs.Add("conflict", v.Pos, subject, "remove it", "layout is for idx and npy, but the data is in %s", s.Format)
	}
	if v := n.Lookup("labels"); v != nil && (s.Format == "csv" || s.Format == "text" || s.Format == "image") {
		hint := "name the column with `label`"
		if s.Format == "text" {
			hint = "remove it: the label of each token is the next one"
		}
		if s.Format == "image" {
			hint = "remove it: the class of a picture is its folder"
		}
		p.errs.Add("conflict", v.Pos, subject, hint, "labels is for idx and npy, but the data is in %s", s.Format)
	}
	return s
}

// series reads the windows of a source; nil if it has none.
func (p *parser) series(subject string, n Node) *Series {
	w, ok := n.Node("series")
	if !ok {
		return nil
	}
	bound := func(name string) *float64 {
		if w.Has(name) {
			v := w.Float(name)
			return &v
		}
		return nil
	}
	s := &Series{
		Columns: w.Strings("columns"), Horizon: 1, Steps: 1, Gaps: w.Word("gaps"), SamplingRate: w.Int("sampling_rate"),
		SequenceStride: w.Int("sequence_stride"),
		Index:          w.Word("index"), From: bound("from"), To: bound("to"), Pos: w.Pos,
	}
	if h, ok := w.Node("horizon"); ok {
		s.Horizon, s.Steps = h.Int("rows"), h.Int("steps")
	}
	if s.From != nil && s.To != nil && *s.From > *s.To {
		p.errs.Add("conflict", w.At("to"), subject+".series", "", "to is %g, which is before from, %g", *s.To, *s.From)
	}
	if v := n.Lookup("features"); v != nil {
		p.errs.Add("conflict", v.Pos, subject, "remove features", "the columns of a series are its features")
	}
	return s
}
