package codegen

import (
	"fmt"
	"strconv"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/footprint"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/spec"
)

// Footprint returns what the packages in float32 take in a linked program.
func (out *Output) Footprint() footprint.Footprint {
	return out.footprint(out.network, out.Plan, weightBytes(out.network.Params)+metadataBytes)
}

// Int8Footprint returns what the package of 8-bit integers takes in a linked program that calls Predict; PredictInt8 needs
// less. It is for outputs that have such a package: see Options.Int8.
func (out *Output) Int8Footprint() footprint.Footprint {
	weights := weightBytes(out.int8Network.Params) + int8MetadataBytes + out.Int8.RangesBytes()
	return out.footprint(out.int8Network, out.Int8Plan, weights)
}

// footprint returns what a package takes whose weight file has so many bytes.
func (out *Output) footprint(of *emit.Network, p *plan.Plan, weights int64) footprint.Footprint {
	n := footprint.Network{ImportPath: out.network.ImportPath, Runtime: of.Runtime, Source: runtime.Source, Weights: weights}
	if of.Tiny {
		n.Tiny, n.Weights, n.Files = true, of.ConstantBytes(), out.withoutNumbers()
	} else {
		n.Files = out.Files
		for _, c := range p.Cells {
			n.Prepared += c.Prepared()
		}
		n.Rooms = rooms(p)
		if t := out.network.Train; t != nil {
			n.Counted = p.Gradient.CountedBytes(t.Batch)
		}
		for _, w := range p.Params {
			if w.InPlace {
				n.InPlace += w.Bytes()
			}
		}
	}
	if of.Int8 {
		n.Folder = of.Name
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

// withoutNumbers returns the files of tiny packages as they are once they have weights, but for the numbers.
func (out *Output) withoutNumbers() map[string][]byte {
	without := func(n *emit.Network) *emit.Network {
		if n == nil {
			return nil
		}
		c := *n
		c.Constants = map[string][]byte{}
		return &c
	}
	files, err := write(without(out.network), without(out.int8Network), Options{})
	if err != nil {
		panic(fmt.Sprintf("BUG: %s: emitted code is not Go: %v", out.Net.Spec.File, err))
	}
	return files
}

// What a weight file says beside its arrays, in bytes.
const (
	metadataBytes     = 400 // the checksum of the network, and whence the weights come
	int8MetadataBytes = 250 // the same of 8-bit integers, beside the ranges
)

// weightBytes returns the bytes of a weight file without metadata.
func weightBytes(params []*ir.Param) int64 {
	header, numbers := int64(0), int64(0)
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

// limits checks the budgets of memory, for each of the packages that predict.
func limits(out *Output, problems *spec.ErrorList) {
	l := out.Net.Spec.Limits
	if l.Flash == 0 && l.RAM == 0 {
		return
	}
	limitsOf(l, out.Footprint(), "", problems)
	if out.int8Network != nil {
		limitsOf(l, out.Int8Footprint(), " by package "+out.int8Network.Name, problems)
	}
}

// limitsOf checks the budgets of memory for a package, which of names among several.
func limitsOf(l spec.Limits, f footprint.Footprint, of string, problems *spec.ErrorList) {
	if n := f.Flash(); l.Flash > 0 && n > l.Flash {
		problems.Add("limit", l.FlashPos, "limits", "", "a program grows%s by %d bytes of flash (code about %d, weights %d), "+
			"the limit is %d", of, n, f.Code, f.Weights, l.Flash)
	}
	if n := f.RAM(); l.RAM > 0 && n > l.RAM {
		problems.Add("limit", l.RAMPos, "limits", "", "predictions%s take %d bytes of RAM (model %d, activations %d, "+
			"scratch memory of kernels %d), the limit is %d", of, n, f.Model, f.Example, f.Pools+f.Rooms.Example, l.RAM)
	}
}
