package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/pytorch"
)

func exportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "export SPEC",
		Short: "Write a trained network as an ONNX file, as C, or as a module of PyTorch",
		Long: `Write a trained network as an ONNX file, for ONNX Runtime and whatever else reads the format.

Preprocessing is part of it, and so is an output that names the class. Inputs and outputs keep the layout of
the spec: channels last, or first in inputs with layout: channels_first; the batch dimension is open. Columns of words,
flags, dates or gaps are an input each: text, text, seconds since 1970 in float64, and numbers with NaN. A word is known
to the file as the spec has it, in lower case, in capitals and with the first letter alone in capitals, with at most a
blank on each side: strip other text, as the package does by itself, or it is another word. A layer that ONNX has no
operators for is an error that names it.

The file's metadata hold the spec, without comments and the sections data, limits and quantize, for nngen import to
give it back. A line says why where the file can't tell all of it: with 8-bit integers, with files that the spec names, or
with a batch norm that went into the layer before it.

With --int8 the file computes as the package of 8-bit integers does, by pairs of QuantizeLinear and DequantizeLinear.
ONNX Runtime lets sums of 8-bit products saturate on x86 processors without VNNI unless session.x64quantprecision is 1.

With --into only numbers are replaced in the file that the network was imported from; all else stays byte for byte. The
spec keeps the layers that the import gave it, and its training may change. What has no place in the file, since the
import made it up, or several numbers that the file has once, is an error that names both.

With --c a folder gets NAME.c and NAME.h: the prediction of one example in C99, and the step of a network that
runs step by step, with the weights as constants and the bits of the Go package, for machines that Go does not reach.
They need no heap and no operating system; the memory that they work in is the caller's. Rows of tables are encoded, and
text cut into tokens, before, as the Go package does. With --int8 too it is the network in 8-bit integers that nngen
quantize made, as NAMEint8.c and NAMEint8.h, with the bits of its Go package.

With --torch a Python file is written: a module of PyTorch that loads the package's weights.`,
		Example: "  nngen export digits.yaml --onnx digits.onnx\n  nngen export digits.yaml --c firmware/model\n" +
			"  nngen export net/net.yaml --into net.onnx --onnx trained.onnx",
		Args: cobra.ExactArgs(1),
	}
	out := outFlag(c)
	var v export
	f := c.Flags()
	f.StringVar(&v.file, "onnx", "",
		"file to write (default: the network's name with .onnx, beside the spec; with int8.onnx of --int8)")
	f.IntVar(&v.Opset, "opset", 17, "version of the operators, 13 to 23")
	f.BoolVar(&v.Bare, "bare", false,
		"without preprocessing, whose results are then to be given, and without the output that names the class")
	f.BoolVar(&v.Training, "training", false,
		"keep batch norms as operators, for training on; else they go into the layer before them")
	f.BoolVar(&v.Quantized, "int8", false,
		"of the package of 8-bit integers that nngen quantize made, in ONNX as QDQ")
	f.StringVar(&v.Into, "into", "", "file of the original model, whose numbers are replaced")
	f.StringToIntVar(&v.Sizes, "input-dim", nil, "with --into: as in nngen import")
	f.StringVar(&v.torch, "torch", "", "Python file to write in place of an ONNX file")
	f.StringVar(&v.folder, "c", "", "folder for C source and header to write in place of an ONNX file")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := v.check(c); err != nil {
			return err
		}
		p, err := openTrained(c, args[0], *out)
		if err != nil {
			return err
		}
		if p.Spec.Generate.Guard {
			fmt.Fprintln(c.ErrOrStderr(),
				"nngen: guard: the file has predictions, not what tells whether an input is unlike the training data")
		}
		if v.folder != "" {
			return v.writeC(c, p)
		}
		for _, l := range p.Spec.Layers {
			if l.Kind == "output" && l.Float("interval") != 0 {
				fmt.Fprintf(c.ErrOrStderr(),
					"nngen: output %q: the file has its predictions, not the intervals of PredictInterval\n", l.Name)
			}
		}
		if v.torch != "" {
			return v.writeTorch(c, p)
		}
		return v.writeONNX(c, p)
	}
	return c
}

