package codegen

import (
	"fmt"
	"strconv"

	"github.com/nngen/nngen/codegen/footprint"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/spec"
)

// Footprint returns what the packages take in a linked program.
func (out *Output) Footprint() footprint.Footprint {
	n := footprint.Network{
		Files: out.Files, ImportPath: out.network.ImportPath, Runtime: out.network.Runtime, Source: runtime.Source,
		Weights: weightBytes(out.network.Params),
	}
	if out.network.Tiny {
		n.Tiny, n.Weights = true, out.network.ConstantBytes()
		n.Files = out.withoutNumbers()
	} else {
		for _, c := range out.Plan.Cells {
			n.Prepared += c.Prepared()
		}
		n.Rooms = rooms(out.Plan)
	}
	f, err := footprint.Of(n)
	if err != nil {
		panic(fmt.Sprintf("BUG: %s: emitted code is not Go: %v", out.Net.Spec.File, err))
	}
	return f
}

// rooms returns what kernels keep on the heap.
func rooms(p *plan.Plan) footprint.Rooms {
	one, batch, steps := plan.Rooms{}, plan.Rooms{}, plan.Rooms{}
	one.Add(p.One, 1)
	batch.Add(p.Batch, p.BatchRows)
	steps.Add(p.Step, 1)
	steps.Add(p.Block, p.BlockRows)
	return footprint.Rooms{Example: one.Bytes(), Batch: batch.Bytes(), Steps: steps.Bytes()}
}

// withoutNumbers returns the files of a tiny package as they are once it has weights, but for the numbers.
func (out *Output) withoutNumbers() map[string][]byte {
	n := *out.network
	n.Constants = map[string][]byte{}
	files, err := write(&n, nil, Options{})
	if err != nil {
		panic(fmt.Sprintf("BUG: %s: emitted code is not Go: %v", out.Net.Spec.File, err))
	}
	return files
}

// metadataBytes is what a weight file says beside its arrays: the checksum of the network, and whence the weights come.
const metadataBytes = 400

// weightBytes returns the bytes of a weight file.
func weightBytes(params []*ir.Param) int64 {
	header, numbers := int64(metadataBytes), int64(0)
	for _, p := range params {
		header += int64(len(`"":{"dtype":"","shape":[],"data_offsets":[,]},`) + len(p.DType.Tensor()) + len(p.Name))
		for _, d := range p.Shape {
			header += int64(len(strconv.Itoa(d)) + len(","))
		}
		header += int64(len(strconv.FormatInt(numbers, 10)))
		numbers += int64(p.DType.Bytes()) * int64(p.Size())
		header += int64(len(strconv.FormatInt(numbers, 10)))
	}
	return header + numbers
}

// limits checks the budgets of memory.
func limits(out *Output, problems *spec.ErrorList) {
	l := out.Net.Spec.Limits
	if l.Flash == 0 && l.RAM == 0 {
		return
	}
	f := out.Footprint()
	if n := f.Flash(); l.Flash > 0 && n > l.Flash {
		problems.Add("limit", l.FlashPos, "limits", "", "a program grows by %d bytes of flash (code about %d, weights %d), "+
			"the limit is %d", n, f.Code, f.Weights, l.Flash)
	}
	if n := f.RAM(); l.RAM > 0 && n > l.RAM {
		problems.Add("limit", l.RAMPos, "limits", "", "predictions take %d bytes of RAM (model %d, activations %d, "+
			"scratch memory of kernels %d), the limit is %d", n, f.Model, f.Example, f.Pools+f.Rooms.Example, l.RAM)
	}
}
