package bench

import (
	"fmt"
	"math"
	"time"

	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/optim"
	"github.com/nngen/nngen/runtime/vec"
)

// each is how long one measurement takes at least.
const each = 100 * time.Millisecond

// Product is a matrix product of one form: NN, NT or TN, C being m×n and k the terms of each sum.
type Product struct {
	Form    string
	M, N, K int
}

func (p Product) String() string { return fmt.Sprintf("gemm %s %d×%d×%d", p.Form, p.M, p.N, p.K) }

// Measure times the product, after a comparison with sums in float64.
func (p Product) Measure() (Row, error) {
	a, b, c := numbers(p.M*p.K), numbers(p.K*p.N), make([]float32, p.M*p.N)
	call := map[string]func(){
		"NN": func() { gemm.NN(p.M, p.N, p.K, a, p.K, b, p.N, c, p.N, gemm.None()) },
		"NT": func() { gemm.NT(p.M, p.N, p.K, a, p.K, b, p.K, c, p.N, gemm.None()) },
		"TN": func() { gemm.TN(p.M, p.N, p.K, a, p.M, b, p.N, c, p.N, gemm.None()) },
	}[p.Form]
	call()
	if err := p.check(a, b, c); err != nil {
		return Row{}, err
	}
	seconds, rates := hw.Beside(each, call)
	r := Row{Work: p.String(), Unit: "ns", Value: seconds * 1e9, Rates: rates,
		FLOPs: 2 * float64(p.M) * float64(p.N) * float64(p.K) / seconds}
	r.ofPeak()
	return r, nil
}

// check compares some elements of c with their sums.
func (p Product) check(a, b, c []float32) error {
	for e := 0; e < p.M*p.N; e += 1 + p.M*p.N/64 {
		i, j := e/p.N, e%p.N
		sum, size := 0.0, 0.0
		for k := range p.K {
			at, bt := i*p.K+k, k*p.N+j
			switch p.Form {
			case "NT":
				bt = j*p.K + k
			case "TN":
				at = k*p.M + i
			}
			term := float64(a[at]) * float64(b[bt])
			sum, size = sum+term, size+math.Abs(term)
		}
		if !(math.Abs(float64(c[e])-sum) <= float64(p.K+1)*0x1p-24*size) {
			return fmt.Errorf("bench: %s: element %d is %g, want %g", p, e, c[e], sum)
		}
	}
	return nil
}

// elementwise times a function on 4096 elements, after a comparison with that of package math.
func elementwise(name string, f func(y, x []float32), want func(float64) float64) (Row, error) {
	x, y := numbers(4096), make([]float32, 4096)
	for i := range x {
		x[i] *= 8
	}
	f(y, x)
	for i, v := range y {
		if w := want(float64(x[i])); !(math.Abs(float64(v)-w) <= 4*0x1p-24*math.Abs(w)) {
			return Row{}, fmt.Errorf("bench: %s(%g) is %g, want %g", name, x[i], v, w)
		}
	}
	seconds, rates := hw.Beside(each, func() { f(y, x) })
	return Row{Work: name + ", 4096 elements", Unit: "ns/element", Value: seconds * 1e9 / 4096, Rates: rates}, nil
}

// optimizer times a step of Adam on so many parameters, after a comparison with its formula in float64.
func optimizer(n int) (Row, error) {
	a := optim.Adam{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}
	w, g, m, v := numbers(n), numbers(n), make([]float32, n), make([]float32, n)
	a.Step(w, g, m, v, 1, 1e-3, 1)
	for i, before := range numbers(n) { // at the first step the means are the gradient and its square
		d := float64(g[i])
		if want := float64(before) - 1e-3*d/(math.Abs(d)+1e-8); !(math.Abs(float64(w[i])-want) <= 4*0x1p-24) {
			return Row{}, fmt.Errorf("bench: adam: parameter %d is %g, want %g", i, w[i], want)
		}
	}
	k := uint64(1)
	seconds, rates := hw.Beside(each, func() {
		k++
		a.Step(w, g, m, v, k, 1e-3, 1)
	})
	r := Row{Work: fmt.Sprintf("adam, %d parameters", n), Unit: "ns/parameter", Value: seconds * 1e9 / float64(n),
		Rates: rates}
	if bytes := 4 * 4 * n; rates.Best > 0 { // w, g, m and v
		r.Share, r.Limit = float64(bytes)/seconds/hw.Bandwidth(bytes), "loads"
	}
	return r, nil
}

// numbers returns n numbers between −1 and 1.
func numbers(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i*7919%2003)/1001 - 1
	}
	return x
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Functions times exp, sigmoid and tanh.
func Functions() ([]Row, error) {
	var rows []Row
	for _, f := range []struct {
		name string
		f    func(y, x []float32)
		want func(float64) float64
	}{{"exp", vec.Exp, math.Exp}, {"sigmoid", vec.Sigmoid, sigmoid}, {"tanh", vec.Tanh, math.Tanh}} {
		r, err := elementwise(f.name, f.f, f.want)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}
