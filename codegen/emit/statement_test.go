package emit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
)

// These are arguments of a function with two inputs and one output.
var (
	weights = &plan.Param{Param: &ir.Param{Name: "h1.kernel", Ident: "H1W"}}
	mean    = &plan.Param{Param: &ir.Param{Name: "norm.mean", Ident: "NormMean", Role: ir.Running}}
	frozen  = &plan.Param{Param: &ir.Param{Name: "h2.kernel", Ident: "H2W", Role: ir.Frozen}}
	state   = &plan.Param{Param: &ir.Param{Name: "lstm.h", Ident: "LstmH", Role: ir.Carried}}
	slot    = &ir.Slot{ID: 3, PerRow: true, Size: 48}
	rows    = plan.Span{Mem: plan.Slot, Slot: slot, Len: 48, PerRow: true}
	alpha   = 0.3
)

// twoInputs is a network of which the printer needs no more than its ports.
func twoInputs() *Network {
	net := &Network{Name: "digits", ImportPath: "example.com/digits",
		Runtime: "example.com/digits/internal", SpecBase: "digits.yaml"}
	net.Inputs, net.Outputs = []Port{{Ident: "Image"}, {Ident: "Mask"}}, []Port{{Ident: "Out", Task: "regression"}}
	return net
}

// printed returns statements as they are printed in a function.
func printed(t *testing.T, fn *plan.Func, all ...plan.Stmt) []string {
	t.Helper()
	net := twoInputs()
	f := net.newFile(newSymbols(), "example.com/train", "train", "", net.Name)
	p := printer{f: f, fn: fn}
	var body []jen.Code
	for _, s := range all {
		body = append(body, p.statement(s))
	}
	f.function("", function{name: "f"}, body...)
	src := render(t, f)
	_, src, _ = strings.Cut(src, "func f() {\n")
	src, _, _ = strings.Cut(src, "\n}\n")
	var lines []string
	for _, line := range strings.Split(src, "\n") {
		lines = append(lines, strings.TrimPrefix(line, "\t"))
	}
	return lines
}

