package ir

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/spec"
)

// TestRowsAreChecked enters rows that lack a cell, or that read as another in the text form.
func TestRowsAreChecked(t *testing.T) {
	full := func(change func(p *Prim)) Prim {
		p := Prim{Name: "new", Doc: "y = x", Args: 1, Stream: StreamNever, NoVJP: true,
			Attrs: []string{"rate float"}, Infer: like(0)}
		change(&p)
		return p
	}
	for want, p := range map[string]Prim{
		"lacks its name":     full(func(p *Prim) { p.Name = "" }),
		"lacks its name, d":  full(func(p *Prim) { p.Doc = "" }),
		"or shape rule":      full(func(p *Prim) { p.Infer = nil }),
		"no rule for stream": full(func(p *Prim) { p.Stream = 0 }),
		"a cell has a step":  full(func(p *Prim) { p.Stream = StreamCell }),
		"has no type":        full(func(p *Prim) { p.Attrs = []string{"rate"} }),
		`"rate real"`:        full(func(p *Prim) { p.Attrs = []string{"rate real"} }),
		"same text form":     full(func(p *Prim) { p.Name = "gemm.nn" }),
		"map.relu and map":   full(func(p *Prim) { p.Name = "map.relu" }),
		"loss.mse and loss":  full(func(p *Prim) { p.Name = "loss.mse" }),
	} {
		if got := panics(func() { row(p) }); !strings.Contains(got, "BUG: ") || !strings.Contains(got, want) {
			t.Errorf("row of %q panics with %q, want %q", p.Name, got, want)
		}
	}
	missing := &Prim{Name: "new"}
	for _, p := range table {
		if p.VJP != nil {
			missing = p
		}
	}
	vjp := missing.VJP
	defer func() { missing.VJP = vjp }()
	missing.VJP = nil
	if got := panics(checkGradients); !strings.Contains(got, missing.Name) {
		t.Errorf("without the gradient of %s: %q", missing.Name, got)
	}
}

// panics returns what a function panics with, "" for nothing.
func panics(f func()) (with string) {
	defer func() { with, _ = recover().(string) }()
	f()
	return ""
}

// TestAttributesAreChecked gives nodes attributes that their rows do not know, or of another type.
func TestAttributesAreChecked(t *testing.T) {
	for want, attrs := range map[string][]Attr{
		"":                                       {{"rate", 0.5}, {"stream", 3}},
		"no attribute alpha":                     {{"rate", 0.5}, {"alpha", 1.0}},
		"attribute rate is 1, of":                {{"rate", 1}},
		`attribute stream is "3"`:                {{"stream", "3"}},
		"stream is there twice":                  {{"rate", 0.5}, {"stream", 3}, {"stream", 4}},
		"stream of primitive dropout is missing": {{"rate", 0.5}},
		"rate of primitive dropout is missing":   {{"stream", 3}},
	} {
		b := NewBuilder("g")
		n := b.Node(DropoutPrim, "", []*Value{b.Input("x", Shape{3})})
		n.Attrs = attrs
		err := Verify(b.Graph)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: %v, want %q", attrs, err, want)
		}
	}
	for want, n := range map[string]*Node{
		"":                                {Prim: MapPrim, F: "relu"},
		"whether function elu has a para": {Prim: MapPrim, F: "elu"},
		"alpha is there: true":            {Prim: MapPrim, F: "relu", Attrs: []Attr{{"alpha", 1.0}}},
		"alpha is there: false":           {Prim: GemmNN, Attrs: []Attr{{"epilogue", "bias"}, {"act", "leaky_relu"}}},
	} {
		b := NewBuilder("g")
		n.Args = []*Value{b.Input("x", Shape{3})}
		if n.Prim == GemmNN {
			p := &Param{Name: "w", Shape: Shape{3, 3}}
			n.Args = append(n.Args, b.Param(p), b.Param(&Param{Name: "b", Shape: Shape{3}}))
		}
		b.Append(n)
		if err := Verify(b.Graph); want == "" && err != nil || want != "" &&
			(err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", n, err, want)
		}
	}
	b := NewBuilder("g")
	b.Input("a name", Shape{3})
	if err := Verify(b.Graph); err == nil || !strings.Contains(err.Error(), "a name") {
		t.Errorf("a name that ends a word: %v", err)
	}
}

// TestTextIsRead reads what the text form has beside nodes, and texts that are none.
func TestTextIsRead(t *testing.T) {
	text := "graph g\n  stream 4\n" +
		line("  v1 = input name=x shape=3", "n×3", "my net.yaml:3 x") +
		line("  v2 = param name=w.kernel role=frozen matrix=3×2", "4", "my net.yaml:12 w loss") +
		line("  v3 = sparse.nn v1 v2 @w.kernel", "n×2 [s2]", "w") +
		line("  v4 = scale.rows v3 v5", "n×2 [s1]", "w")
	text = strings.Replace(text, "v3 v5", "v3 v3", 1) // not well-formed, but for the text that is the same
	g, err := Parse(text + "  output y v4\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := g.String(); got != text+"  output y v4\n" {
		t.Errorf("read\n%s\nwritten\n%s", text, got)
	}
	if p := g.Params[0]; p.Role != Frozen || p.In != 3 || p.Out != 2 || p.Pos.Line != 12 || p.Pos.File != "my net.yaml" {
		t.Errorf("%+v", p)
	}
	for _, bad := range []string{
		"v1 = scale v0", "graph g\nv1 = nothing", "graph g\nv1 = input name=x shape=3 rate=1",
		"graph g\nv1 = input name=x shape=three",
		"graph g\nv1 = param name=w role=none 3", "graph g\nv1 = input name=x shape=3 n×4",
		"graph g\nv1 = input name=x shape=3 n×3 [t1]",
		"graph g\noutput y v9", "graph g\nv1 = enlarge.grad.cubic",
	} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// TestPlacesAreRead prints nodes of files with names that are escaped, or that look like parts of a place, and reads
// them back.
func TestPlacesAreRead(t *testing.T) {
	for _, file := range []string{
		"a.yaml", " a.yaml", "a .yaml", "a;b.yaml", "a:5 b.yaml", `a"b.yaml`, `a\b.yaml`, `a\nb.yaml`, `a\"b.yaml`, `a\`,
		"a\nb.yaml", "a\u2028b.yaml", "a\xffb.yaml", "ö.yaml", "a.yaml ", "\t",
	} {
		b := NewBuilder("g")
		b.Layer, b.Pos = "h1", spec.Pos{File: file, Line: 7}
		b.Input("x", Shape{3})
		text := b.Graph.String()
		g, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v\n%s", file, err, text)
			continue
		}
		if n := g.Nodes[0]; n.Pos.File != file || n.Pos.Line != 7 || n.Layer != "h1" || g.String() != text {
			t.Errorf("%q is read as %q, line %d, layer %q, of\n%s", file, n.Pos.File, n.Pos.Line, n.Layer, text)
		}
	}
}

// line returns a line of a node as it is printed.
func line(node, shapes, place string) string {
	return pad(pad(node, 38)+" "+shapes, 64) + " ; " + place + "\n"
}
