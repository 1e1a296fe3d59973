package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/scaffold"
	"github.com/nngen/nngen/codegen/weights"
	"github.com/nngen/nngen/spec"
)

func importCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "import MODEL.onnx [OUT.npy…]",
		Short: "Make a spec and weights of a model that was trained elsewhere, and compile them",
		Long: `Make a spec and weights of a model in the ONNX format, and compile them to a package.

PyTorch (torch.onnx.export), scikit-learn (skl2onnx), Keras (tf2onnx) and others write this format. The
folder gets the spec, which can be edited, the weights, and the package. Images have their channels last
here, unless --layout channels_first keeps them first in the inputs, as the model has them. What can't be imported is
listed, every node at once, and nothing is written.

A file that nngen export wrote gives the spec that it holds, names and all, if an export of that with the file's
numbers is the very file. If it is not, a line says so, and the nodes are read as those of any other file.

A model.json of Keras (model.to_json()) or a .keras file becomes a spec alone: nngen import weights reads its
weights from an npz file.

With --check the network is run in float64 on the examples of x.npy, and its outputs are compared with those of
y.npy, which the model gave; each has its axes as the model has them. Several inputs are --check a.npy,b.npy. Where
the package is there already, that is all.

A classifier that gives scores (logits), as those of PyTorch do, is a regression unless --task says otherwise: the network then
makes probabilities of them, and export --into writes the scores of the file.

Weights that the file stores sparse, or multiplies by a mask as PyTorch's pruning does, give dense layers with those
connections alone. Where nothing but their zeros tells of a pruning, --sparse does.

With --dump nothing is written but a stage of the import: decode is the graph as the file has it, patterns its nodes
with functions written out and patterns replaced, shapes what each node gives, layout where axes lie here.`,
		Example: "  nngen import digits.onnx --check x.npy y.npy\n  nngen import digits.onnx --dump shapes",
		Args:    cobra.MinimumNArgs(1),
	}
	var o scaffold.ModelOptions
	var report bool
	var name string
	c.Flags().StringVarP(&o.Folder, "out", "o", "",
		"folder of the package, which has its name (default: that of the model's file)")
	c.Flags().StringVar(&name, "name", "", "name of the network and of its folder, which is then made in that of --out")
	c.Flags().StringToIntVar(&o.Sizes, "input-dim", nil, "size of a dimension that the model leaves open, as NAME=N")
	c.Flags().StringSliceVar(&o.Inputs, "check", nil, "npy file of examples, one for each input")
	c.Flags().StringSliceVar(&o.Outputs, "against", nil,
		"npy file of what the model gave for them, one for each output; or as arguments")
	c.Flags().BoolVar(&report, "report", false, "print what became of each node")
	c.Flags().BoolVar(&o.NoBatch, "no-batch", false, "the model's arrays have no axis of examples: each is one example")
	c.Flags().StringVar(&o.Task, "task", "", "of an output that gives scores of classes (logits): multiclass or binary")
	c.Flags().StringSliceVar(&o.Classes, "classes", nil, "names of the classes, in the order of the scores")
	c.Flags().BoolVar(&o.Sparse, "sparse", false, "weights of dense layers that are exactly 0 are no connections")
	c.Flags().StringVar(&o.Layout, "layout", "",
		"of inputs whose channels the model has first: channels_first keeps them "+
			"there, channels_last puts them last (default: that of the spec in a file of nngen, else channels_last)")
	c.Flags().StringVar(&o.Stage, "dump", "", "print a stage of the import, and write nothing: "+
		strings.Join(onnx.Stages, ", "))
	c.RunE = func(c *cobra.Command, args []string) error {
		o.File, o.Outputs, o.Dump = args[0], append(o.Outputs, args[1:]...), c.OutOrStdout()
		if (len(o.Inputs) > 0) != (len(o.Outputs) > 0) {
			return errors.New("to compare, give both: --check IN.npy OUT.npy")
		}
		if o.Task != "" && !slices.Contains([]string{"multiclass", "binary", "regression"}, o.Task) {
			return fmt.Errorf("--task %s: there are multiclass, binary and regression", o.Task)
		}
		if o.Layout != "" && o.Layout != spec.ChannelsFirst && o.Layout != spec.ChannelsLast {
			return fmt.Errorf("--layout %s: there are %s and %s", o.Layout, spec.ChannelsFirst, spec.ChannelsLast)
		}
		if name != filepath.Base(name) && c.Flags().Changed("name") {
			return fmt.Errorf("--name %s: a name has no folders; say them by --out", name)
		}
		if name != "" {
			o.Folder = filepath.Join(o.Folder, name)
		}
		im, err := scaffold.Model(o)
		if im != nil { // also where a comparison fails, which they may explain
			for _, line := range im.Remarks {
				fmt.Fprintf(c.ErrOrStderr(), "nngen: %s\n", line)
			}
		}
		if err != nil || o.Stage != "" {
			return err
		}
		w := c.OutOrStdout()
		for _, line := range im.Report {
			if report {
				fmt.Fprintln(w, line)
			}
		}
		for i, d := range im.Differences {
			fmt.Fprintf(w, "output %q: at most %.2g from the model's, which reach %.4g\n", im.Outputs[i].Name, d, im.Scales[i])
		}
		if im.There != "" {
			fmt.Fprintf(w, "%s: there is such a file already: the comparison is of the model as an import reads it, "+
				"and nothing was written\n", im.There)
			return nil
		}
		p, err := open(c, im.Files[0], "")
		if err == nil {
			p.OnPlaced = im.Keep
			err = writeImported(p, im)
		}
		if err != nil {
			im.Remove()
			return err
		}
		warn(c, p)
		if im.Weights == nil {
			fmt.Fprintf(w,
				"wrote %s and its package, without weights\nnext, in Python: %s\n"+
					"and then: %s import weights w.npz --from keras --into %s\n",
				im.Files[0], strings.Replace(weights.SaveKeras, "FILE", filepath.Base(o.File), 1), project.Command(), im.Files[0])
			return nil
		}
		fmt.Fprintf(w, "wrote %s, its weights and its package\nnext: %s describe %s\n", im.Files[0],
			project.Command(), im.Files[0])
		return nil
	}
	c.AddCommand(importWeightsCommand())
	return c
}

// writeImported writes the packages of an imported model.
func writeImported(p *project.Project, im *scaffold.Imported) error {
	if im.Int8Weights == nil {
		return p.Write(nil, "")
	}
	pkg, err := p.Quantized(im.Int8Weights)
	if err != nil {
		return err
	}
	if err := pkg.Write(); err != nil {
		return err
	}
	p.Written(pkg)
	return nil
}