// TestStatementsArePrinted prints each shape of a statement, and each kind of argument, and measures it: a width that
// is wrong would break lines elsewhere.
func TestStatementsArePrinted(t *testing.T) {
	call := func(args ...plan.Arg) plan.Stmt {
		return plan.Call{Callee: plan.Callee{Pkg: "vec", Name: "F"}, Args: args}
	}
	single, train := &plan.Func{Single: true}, &plan.Func{Training: true}
	batch := &plan.Func{}
	for _, c := range []struct {
		fn   *plan.Func
		stmt plan.Stmt
		want string
	}{
		{batch, call(), "vec.F()"},
		{batch, plan.Call{Callee: plan.Callee{Pkg: "gemm", Name: "Apply", Field: "h1Layer"}, Args: []plan.Arg{plan.Nil{}}},
			"m.h1Layer.Apply(nil)"},
		{batch, plan.Clear{Dst: rows}, "clear(a.s3[:n*48])"},
		{batch, plan.Copy{Dst: plan.Span{Mem: plan.Output, Len: -1}, Src: rows}, "copy(y, a.s3[:n*48])"},
		{train, &plan.AddLoss{Weight: 1, Only: true, Loss: plan.Call{Callee: plan.Callee{Pkg: "loss", Name: "MSE"},
			Args: []plan.Arg{plan.LossScale(1)}}}, "sum = loss.MSE(scale)"},
		{train, &plan.AddLoss{Weight: 0.5, Loss: plan.Call{Callee: plan.Callee{Pkg: "loss", Name: "MSE"},
			Args: []plan.Arg{plan.LossScale(0.5), plan.Nil{}}}}, "sum += 0.5 * loss.MSE(0.5*scale, nil)"},
		{single, plan.Guarded{Mask: plan.Span{Mem: plan.Input, Port: 1, Len: -1},
			Call: plan.Call{Callee: plan.Callee{Pkg: "rnn", Name: "Step", Field: "c"}}}, "if xMask[0] > 0.5 {\n\tm.c.Step()\n}"},
		{train, plan.Watch{What: "layer \"h1\"\n", Value: rows}, `t.watch.See("layer \"h1\"\n", a.s3[:n*48])`},

		{batch, call(plan.Int(3), plan.Ints{3, 24}, plan.Real(1e-5), plan.Flag(true), plan.Text("\\")),
			`vec.F(3, []int{3, 24}, 1e-05, true, "\\")`},
		{batch, call(plan.Count(1), plan.Count(16), plan.Nil{}), "vec.F(n, n*16, nil)"},
		{batch, call(plan.Name{Pkg: "lookup", Name: "None"}, plan.Seed{}, plan.StepNumber{}, plan.FirstElement(64),
			plan.FirstElement(1)), "vec.F(lookup.None, t.seed, t.step, uint32(first*64), uint32(first))"},
		{batch, call(plan.Started{}, plan.Var{Name: "conv1Geometry"}, plan.Var{Name: "H1WPattern", Model: true}),
			"vec.F(s.steps == 0, &conv1Geometry, &digits.H1WPattern)"},
		{batch, call(plan.Struct{Pkg: "pool", Type: "Scale", Fields: []plan.Field{{Name: "H", Arg: plan.Int(8)},
			{Name: "W", Arg: plan.Int(9)}}}), "vec.F(pool.Scale{H: 8, W: 9})"},
		{batch, call(plan.Struct{Pkg: "fit", Type: "Plateau", Pointer: true}), "vec.F(&fit.Plateau{})"},
		{batch, call(plan.Call{Callee: plan.Callee{Pkg: "rnn", Name: "LastCells"}, Args: []plan.Arg{plan.Int(1)}},
			plan.Nil{}), "vec.F(rnn.LastCells(1), nil)"},

		{batch, call(plan.Epilogue{}), "vec.F(gemm.None())"},
		{batch, call(plan.Epilogue{Bias: rows}), "vec.F(gemm.Bias(a.s3[:n*48]))"},
		{batch, call(plan.Epilogue{Bias: rows, Act: "leaky_relu", Alpha: &alpha}),
			"vec.F(gemm.BiasAct(a.s3[:n*48], gemm.LeakyReLU).Alpha(0.3))"},
		{batch, call(plan.Epilogue{Saved: rows, Act: "relu"}), "vec.F(gemm.GradAct(gemm.ReLU, a.s3[:n*48]))"},

		{batch, call(plan.Span{Mem: plan.Slot, Slot: slot, From: 16, Len: 48, PerRow: true}, plan.Nil{}),
			"vec.F(a.s3[16:n*48], nil)"},
		{batch, call(plan.Span{Mem: plan.Slot, Slot: slot, From: 16, Len: 1, PerRow: true}, plan.Nil{}),
			"vec.F(a.s3[16:n], nil)"},
		{single, call(plan.Span{Mem: plan.Slot, Slot: slot, Len: -1}, plan.Span{Mem: plan.Slot, Slot: slot, Len: 12}),
			"vec.F(a.s3[:], a.s3[:12])"},
		{single, call(plan.Span{Mem: plan.Slot, Slot: slot, From: 8, Len: -1}), "vec.F(a.s3[8:])"},
		{single, call(plan.Span{Mem: plan.Input, Len: -1}, plan.Span{Mem: plan.Output, Len: -1}), "vec.F(xImage[:], y[:])"},
		{batch, call(plan.Span{Mem: plan.Input, Len: -1}, plan.Span{Mem: plan.Input, From: 2, Len: -1}),
			"vec.F(xImage, xImage[2:])"},
		{train, call(plan.Span{Mem: plan.Target, Len: -1}, plan.Span{Mem: plan.Output, Len: -1},
			plan.Span{Mem: plan.RowWeights, Len: -1}), "vec.F(y, out, weights)"},
		{batch, call(plan.Span{Mem: plan.Parameter, Param: weights, Len: -1},
			plan.Span{Mem: plan.Parameter, Param: mean, Len: -1}), "vec.F(m.h1W[:], m.normMean[:])"},
		{train, call(plan.Span{Mem: plan.Parameter, Param: weights, Len: -1},
			plan.Span{Mem: plan.Parameter, Param: mean, Len: -1}), "vec.F(p.H1W[:], p.Stats.NormMean[:])"},
		{train, call(plan.Span{Mem: plan.Parameter, Param: frozen, Len: -1},
			plan.Span{Mem: plan.ClassRows, Len: 4, PerRow: true}), "vec.F(p.Frozen.H2W[:], t.rowWeights[:n*4])"},
		{batch, call(plan.Uint(1<<63), plan.Texts{"a", "\""}), `vec.F(9223372036854775808, []string{"a", "\""})`},
		{train, call(plan.Span{Mem: plan.Gradient, Param: weights, Len: -1}), "vec.F(g.H1W[:])"},
		{single, call(plan.Span{Mem: plan.Carried, Param: state, From: 4, Len: -1}), "vec.F(s.lstmH[4:])"},
		{single, call(plan.Span{Mem: plan.Parameter, Param: weights, Len: 8, ByStep: true}),
			"vec.F(m.h1W[int(s.steps)*8:][:8])"},
	} {
		if got := strings.Join(printed(t, c.fn, c.stmt), "\n"); got != c.want {
			t.Errorf("%#v is\n%s\nwant\n%s", c.stmt, got, c.want)
		} else if s, ok := c.stmt.(plan.Call); ok {
			net := twoInputs()
			f := net.newFile(newSymbols(), "example.com/train", "train", "", net.Name)
			if w := (printer{f: f, fn: c.fn}).arg(s).width; w != width(got) {
				t.Errorf("%s has the width %d, want %d", got, w, width(got))
			}
		}
	}
}

