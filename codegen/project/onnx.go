package project

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/pytorch"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/safetensors"
)

// ONNXOptions are those of ONNX.
type ONNXOptions struct {
	onnx.ExportOptions
	// Into is an ONNX file whose numbers are replaced, with Sizes of dimensions that it leaves open: see onnx.Into. ""
	// for a file of our own.
	Into  string
	Sizes map[string]int
	// Quantized asks for the network of 8-bit integers that nngen quantize made, as QDQ.
	Quantized bool
}

// ONNX returns the trained network as an ONNX file: see onnx.Export and onnx.Into. It is an error if the folder holds
// no weights of this spec.
func (p *Project) ONNX(o ONNXOptions) ([]byte, error) {
	network, b, weights, err := p.trained()
	if err != nil {
		return nil, err
	}
	params := map[*ir.Param][]float64{}
	for _, q := range network.Params {
		for _, v := range weights[q.Name] {
			params[q] = append(params[q], float64(v))
		}
	}
	if o.Fitted, err = Fitted(p.Spec, b); err != nil {
		return nil, err
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return nil, err
	}
	if o.Reading, err = net.ReadReading(f.Meta); err != nil {
		return nil, err
	}
	if o.Into == "" {
		o.Version = Version()
		if o.Quantized {
			if o.Int8, err = p.Int8ONNX(network, b); err != nil {
				return nil, err
			}
		}
		file, err := onnx.Export(network, params, o.ExportOptions)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Spec.File, err)
		}
		return file, nil
	}
	original, err := onnx.Read(o.Into)
	if err != nil {
		return nil, err
	}
	folder, err := os.OpenRoot(filepath.Dir(o.Into)) // links do not lead out of it
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	file, err := onnx.Into(original, network, params, onnx.Options{Name: p.Spec.Name, Files: folder.FS(), Sizes: o.Sizes,
		Fitted: o.Fitted, Reading: o.Reading})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Into, err)
	}
	return file, nil
}

// Int8ONNX returns what of a network computes in integers, by the int8 weights that were made from weights.
func (p *Project) Int8ONNX(network *net.Net, weights []byte) (*onnx.Int8, error) {
	p.readIO()
	q, problems := quant.Divide(network, p.Spec.Quantize.Skip)
	if problems.Err() != nil {
		return nil, &SpecError{List: problems, Source: p.Spec.Source}
	}
	var cells []string
	for _, u := range q.Units {
		if u.Kind.Recurrent() {
			if name := p.Spec.LayerOf(u.Name); !slices.Contains(cells, name) {
				cells = append(cells, name)
			}
			problems.Add("quantize", u.Layers[0].Pos, fmt.Sprintf("layer %q", u.Name), "",
				"%s of 8-bit integers has no form in ONNX", u.Kind)
		}
	}
	for _, e := range problems {
		e.Hint = fmt.Sprintf("write quantize: {skip: [%s]} to leave it in float32, and quantize again",
			strings.Join(append(slices.Clone(p.Spec.Quantize.Skip), cells...), ", "))
	}
	if problems.Err() != nil {
		return nil, &SpecError{List: problems, Source: p.Spec.Source}
	}
	all, err := p.int8Numbers(q, weights)
	if err != nil {
		return nil, err
	}
	return Int8ONNX(q, all), nil
}

// Int8ONNX returns what of a network computes in integers in the terms of an export.
func Int8ONNX(q *quant.Network, all quant.Numbers) *onnx.Int8 {
	z := &onnx.Int8{Products: map[*op.Layer]onnx.Product{}, Fused: map[*op.Layer]bool{},
		Rounded: map[*op.Layer]onnx.Rounding{}, Entering: map[*op.Layer]onnx.Rounding{}}
	for _, u := range q.Units {
		if u.Integer() {
			r := onnx.Rounding{Scale: u.Range.Scale, Zero: u.Range.Zero}
			switch u.Kind {
			case quant.ToInt8:
				z.Entering[u.In[0].Last()] = r
			case quant.View: // the same numbers
			default:
				z.Rounded[u.Last()] = r
			}
		}
		if u.Kind.Weighted() {
			kernel, scales, bias := u.Weights(all)
			z.Products[u.Layers[0]] = onnx.Product{Kernel: kernel, Scales: scales, Bias: bias, In: u.In[0].Range.Scale}
			if norm := u.Norm(); norm != nil {
				z.Fused[norm] = true
			}
		}
	}
	return z
}

// PyTorch returns the text of a Python file with the network as a module of PyTorch: see pytorch.Module.
func (p *Project) PyTorch() ([]byte, error) {
	network, problems := net.Build(p.Spec, p.Files())
	if problems.Err() != nil {
		return nil, &SpecError{List: problems, Source: p.Spec.Source}
	}
	if err := p.checkReading(network); err != nil { // of the weights that the module loads
		return nil, err
	}
	b, err := pytorch.Module(network)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Spec.File, err)
	}
	return b, nil
}

// checkReading is the error of weights in the folder, if there are any of the network, that mean other columns than the
// spec says.
func (p *Project) checkReading(network *net.Net) error {
	file := filepath.Join(p.Dir, output.Weights)
	b, err := regular.Read(file, MaxWeights)
	if err != nil {
		return nil // there are none to speak of
	}
	f, err := safetensors.Open(b)
	if err != nil || f.Meta["spec"] != network.ModelSum() {
		return nil
	}
	if why := readOtherwise(network, f.Meta); why != "" {
		return fmt.Errorf("%s: %s, by %s train %s", file, why, Command(), p.Spec.File)
	}
	return nil
}

// trained returns the network with its weights file, and the numbers in it by name.
func (p *Project) trained() (*net.Net, []byte, map[string][]float32, error) {
	network, problems := net.Build(p.Spec, p.Files())
	if problems.Err() != nil {
		return nil, nil, nil, &SpecError{List: problems, Source: p.Spec.Source}
	}
	if err := p.checkReading(network); err != nil {
		return nil, nil, nil, err
	}
	file := filepath.Join(p.Dir, output.Weights)
	b, err := p.weights()
	if err != nil {
		return nil, nil, nil, err
	}
	if b == nil {
		if a := p.absent; a != nil && p.seen != "" {
			return nil, nil, nil, fmt.Errorf("%s; %s%s export %s", a.what, a.bring, Command(), p.Spec.File)
		}
		return nil, nil, nil, fmt.Errorf("%s: there are no weights of this network to export; run: %s train %s",
			file, Command(), p.Spec.File)
	}
	weights, err := Tensors(network, b)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	return network, b, weights, nil
}
