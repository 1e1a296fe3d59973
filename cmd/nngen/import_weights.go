package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/weights"
)

func importWeightsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "weights FILE --into SPEC",
		Short: "Give a network the weights of a safetensors or npz file, and compile them",
		Long: `Give a network the weights that PyTorch, Keras or scikit-learn trained, and compile them to its package.

FILE is of safetensors, or of numpy.savez; its arrays have the names of the framework:

  PyTorch   safetensors.torch.save_file(model.state_dict(), "w.safetensors")
            numpy.savez("w.npz", **{k: v.cpu().numpy() for k, v in model.state_dict().items()})
  Keras 3   numpy.savez("w.npz", **{v.path: v.numpy() for v in model.weights})
  Keras 2   numpy.savez("w.npz", **{v.name: v.numpy() for v in model.weights})
  MLP* of   numpy.savez("w.npz", **{f"coefs_{i}": w for i, w in enumerate(mlp.coefs_)},
  sklearn               **{f"intercepts_{i}": b for i, b in enumerate(mlp.intercepts_)})

Modules of the file and layers are paired by name, else where the shapes leave one choice, else in the order
of numbered names or of the npz file. Matrices are transposed, gates reordered, in_proj of an attention cut in three, and
rows behind a flattened image counted with its channels last. What stays ambiguous or is left over is an error that lists
the choices; --map MODULE=LAYER or --map ARRAY=PARAMETER makes one, --map MODULE= leaves a module out. Arrays of any names
are paired so, all of a layer: --map w0=h1.kernel,b0=h1.bias. --from torch says that matrices are out × in, and
transposes them, --from keras that they are in × out; the names of scikit-learn tell themselves. Attributes such as
epsilon are those of the spec: PyTorch's batch norm has 1e-5, that of Keras 1e-3.

A weights.safetensors in the layout of the spec can also be written by Python itself. Its metadata tell that it is for this
very network: SpecSum of the generated package, which changes with the spec.

  safetensors.numpy.save_file({"h1.kernel": w, "h1.bias": b}, "weights.safetensors", metadata={"spec": SPEC_SUM})`,
		Example: "  nngen import weights model.safetensors --into digits.yaml",
		Args:    cobra.ExactArgs(1),
	}
	out := outFlag(c)
	var into string
	var o weights.Options
	c.Flags().StringVar(&into, "into", "", "spec of the network")
	c.Flags().StringVar(&o.From, "from", "", "framework of the file: torch or keras (default: what its names tell)")
	c.Flags().StringToStringVar(&o.Map, "map", nil,
		"pair a module or array of the file with a layer or parameter, or with nothing")
	if err := c.MarkFlagRequired("into"); err != nil {
		panic("BUG: " + err.Error())
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := open(c, into, *out)
		if err != nil {
			return err
		}
		r, err := p.ImportWeights(args[0], o)
		if err != nil {
			return err
		}
		warn(c, p)
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		for _, row := range r.Table {
			fmt.Fprintf(w, "%s\t→ %s\t%s\n", row.Arrays, row.Param, row.What)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "wrote the weights of %s into the package %s\n", r.From, p.Dir)
		return nil
	}
	return c
}
