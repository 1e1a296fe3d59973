package main

import (
	"fmt"
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
		Use:   "ops [KIND | SECTION | onnx]",
		Short: "List the kinds of layers, losses, optimizers, … and the sections of a spec, or the attributes of one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			if len(args) == 1 && args[0] == "onnx" {
				_, err := fmt.Fprint(c.OutOrStdout(), onnx.Table)
				return err
			}
			found := len(args) == 0
			list := func(title, what string, kinds []spec.Kind) {
				if len(args) == 0 {
					fmt.Fprintf(w, "%s:\n", title)
				}
				for _, k := range kinds {
					switch {
					case len(args) == 0:
						fmt.Fprintf(w, "  %s\t%s\n", k.Name, k.Doc)
					case k.Name == args[0]:
						found = true
						fmt.Fprintf(w, "%s (%s): %s\n", k.Name, what, k.Doc)
						attributes(w, k)
					}
				}
			}
			list("Sections", "section", spec.Sections())
			for _, f := range describe.Families {
				list(f.Title, string(f.Family), op.Schema()[f.Family])
			}
			if !found {
				return fmt.Errorf("no kind %q; nngen ops lists all", args[0])
			}
			return w.Flush()
		},
	}
}

func attributes(w *tabwriter.Writer, k spec.Kind) {
	for _, a := range k.Attrs {
		def := "optional"
		switch {
		case a.Required:
			def = "required"
		case a.Default != nil:
			def = fmt.Sprintf("default %v", a.Default)
		}
		words := ""
		if len(a.Enum) > 0 {
			words = " Words: " + strings.Join(a.Enum, ", ") + "."
		}
		fmt.Fprintf(w, "  %s\t%s\t%s%s\n", a.Name, def, a.Doc, words)
	}
}
