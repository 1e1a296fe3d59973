package ir

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// String returns the graph in its text form.
func (g *Graph) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "graph %s\n", g.Name)
	if g.Stream > 0 {
		fmt.Fprintf(&b, "  stream %d\n", g.Stream)
	}
	for _, n := range g.Nodes {
		line := "  " + n.String()
		if at := n.place(); at != "" {
			line = pad(line, 64) + " ; " + at
		}
		b.WriteString(line + "\n")
	}
	for _, o := range g.Outputs {
		fmt.Fprintf(&b, "  output %s %s\n", o.Name, o.Value)
	}
	for _, l := range g.Losses {
		fmt.Fprintf(&b, "  loss %s\n", l)
	}
	for _, d := range g.Grads {
		fmt.Fprintf(&b, "  gradient %s %s\n", d.Param.Name, d.Value)
	}
	for _, o := range g.InGrads {
		fmt.Fprintf(&b, "  input_gradient %s %s\n", o.Name, o.Value)
	}
	return b.String()
}

// String returns the node's line of the text form, without its place in the spec.
func (n *Node) String() string {
	var b strings.Builder
	for i, r := range n.Results {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(r.String())
	}
	b.WriteString(" = " + n.Name())
	for _, a := range n.Args {
		b.WriteString(" " + a.String())
	}
	if n.Param != nil && n.Prim != ParamPrim {
		b.WriteString(" @" + n.Param.Name)
	}
	for _, a := range n.Attrs {
		b.WriteString(" " + a.Name + "=" + attrText(a.V))
	}
	text := pad("  "+b.String(), 38)[2:]
	for i, r := range n.Results {
		if i > 0 {
			text += ","
		}
		text += " " + r.Shape.String()
		if r.Slot != nil {
			text += fmt.Sprintf(" [s%d]", r.Slot.ID)
		}
	}
	return text
}

// place says where a node comes from: digits.yaml:9 h1.
func (n *Node) place() string {
	at := n.Layer
	if n.Pos.Line > 0 {
		file := strconv.Quote(filepath.Base(n.Pos.File))
		at = strings.TrimRight(fmt.Sprintf("%s:%d %s", strings.ReplaceAll(file[1:len(file)-1], `\"`, `"`), n.Pos.Line,
			n.Layer), " ")
	}
	return at
}

func attrText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(s, ".eEIN") {
			s += ".0" // so that it parses back as a float64
		}
		return s
	}
	return fmt.Sprint(v)
}

func pad(s string, width int) string {
	if n := len([]rune(s)); n < width {
		return s + strings.Repeat(" ", width-n)
	}
	return s
}
