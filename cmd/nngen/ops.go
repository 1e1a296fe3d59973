package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/describe"
	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

func opsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "ops [KIND | SECTION | FAMILY | ATTRIBUTE | onnx]",
		Short: "List the kinds of layers, losses, metrics, … and the sections of a spec, or explain one, or " +
			"find an attribute",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeOps,
		RunE: func(c *cobra.Command, args []string) error {
			return paged(c.OutOrStdout(), func(out io.Writer) error {
				w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
				switch {
				case len(args) == 0:
					for _, g := range opsGroups() {
						g.list(w)
					}
				case args[0] == "onnx":
					if _, err := fmt.Fprint(out, onnx.Table); err != nil {
						return err
					}
				default:
					if err := explainWord(w, args[0]); err != nil {
						return err
					}
				}
				return w.Flush()
			})
		},
	}
}

// opsGroup is a family of kinds, or the sections.
type opsGroup struct {
	title string // Layers
	what  string // layer
	kinds []spec.Kind
}

func opsGroups() []opsGroup {
	all := []opsGroup{{"Sections", "section", op.Sections()}}
	for _, f := range describe.Families {
		all = append(all, opsGroup{f.Title, string(f.Family), op.Schema()[f.Family]})
	}
	return all
}

func (g opsGroup) list(w io.Writer) {
	fmt.Fprintf(w, "%s:\n", g.title)
	for _, k := range g.kinds {
		fmt.Fprintf(w, "  %s\t%s\n", k.Name, k.Doc)
	}
}

// explainWord explains the kinds and sections of a name, else lists the family of that title, else says which kinds and
// sections have an attribute of that name.
func explainWord(w io.Writer, word string) error {
	names, found := []string{"onnx"}, false
	for _, g := range opsGroups() {
		for _, k := range g.kinds {
			if names = append(names, k.Name); k.Name == word {
				found = true
				fmt.Fprintf(w, "%s (%s): %s\n", k.Name, g.what, k.Doc)
				attributes(w, k.Attrs)
				if g.what == string(spec.LayerFamily) {
					fmt.Fprintf(w, "Every layer may also have %s: see nngen ops layers.\n", everyLayer())
				}
			}
		}
	}
	if found {
		return nil
	}
	for _, g := range opsGroups() {
		title := strings.ToLower(g.title)
		if names = append(names, title); title == word {
			g.list(w)
			return nil
		}
	}
	for _, g := range opsGroups() {
		for _, k := range g.kinds {
			for i, a := range k.Attrs {
				if names = append(names, a.Name); a.Name == word {
					found = true
					fmt.Fprintf(w, "an attribute of %s (%s):\n", k.Name, g.what)
					attributes(w, k.Attrs[i:i+1])
				}
			}
		}
	}
	switch near := spec.Nearest(word, names); {
	case found:
		return nil
	case near != "":
		return fmt.Errorf("no kind, section or attribute %q; did you mean %q? nngen ops lists all", word, near)
	}
	return fmt.Errorf("no kind, section or attribute %q; nngen ops lists all", word)
}

// everyLayer names the attributes that layers have beside those of their kind.
func everyLayer() string {
	var names []string
	for _, k := range spec.Sections() {
		if k.Name == "layers" {
			for _, a := range k.Attrs {
				names = append(names, a.Name)
			}
		}
	}
	return strings.Join(names, ", ")
}

func attributes(w io.Writer, attrs []spec.Attr) {
	for _, a := range attrs {
		def := "optional"
		switch {
		case a.Required:
			def = "required"
		case a.Default != nil:
			def = "default " + written(a.Default)
		}
		words := ""
		if len(a.Enum) > 0 {
			words = " Words: " + strings.Join(a.Enum, ", ") + "."
		}
		fmt.Fprintf(w, "  %s\t%s\t%s%s\n", a.Name, def, a.Doc, words)
	}
}

// written returns a default as a spec has it.
func written(v any) string {
	n, ok := v.(spec.Node)
	if !ok {
		return fmt.Sprint(v)
	}
	if len(n.Attrs) == 0 {
		return n.Kind
	}
	var attrs []string
	for _, a := range n.Attrs {
		attrs = append(attrs, a.Name+": "+written(a.V))
	}
	return fmt.Sprintf("{%s: {%s}}", n.Kind, strings.Join(attrs, ", "))
}