// export holds the flags of export.
type export struct {
	file, torch, folder string // to write
	project.ONNXOptions
}

// check says which flags do not go together.
func (v *export) check(c *cobra.Command) error {
	ofONNX := v.file != "" || v.Into != "" || c.Flags().Changed("opset") || v.Bare || v.Training
	switch {
	case v.Into != "" && (c.Flags().Changed("opset") || v.Bare || v.Training || v.Quantized):
		return fmt.Errorf("--into keeps the operators of the original: --opset, --bare, --training and --int8 have no " +
			"meaning with it")
	case v.Quantized && v.Training:
		return fmt.Errorf("--int8 writes batch norms into the weights, which --training keeps apart: give one of them")
	case v.torch != "" && v.Quantized:
		return fmt.Errorf("--torch writes the network in float32: --int8 has no meaning with it")
	case v.torch != "" && v.folder != "":
		return fmt.Errorf("--torch and --c write different files: give one of them")
	case v.torch != "" && ofONNX:
		return fmt.Errorf("--torch writes a Python file: --onnx, --into, --opset, --bare and --training have no " +
			"meaning with it")
	case v.folder != "" && ofONNX:
		return fmt.Errorf("--c writes C: --onnx, --into, --opset, --bare and --training have no meaning with it")
	}
	return nil
}

// writeONNX writes the ONNX file.
func (v *export) writeONNX(c *cobra.Command, p *project.Project) error {
	file, replace := v.file, replaceNamed(modelFile)
	if file == "" {
		file = filepath.Join(p.Base, v.name(p)+".onnx")
		replace = replaceDefault(onnx.Written, "--onnx")
	}
	v.Remark = func(line string) { fmt.Fprintf(c.ErrOrStderr(), "nngen: %s\n", line) }
	b, err := p.ONNX(v.ONNXOptions)
	if err != nil {
		return err
	}
	if err := replace(file, b); err != nil {
		return err
	}
	what := fmt.Sprintf("opset %d", v.Opset)
	if v.Into != "" {
		what = "as " + v.Into + " but for its numbers"
	}
	fmt.Fprintf(c.OutOrStdout(), "wrote %s, %d bytes, %s\n", file, len(b), what)
	return nil
}

var modelFile = output.FileKind{Name: "an ONNX model", Is: onnx.Begins}

// writeTorch writes the Python file.
func (v *export) writeTorch(c *cobra.Command, p *project.Project) error {
	b, err := p.PyTorch()
	if err != nil {
		return err
	}
	own := output.FileKind{Name: "a Python file of nngen's", Is: pytorch.Written}
	if err := output.ReplaceKind(v.torch, b, own); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "wrote %s, which loads %s\n", v.torch, filepath.Join(p.Dir, output.Weights))
	return nil
}

// name returns the name of what is exported: that of the network, or of its package of 8-bit integers.
func (v *export) name(p *project.Project) string {
	if v.Quantized {
		return codegen.Int8Package(p.Spec.Name)
	}
	return p.Spec.Name
}

// writeC writes the C source and header.
func (v *export) writeC(c *cobra.Command, p *project.Project) error {
	files, err := p.C(v.Quantized)
	if err != nil {
		return err
	}
	if err := output.TakesC(v.folder); err != nil {
		return err
	}
	name := v.name(p)
	source, header := filepath.Join(v.folder, name+".c"), filepath.Join(v.folder, name+".h")
	if err := output.ReplaceOwn([]string{source, header}, [][]byte{files.Source, files.Header}, c99.Mark); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "wrote %s and %s: constants %d bytes (weights %d), working memory %d bytes\n",
		source, header, files.Weights+files.Constants, files.Weights, files.Workspace)
	if files.State > 0 {
		fmt.Fprintf(c.OutOrStdout(), "step by step: working memory %d bytes, state %d bytes\n",
			files.StepWorkspace, files.State)
	}
	return nil
}