// TestCallsAreBrokenBetweenArguments prints calls with more and more arguments, among them structs, one of which is too
// long for a line of its own: lines are bounded, and all others break between arguments alone.
func TestCallsAreBrokenBetweenArguments(t *testing.T) {
	window := func(fields int) plan.Struct {
		s := plan.Struct{Pkg: "pool", Type: "Window"}
		for i := range fields {
			s.Fields = append(s.Fields, plan.Field{Name: fmt.Sprintf("F%d", i), Arg: plan.Int(1000)})
		}
		return s
	}
	for n := range 40 {
		for _, fields := range []int{0, 5, 9, 20} {
			args := []plan.Arg{plan.Count(3)}
			for range n {
				args = append(args, rows)
			}
			args = append(args, window(fields), rows, plan.Epilogue{Bias: rows, Act: "relu"})
			lines := printed(t, &plan.Func{}, plan.Call{Callee: plan.Callee{Pkg: "pool", Name: "Max"}, Args: args})
			for i, line := range lines {
				if width(line)+1 > lineLimit {
					t.Errorf("%d arguments, %d fields: %d characters: %s", n, fields, width(line)+1, line)
				}
				if open := strings.Count(line, "{") - strings.Count(line, "}"); open != 0 && fields < 10 {
					t.Errorf("%d arguments, %d fields: line %d breaks within one: %s", n, fields, i, line)
				}
			}
			if got := strings.Count(strings.Join(lines, " "), "a.s3[:n*48]"); got != n+2 {
				t.Errorf("%d arguments, want %d", got, n+2)
			}
		}
	}
}

// TestALineHoldsWhatFits has a call that fits a line by one character, and one that does not.
func TestALineHoldsWhatFits(t *testing.T) {
	for _, extra := range []int{0, 1} {
		name := strings.Repeat("F", lineLimit-len("\tvec.(n*3, a.s3[:n*48])")+extra)
		lines := printed(t, &plan.Func{}, plan.Call{Callee: plan.Callee{Pkg: "vec", Name: name},
			Args: []plan.Arg{plan.Count(3), rows}})
		if len(lines) != 1+extra {
			t.Errorf("%d characters are in %d lines", lineLimit+extra, len(lines))
		}
	}
}
