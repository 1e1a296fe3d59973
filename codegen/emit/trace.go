package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/plan"
)

// emitTrace writes the functions that hand out values by name: those of the graphs as v<number>, and
// the optimizer's state as the Trainer calls it.
func (net *Network) emitTrace(f *file) {
	net.emitTraceOf(f, "TraceGradient", "the values of the last Gradient of n ≤ Batch examples", net.Plan.Gradient, "acts")
	net.emitTraceOf(f, "TraceEvaluate", "the values of the last evaluate of n ≤ Batch examples",
		net.Plan.Evaluate, "evalActs")
	byName := jen.Map(jen.String()).Index().Float32()
	var states []jen.Code
	for _, s := range net.Train.States {
		states = append(states, quoted(s).Op(":").Add(f.qual("mem", "Flat")).Call(jen.Op("&").Id("t").Dot(s)))
	}
	f.function("OptimizerState returns the optimizer's state.",
		function{recv: "t", of: "Trainer", name: "OptimizerState", results: []field{vars(byName)}},
		jen.Return(byName.Clone().Add(block(states...))))
	args := append(append([]string{"n"}, net.batch().names...), net.outs().names...)
	f.function("TracePiece exports evaluate.",
		function{recv: "t", of: "Trainer", name: "TracePiece", params: []field{vars(jen.Int(), "n"),
			vars(floats(), args[1:]...)}, results: []field{vars(jen.Float64())}},
		jen.Return(f.call(1, "return ", jen.Id("t").Dot("evaluate"), ids(args...)...)))
}

// emitTraceOf writes the function that hands out the values of a function of the plan.
func (net *Network) emitTraceOf(f *file, name, doc string, fn *plan.Func, acts string) {
	p := printer{f: f, fn: fn}
	var rows []jen.Code
	slots, grads := false, false
	for _, v := range fn.Values() {
		slots, grads = slots || v.Span.Mem == plan.Slot, grads || v.Span.Mem == plan.Gradient
		rows = append(rows, quoted(v.Value.String()).Op(":").Add(p.span(v.Span).head))
	}
	var body []jen.Code
	if slots {
		body = append(body, f.local("a").Op(":=").Op("&").Id("t").Dot(acts))
	}
	if grads {
		body = append(body, f.local("g").Op(":=").Op("&").Id("t").Dot("grads"))
	}
	byName := jen.Map(jen.String()).Index().Float32()
	f.function(name+" returns "+doc+".",
		function{recv: "t", of: "Trainer", name: name, params: []field{vars(jen.Int(), "n")}, results: []field{vars(byName)}},
		append(body, jen.Return(byName.Clone().Add(block(rows...))))...)
}
