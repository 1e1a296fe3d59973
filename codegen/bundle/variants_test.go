package bundle

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	rt "github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/half"
)

// product is a call of package gemm, for each number of rows from 1 to M: of A and C, in TN of A and B.
type product struct {
	fn      string // NN, NNPacked, NT, TN, or a format of NNPackedHalf
	m, n, k int
	act     string // of package gemm
	form    string // None, Accumulate, Bias, BiasAct or GradAct
}

// epilogue returns the epilogue as text, and without its slice.
func (p product) epilogue() (string, gemm.Epilogue) {
	act := map[string]gemm.Act{"ReLU": gemm.ReLU, "LeakyReLU": gemm.LeakyReLU,
		"Sigmoid": gemm.Sigmoid, "Tanh": gemm.Tanh}[p.act]
	switch p.form {
	case "Accumulate":
		return "gemm.Accumulate()", gemm.Accumulate()
	case "Bias":
		return "gemm.Bias(v)", gemm.Bias(nil)
	case "BiasAct":
		return "gemm.BiasAct(v, gemm." + p.act + ").Alpha(0.3)", gemm.BiasAct(nil, act)
	case "GradAct":
		return "gemm.GradAct(gemm." + p.act + ", v).Alpha(0.3)", gemm.GradAct(act, nil)
	}
	return "gemm.None()", gemm.None()
}

// text returns a package whose Run computes the product for all numbers of rows, and returns a sum of the bits.
func (p product) text() string {
	call := map[string]string{
		"NN":       "gemm.NN(m, N, K, a, K, b, N, c, N, ep)",
		"NNPacked": "gemm.NNPacked(m, N, K, a, K, packed, c, N, ep)",
		"NT":       "gemm.NT(m, N, K, a, K, b, K, c, N, ep)",
		"TN":       "gemm.TN(K, N, m, a, K, b, N, c, N, ep)",
	}[p.fn]
	pack, imports := "", ""
	if p.fn == "NNPacked" {
		pack = "packed := make([]float32, gemm.PackedLen(K, N)); gemm.Pack(K, N, b, N, packed)"
	}
	if call == "" {
		call = "gemm.NNPackedHalf(half." + p.fn + ", m, N, K, a, K, packed, c, N, ep)"
		pack = "rounded, packed := make([]uint16, K*N), make([]uint16, gemm.PackedLen(K, N))\n" +
			"half.Round(half." + p.fn + ", rounded, b[:K*N])\ngemm.PackHalf(K, N, rounded, N, packed)"
		imports = `"me.org/m/PKG/internal/half"`
	}
	ep, _ := p.epilogue()
	return fmt.Sprintf(`package p

import (
	"math"

	"me.org/m/PKG/internal/gemm"
	%s
)

const M, N, K = %d, %d, %d

func Run(fill func(int) []float32) (sum uint32) {
	size := max(M, K)
	a, b, c, v := fill(M*K), fill(size*N), fill(size*N), fill(size*N)
	%s
	ep := %s
	for m := 1; m <= M; m++ {
		%s
		for _, x := range c {
			sum = 31*sum + math.Float32bits(x)
		}
	}
	_ = v
	return sum
}
`, imports, p.m, p.n, p.k, pack, ep, call)
}

// variants returns what the product comes to.
func (p product) variants() *gemm.Variants {
	var v gemm.Variants
	var ms []int
	for m := 1; m <= p.m; m++ {
		ms = append(ms, m)
	}
	_, ep := p.epilogue()
	switch p.fn {
	case "NN":
		v.NN(ms, p.n, p.k, p.n, ep)
	case "NNPacked":
		v.NNPacked(ms, p.n, p.k, ep)
	case "NT":
		v.NT(ms, p.n, p.k, p.k, ep)
	case "TN":
		v.TN(p.k, p.n, ms, p.k, p.n, p.n, ep)
	case "Float16":
		v.NNPackedHalf(half.Float16, ms, p.n, p.k, ep)
	case "BFloat16":
		v.NNPackedHalf(half.BFloat16, ms, p.n, p.k, ep)
	}
	return &v
}

const program = `
var state uint32

func fill(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		state = state*1664525 + 1013904223
		x[i] = float32(int32(state)) / (1 << 31)
	}
	return x
}
`

