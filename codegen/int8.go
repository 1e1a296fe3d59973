package codegen

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/pass"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/spec"
)

// Int8Package returns the name of the package of 8-bit integers beside an inference package, which is its folder too.
func Int8Package(name string) string { return name + "int8" }

// divide settles what of the network is int8, if the spec or the caller asks for it.
func (out *Output) divide(o Options, problems *spec.ErrorList) {
	s := out.Net.Spec
	if !o.Int8 && !s.Quantize.Written {
		return
	}
	for _, name := range s.Quantize.Skip {
		if !slices.ContainsFunc(s.Layers, func(l spec.Layer) bool { return l.Name == name }) {
			problems.Add("quantize", s.Quantize.SkipPos, "quantize", "", "skip names %q, but no layer has that name", name)
		}
	}
	if problems.Err() != nil {
		return
	}
	q, list := quant.Divide(out.Net, s.Quantize.Skip)
	*problems = append(*problems, list...)
	out.Int8 = q
}

// planInt8 plans the package of 8-bit integers.
func (out *Output) planInt8(passes pass.Options) {
	g := out.Int8.Lower()
	pass.Run(g, pass.Inference, passes)
	identify(g.Params)
	identify(out.Int8.Params)
	pass.Run(g, pass.Forward, passes)
	out.Int8Infer = g
	if out.Int8.Core() != nil {
		core := out.Int8.LowerCore()
		pass.Run(core, pass.Inference, passes)
		pass.Run(core, pass.Forward, passes)
		out.Int8Core = core
	}
	graphs := out.graphs()
	outputs := graphs.Outputs[:len(out.Net.Outputs)]
	if out.Net.Spec.Generate.Profile == spec.Tiny {
		out.Int8Plan = plan.Tiny(g, nil, out.Int8Core, graphs.Inputs, outputs)
		return
	}
	out.Int8Plan = plan.Build(plan.Graphs{Infer: g, Core: out.Int8Core, Inputs: graphs.Inputs, Outputs: outputs})
}

// describeInt8 gathers what emission needs to know of the package of 8-bit integers, from the same of that in float32.
// Of a tiny package, weights become constants; those that are not of the network leave it without, which who reads the
// file reports.
func (out *Output) describeInt8(n *emit.Network, weights []byte) *emit.Network {
	q := *n
	q.Name, q.ModelSum, q.Params, q.Plan = Int8Package(n.Name), out.Int8.Sum(), out.Int8.Params, out.Int8Plan
	q.ImportPath += "/" + q.Name
	q.Guard, q.Train, q.Undecided, q.Embed, q.Int8, q.Trained = nil, nil, nil, true, true, n.CountTrained()
	q.MaxErrors = unbounded(n.MaxErrors)
	q.About = "It is package " + n.Name + " quantised after training: int8 weights and activations, sums in int32, and\n" +
		"float32 for what the table says. See package quant of the runtime for the arithmetic."
	if out.Stream != nil {
		q.About += "\nIt takes whole sequences: State and Step, which take one step after another, are in package " +
			n.Name + " alone."
	}
	if out.Net.Guard != nil {
		q.About += "\nCheck, which tells inputs that are unlike the training data, is in package " + n.Name + " alone."
	}
	q.Constants = nil
	numbers, err := out.Int8.Decode(weights)
	if err != nil {
		numbers = nil
	}
	if n.Tiny && numbers != nil {
		q.Constants = out.int8Constants(numbers)
	}
	if out.Int8Core != nil && numbers != nil {
		q.Borders = &emit.Borders{}
		borders := out.Borders(numbers)
		for _, b := range borders.In {
			q.Borders.In = append(q.Borders.In, emit.Border(b))
		}
		for _, b := range borders.Out {
			q.Borders.Out = append(q.Borders.Out, emit.Border(b))
		}
	}
	q.Table = slices.Clone(n.Table)
	for i := range q.Table {
		q.Table[i].Kind += ", " + out.Int8.TypeOf(q.Table[i].Layer)
	}
	return &q
}

// unbounded returns in the place of bounds that packages of 8-bit integers have none.
func unbounded(bounds []emit.MaxError) []emit.MaxError {
	none := emit.MaxError{Why: "rounding to 8 bits changes it by more, which nngen quantize measures"}
	return slices.Repeat([]emit.MaxError{none}, len(bounds))
}

// Borders returns what the int8 numbers stand for that the network takes and gives.
func (out *Output) Borders(numbers quant.Numbers) quant.Borders {
	var thresholds []float32
	for _, o := range out.Net.Outputs {
		least := float32(0.5)
		if o.Threshold != nil {
			least = numbers[o.Threshold].Float[0]
		}
		thresholds = append(thresholds, least)
	}
	c := out.Int8.Core()
	return quant.Borders{In: c.Inputs(numbers), Out: c.Outputs(numbers, thresholds)}
}

// int8Constants returns the numbers of the network as package tiny of the runtime has them.
func (out *Output) int8Constants(numbers quant.Numbers) map[string][]byte {
	all, floats := map[string][]byte{}, map[string][]float32{}
	for p, a := range numbers {
		switch p.DType {
		case ir.Int8:
			all[p.Name] = littleEndian(a.Int8)
		case ir.Int32:
			all[p.Name] = littleEndian(a.Int32)
		default:
			floats[p.Name] = a.Float
		}
	}
	for name, x := range plan.Folded(out.Int8Infer, floats) {
		all[name] = littleEndian(x)
	}
	return all
}

// littleEndian returns numbers as package tiny of the runtime reads them.
func littleEndian[T int8 | int32 | float32](x []T) []byte {
	b, err := binary.Append(nil, binary.LittleEndian, x)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return b
}

// writeInt8 emits the package of 8-bit integers, by path below the folder of the inference package.
func writeInt8(q *emit.Network, all map[string][]byte) error {
	print := emit.Inference
	if q.Tiny {
		print = emit.Tiny
	}
	files, err := print(q)
	if err != nil {
		return err
	}
	maps.Copy(all, files.Rename(q.Name))
	return nil
}
