package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
)

// fitted tells whether some step of preprocessing is fitted to examples.
func (net *Network) fitted() bool {
	for _, steps := range net.Train.Preprocess {
		for _, s := range steps {
			if s.Kind != "rescale" {
				return true
			}
		}
	}
	return false
}

// emitFitStats writes the method that fits the preprocessing, if any of it is fitted to examples:
//
//	xStep1 := fit.Affine{Center: w.Stats.XStandardizeCenter[:], Scale: w.Stats.XStandardizeScale[:]}
//	xStep1.Standardize(x)
func (net *Network) emitFitStats(f *file) {
	if !net.fitted() {
		return
	}
	var args []string
	var conds []jen.Code
	for i := range net.Inputs {
		args = append(args, arg(net.Inputs, i, "x"))
		x, size := jen.Len(jen.Id(args[i])), f.qual("model", net.inSize(i))
		if i > 0 {
			conds = append(conds, x.Clone().Op("/").Add(size.Clone()).Op("!=").Len(jen.Id(args[0])).Op("/").
				Add(f.qual("model", net.inSize(0))))
		}
		conds = append(conds, x.Clone().Op("%").Add(size).Op("!=").Lit(0))
	}
	say := func(what string) jen.Code { return jen.Panic(quoted(net.Name + "train: FitStats: " + what)) }
	disagree := "the numbers are not those of whole examples"
	if len(net.Inputs) > 1 {
		disagree = "the inputs are not those of the same number of whole examples"
	}
	body := []jen.Code{
		jen.If(jen.Len(jen.Id(args[0])).Op("==").Lit(0)).Block(say("there are no examples to fit to")),
		jen.If(f.or(1, "if ", conds...)).Block(say(disagree)),
		f.local("w").Op(":=").Op("&").Id("t").Dot("Weights"),
	}
	for i, steps := range net.Train.Preprocess {
		last := 0 // after the last step that is fitted
		for k, s := range steps {
			if s.Kind != "rescale" {
				last = k + 1
			}
		}
		var before []jen.Code
		for k, s := range steps[:last] {
			name := fmt.Sprintf("%sStep%d", args[i], k+1)
			body = append(body, f.local(name).Op(":=").Add(f.affine(s.Center, s.Scale).code(1, len(name)+len(" := "), 0)))
			switch s.Kind {
			case "standardize":
				body = append(body, f.call(1, "", jen.Id(name).Dot("Standardize"), append(ids(args[i]), before...)...))
			case "min_max":
				body = append(body, f.call(1, "", jen.Id(name).Dot("MinMax"),
					append(one(jen.Id(args[i]), float(s.Min), float(s.Max)), before...)...))
			}
			before = append(before, jen.Id(name))
		}
	}
	f.function("FitStats sets the constants of the preprocessing by the inputs of a training set, as nngen train does. "+
		"Fit does so\n"+
		"itself where nothing has; Step, Gradient and Evaluate refuse a new Trainer without it. It panics if the lengths "+
		"do\nnot agree, or without examples.",
		function{recv: "t", of: "Trainer", name: "FitStats", params: []field{vars(floats(), args...)}}, body...)
}

// emitFitTargets writes a method for each output that learns standardized targets:
//
//	func (t *Trainer) FitTargets(y []float32) {
//		w := &t.Weights
//		back := fit.Affine{Center: w.Stats.YTargetsCenter[:], Scale: w.Stats.YTargetsScale[:]}
//		back.Targets(fit.Affine{…}, y)
//	}
func (net *Network) emitFitTargets(f *file) {
	for i, ps := range net.Train.Targets {
		if ps == nil {
			continue
		}
		p := net.Outputs[i]
		name := net.fitTargetsName(i)
		size := jen.Len(jen.Id("y"))
		f.function(name+
			" sets the constants that standardize targets, and turn predictions back, by all targets of a training set,\n"+
			"as nngen train does. Fit does so itself where nothing has; Step, Gradient and Evaluate refuse a new Trainer "+
			"without\n"+
			"it. It panics if their number does not fit the output, or without any.",
			function{recv: "t", of: "Trainer", name: name, params: []field{vars(floats(), "y")}, origin: p.origin()},
			jen.If(size.Clone().Op("==").Lit(0)).Block(
				jen.Panic(quoted(net.Name+"train: "+name+": there are no targets to fit to"))),
			jen.If(size.Clone().Op("%").Add(f.qual("model", net.outSize(i))).Op("!=").Lit(0)).Block(
				jen.Panic(quoted(net.Name+"train: "+name+": the numbers are not those of whole examples"))),
			f.local("w").Op(":=").Op("&").Id("t").Dot("Weights"),
			f.local("back").Op(":=").Add(f.affine(ps[0], ps[1]).code(1, len("back := "), 0)),
			calling(selector("back", net.Train.Scaling[i]), f.affine(ps[2], ps[3]), word("y")).code(1, 0, 0))
	}
}

// fitTargetsName is the method that fits the constants of the targets of an output.
func (net *Network) fitTargetsName(i int) string {
	if len(net.Outputs) == 1 {
		return "FitTargets"
	}
	return "FitTargets" + net.Outputs[i].Ident
}

// emitBalance writes a method for each output whose classes are balanced:
//
//	func (t *Trainer) BalanceClasses(y, weights []float32) {
//		fit.BalanceClasses(t.classWeights[:], 1, y, weights)
//	}
func (net *Network) emitBalance(f *file) {
	for i, p := range net.Outputs {
		if !p.Balanced {
			continue
		}
		name := net.balanceName(i)
		f.function(name+
			" sets the weights of the classes by all targets of a training set and the weights of its rows, nil if each\n"+
			"counts 1, so that all classes count alike. Fit does so itself; for Step it belongs before the first. It "+
			"panics if the\n"+
			"lengths do not fit the output.",
			function{recv: "t", of: "Trainer", name: name, params: []field{vars(floats(), "y", "weights")}, origin: p.origin()},
			f.call(1, "", f.qual("fit", "BalanceClasses"), net.classWeights(i), jen.Lit(p.Shape.Size()/max(1, net.Steps)),
				jen.Id("y"), jen.Id("weights")))
	}
}

// balanceName is the method that balances the classes of an output.
func (net *Network) balanceName(i int) string {
	if len(net.Outputs) == 1 {
		return "BalanceClasses"
	}
	return "BalanceClasses" + net.Outputs[i].Ident
}

// classWeights yields the weights of the classes of an output: classWeights[:], or t.classWeights[:] if they are
// fitted.
func (net *Network) classWeights(i int) *jen.Statement {
	w := jen.Id(arg(net.Outputs, i, "classWeights"))
	if net.Outputs[i].Balanced {
		w = jen.Id("t").Dot(arg(net.Outputs, i, "classWeights"))
	}
	return w.Index(jen.Op(":"))
}

// affine yields fit.Affine{Center: w.Stats.XStandardizeCenter[:], Scale: w.Stats.XStandardizeScale[:]}.
func (f *file) affine(center, scale *ir.Param) expr {
	return values(f.name("fit", "Affine"), keyed("Center", sliced(parameter("w", center))),
		keyed("Scale", sliced(parameter("w", scale))))
}