// runProducts runs a program of the products, and returns what it prints. Each has copies of its own, with what
// variants say of it; without variants, all share whole ones. build are further arguments of go run.
func runProducts(t *testing.T, arch, build string, products []product,
	variants func(p product) *gemm.Variants) (string, error) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, text []byte) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	copies := func(folder string, texts map[string][]byte, variants *gemm.Variants) {
		c := Config{Source: rt.Source, From: "github.com/nngen/nngen/runtime", To: "me.org/m/" + folder + "internal",
			Header: "// A copy."}
		if variants != nil {
			c.Variants = func(func(pkg, name string) bool) func(machine, kernel, section string) bool { return variants.Has }
		}
		files, err := Files(c, texts)
		if err != nil {
			t.Fatal(err)
		}
		for name, src := range files {
			write(folder+"internal/"+name, src)
		}
	}
	imports, calls := "", ""
	texts := map[string][]byte{}
	for i, p := range products {
		pkg := fmt.Sprintf("p%d", i)
		folder := ""
		if variants != nil {
			folder = pkg + "/"
		}
		text := []byte(strings.ReplaceAll(p.text(), "PKG/", folder))
		if texts[pkg+".go"] = text; variants != nil {
			copies(folder, map[string][]byte{"p.go": text}, variants(p))
		}
		write(pkg+"/p.go", text)
		imports += fmt.Sprintf("\t%s \"me.org/m/%[1]s\"\n", pkg)
		calls += fmt.Sprintf("\tprintln(%q, %s.Run(fill))\n", fmt.Sprint(p), pkg)
	}
	if variants == nil {
		copies("", texts, nil)
	}
	write("go.mod", []byte("module me.org/m\n\ngo 1.22\n"))
	write("main.go", []byte("package main\n\nimport (\n"+imports+")\n\nfunc main() {\n"+calls+"}\n"+program))
	cmd := exec.Command("go", "run", "-trimpath", "-gcflags=me.org/...=-dwarf=false", build, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0", "GOARCH="+arch)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestCutKernelsGiveTheBitsOfTheTwins runs products with no more of the kernels than they come to, and with the Go
// twins alone. A section too few is a trap.
func TestCutKernelsGiveTheBitsOfTheTwins(t *testing.T) {
	products := []product{
		{"NN", 40, 64, 64, "ReLU", "BiasAct"},
		{"NN", 20, 10, 32, "", "Bias"},                    // 4 chains, unpacked
		{"NNPacked", 160, 32, 64, "LeakyReLU", "BiasAct"}, // 2 chains
		{"NNPacked", 9, 150, 40, "", "None"},
		{"NT", 40, 64, 64, "ReLU", "GradAct"}, // turned for 8 rows
		{"NT", 20, 13, 200, "Tanh", "GradAct"},
		{"NT", 5, 40, 300, "LeakyReLU", "GradAct"}, // rows far apart
		{"TN", 32, 10, 64, "", "None"},
		{"TN", 400, 3, 7, "", "Accumulate"}, // parts of k
		{"NN", 30, 200, 5, "", "None"},      // B is copied on the way

		{"Float16", 160, 10, 600, "ReLU", "BiasAct"}, // 4 chains, of more steps than a buffer
		{"BFloat16", 9, 50, 40, "", "Bias"},
		{"Float16", 7, 20, 1100, "LeakyReLU", "BiasAct"},

		// More work than one call may have, on NEON alone, and anywhere.
		{"NN", 200, 100, 70, "ReLU", "BiasAct"},
		{"NT", 150, 80, 120, "ReLU", "GradAct"},
		{"TN", 151, 130, 60, "", "Accumulate"},
		{"NN", 1029, 8, 512, "", "Bias"},
		{"NNPacked", 26, 20, 2200, "ReLU", "BiasAct"},
		{"BFloat16", 2, 10, 60001, "", "None"},
		{"NN", 1, 10, 60001, "ReLU", "BiasAct"},
		{"NNPacked", 1, 32, 30000, "", "Bias"},
		{"NNPacked", 8, 10, 90001, "", "None"},
		{"NT", 1, 9, 70001, "", "None"},
	}
	rng := rand.New(rand.NewPCG(1, 2))
	forms := [][2]string{{"", "None"}, {"", "Accumulate"}, {"", "Bias"}, {"ReLU", "BiasAct"}, {"LeakyReLU", "BiasAct"},
		{"ReLU", "GradAct"}, {"LeakyReLU", "GradAct"}, {"Sigmoid", "GradAct"}, {"Tanh", "GradAct"}}
	more := 30
	if testing.Short() {
		more = 6
	}
	for i := range more {
		f := forms[i%len(forms)]
		fn := [...]string{"NN", "NNPacked", "NT", "TN", "Float16", "BFloat16"}[rng.IntN(6)]
		products = append(products, product{fn, 1 + rng.IntN(30), 1 + rng.IntN(70), 1 + rng.IntN(70), f[0], f[1]})
	}
	cut, err := runProducts(t, runtime.GOARCH, "-tags=", products, product.variants)
	if err != nil {
		t.Fatalf("a section is missing, or the copies do not build: %v\n%s", err, cut)
	}
	twin, err := runProducts(t, runtime.GOARCH, "-tags=purego", products, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, twin)
	}
	if cut != twin {
		t.Errorf("kernels:\n%s\ntwins:\n%s", cut, twin)
	}
	if _, err := exec.LookPath("qemu-aarch64"); err != nil || testing.Short() || runtime.GOARCH == "arm64" {
		return
	}
	cut, err = runProducts(t, "arm64", "-exec=qemu-aarch64", products, product.variants)
	if err != nil || cut != twin {
		t.Errorf("kernels for arm64: %v\n%s\ntwins:\n%s", err, cut, twin)
	}
}

// TestASectionThatIsMissingIsATrap calls a product whose kernels were cut for another.
func TestASectionThatIsMissingIsATrap(t *testing.T) {
	if !cpu.HasAVX2FMA {
		t.Skip("there are no sections without AVX2")
	}
	for _, cut := range []product{
		{"NN", 40, 16, 64, "ReLU", "BiasAct"}, {"NN", 40, 64, 64, "", "Bias"}, {"TN", 40, 64, 64, "", "None"},
	} {
		out, err := runProducts(t, runtime.GOARCH, "-tags=", []product{{"NN", 40, 60, 64, "ReLU", "BiasAct"}},
			func(product) *gemm.Variants { return cut.variants() })
		if err == nil {
			t.Errorf("cut for %v: it ran:\n%s", cut, out)
		}
	}
}
