package train

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/safetensors"
)

// startFrom reads the arrays that a training begins with in place of those that it would draw, or fit to its training
// set: all of a weights file that the network has by name, fitted constants and running statistics among them, but for
// constants that the spec gives. So a file of the same network begins as the function that it is. It is an error if an
// array has another shape in the network, or none is known there. What one has and the other has not is said to log,
// and whether the file learned from other columns than this training reads, or had names in another order; before is what
// columns took from its training rows.
//
// It returns the file as a statement names it as well: the training may replace it.
func startFrom(file string, network *net.Net, sets *data.Sets, before *net.Fitted,
	log io.Writer) (map[string][]float32, *proof.Resource, error) {
	b, err := regular.Read(file, project.MaxWeights)
	if err != nil {
		return nil, nil, fmt.Errorf("--from: %w", err)
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return nil, nil, fmt.Errorf("--from: %s: %w", file, err)
	}
	start := proof.Of(filepath.Base(file), b)
	given := map[string][]float32{}
	var missing, wrong []string
	for _, p := range network.Params {
		if p.Values != nil {
			continue
		}
		shape, ok := f.ShapeOf(p.Name)
		switch {
		case !ok:
			missing = append(missing, p.Name)
			continue
		case !slices.Equal(shape, p.Shape):
			wrong = append(wrong, fmt.Sprintf("%s is %s in the file, but %s in the network", p.Name, ir.Shape(shape), p.Shape))
			continue
		}
		x := make([]float32, p.Size())
		if err := f.ReadAny(safetensors.Tensor{Name: p.Name, Shape: p.Shape, Data: x}); err != nil {
			return nil, nil, fmt.Errorf("--from: %s: %w", file, err)
		}
		if i := slices.IndexFunc(x, func(v float32) bool { return v-v != 0 }); i >= 0 {
			return nil, nil, fmt.Errorf("--from: %s: %s holds %v at element %d: no training can begin there", file, p.Name,
				x[i], i)
		}
		given[p.Name] = x
	}
	if wrong != nil {
		return nil, nil, fmt.Errorf("--from: %s: other shapes: %s; give those layers other names in the spec to begin them "+
			"anew", file, strings.Join(wrong, "; "))
	}
	for _, o := range network.Outputs {
		if o.Targets == nil || given[o.Targets.Params[0].Name] != nil {
			continue
		}
		if l := o.Scores.Params; len(l) > 0 && given[l[0].Name] != nil {
			return nil, nil,
				fmt.Errorf("--from: %s: it predicts the targets of output %q as they are, but the output learns them "+
					"standardized: "+
					"write output: {standardize: false}, or give the output another name to begin it anew", file, o.Name)
		}
	}
	if len(given) == 0 {
		return nil, nil,
			fmt.Errorf("--from: %s: no array of the file has the name of one of the network: it holds %s; the network has %s",
				file, list(f.Names()), list(missing))
	}
	fmt.Fprintf(log, "beginning with %d arrays of %s\n", len(given), file)
	was, err := net.ReadReading(f.Meta)
	if err != nil {
		return nil, nil, fmt.Errorf("--from: %s: %w", file, err)
	}
	now := sets.Reading
	if was != nil && now != nil && (was.Header == nil) == (now.Header == nil) && !was.Same(now) {
		fmt.Fprintf(log, "that file learned from %s; this training reads %s\n", was, now)
	}
	if text := network.Reordered(f.Meta); text != "" {
		fmt.Fprintf(log, "remark: %s %s\n", file, text)
	}
	if before != nil && f.Meta["spec"] == network.ModelSum() {
		for _, text := range sets.Fitted.OtherWords(network.Spec, *before) {
			fmt.Fprintf(log, "remark: %s %s\n", file, text)
		}
	}
	if missing != nil {
		fmt.Fprintf(log, "not in that file, so begun anew: %s\n", list(missing))
	}
	unknown := slices.DeleteFunc(f.Names(), func(name string) bool {
		return slices.ContainsFunc(network.Params, func(p *ir.Param) bool { return p.Name == name })
	})
	if len(unknown) > 0 {
		fmt.Fprintf(log, "in that file, but not in the network: %s\n", list(unknown))
	}
	return given, &start, nil
}

// list writes names, the first ones of many.
func list(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
