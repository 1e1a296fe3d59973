package norm

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

var sizes = kerneltest.Grid([]int{1, 2, 5, 9}, append(kerneltest.Upto(41), 63, 64, 67, 130))

// args gives n×f buffers, then some of length n, then some of length f, each with its Dir.
func args(matrices, perRow, perCol []kerneltest.Dir) func(s []int) []kerneltest.Arg {
	return func(s []int) (a []kerneltest.Arg) {
		for i, dirs := range [][]kerneltest.Dir{matrices, perRow, perCol} {
			for _, d := range dirs {
				a = append(a, kerneltest.Arg{Dir: d, Len: []int{s[0] * s[1], s[0], s[1]}[i]})
			}
		}
		return a
	}
}

const (
	in    = kerneltest.In
	out   = kerneltest.Out
	inOut = kerneltest.InOut
)

type dirs = []kerneltest.Dir

// empty tells whether a size is one at which nothing is done. Then outputs stay as they are.
func empty(s []int) bool { return s[0] == 0 || s[1] == 0 }

var kernels = []kerneltest.Kernel{
	{
		Name: "LayerNorm", Sizes: sizes, Args: args(dirs{out, in}, dirs{inOut, inOut}, dirs{in, in}),
		Got: func(s []int, b [][]float32) {
			LayerNorm(s[0], s[1], b[0], b[1], b[4], b[5], b[2], b[3], eps)
		},
		Want: func(s []int, b [][]float32) {
			if !empty(s) {
				layerNormGeneric(s[0], s[1], b[0], b[1], b[4], b[5], b[2], b[3], eps)
			}
		},
		Alias: [][2]int{{0, 1}},
	},
	{
		Name: "LayerNormGrad", Sizes: sizes, Args: args(dirs{out, in, in}, dirs{in, in}, dirs{in, inOut, inOut}),
		Got: func(s []int, b [][]float32) {
			LayerNormGrad(s[0], s[1], b[0], b[6], b[7], b[1], b[2], b[5], b[3], b[4], true)
		},
		Want: func(s []int, b [][]float32) {
			if !empty(s) {
				layerNormGradGeneric(s[0], s[1], b[0], b[6], b[7], b[1], b[2], b[5], b[3], b[4])
			}
		},
		Alias: [][2]int{{0, 1}, {0, 2}},
	},
	{
		Name: "BatchNormTrain", Sizes: sizes, Args: args(dirs{out, in}, nil, dirs{in, in, out, out, inOut, inOut}),
		Got: func(s []int, b [][]float32) {
			BatchNormTrain(s[0], s[1], b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], 0.1, eps)
		},
		Want: func(s []int, b [][]float32) {
			unbias := float32(1)
			if s[0] > 1 {
				unbias = float32(s[0]) / float32(s[0]-1)
			}
			batchNormTrainGeneric(s[0], s[1], b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], float32(s[0]), unbias, 0.1, eps)
		},
		Alias: [][2]int{{0, 1}},
	},
	{
		Name: "BatchNormGrad", Sizes: sizes, Args: args(dirs{out, in, in}, nil, dirs{inOut, inOut, in, in, in}),
		Got: func(s []int, b [][]float32) {
			BatchNormGrad(s[0], s[1], b[0], b[3], b[4], b[1], b[2], b[5], b[6], b[7], true)
		},
		Want: func(s []int, b [][]float32) {
			batchNormGradGeneric(s[0], s[1], b[0], b[3], b[4], b[1], b[2], b[5], b[6], b[7])
		},
		Alias: [][2]int{{0, 1}, {0, 2}},
	},
	{
		Name: "BatchNormInfer", Sizes: sizes, Args: args(dirs{out, in}, nil, dirs{in, in, in, in}),
		Got: func(s []int, b [][]float32) {
			BatchNormInfer(s[0], s[1], b[0], b[1], b[2], b[3], b[4], b[5], eps)
		},
		Want: func(s []int, b [][]float32) {
			batchNormInferGeneric(s[0], s[1], b[0], b[1], b[2], b[3], b[4], b[5], eps)
		},
		Alias: [][2]int{{0, 1}},
	},
	{
		Name: "moments", Sizes: sizes, Args: args(dirs{in}, nil, dirs{out, out}),
		Got: func(s []int, b [][]float32) {
			if empty(s) {
				momentsGeneric(s[0], s[1], b[0], b[1], b[2])
				return
			}
			moments(s[0], s[1], b[0], b[1], b[2])
		},
		Want: func(s []int, b [][]float32) { momentsGeneric(s[0], s[1], b[0], b[1], b[2]) },
	},
	{
		Name: "gradSums", Sizes: sizes, Args: args(dirs{in, in}, nil, dirs{out, out, in, in}),
		Got: func(s []int, b [][]float32) {
			if empty(s) {
				clear(b[2])
				clear(b[3])
				return
			}
			gradSums(s[0], s[1], b[2], b[3], b[0], b[1], b[4], b[5])
		},
		Want: func(s []int, b [][]float32) {
			clear(b[2])
			clear(b[3])
			gradSumsGeneric(s[0], s[1], b[2], b[3], b[0], b[1], b[4], b[5])
		},
	},
	{
		Name: "groupNormDX", Sizes: sizes, Args: args(dirs{out, in, in}, nil, dirs{in, in, in, in, in}),
		Got: func(s []int, b [][]float32) {
			if cpu.HasSIMD() && !empty(s) {
				groupNormDXSIMD(s[0], s[1], &b[0][0], &b[1][0], &b[2][0], &b[3][0], &b[4][0], &b[5][0], &b[6][0], &b[7][0])
				return
			}
			groupNormDXGeneric(s[0], s[1], b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7])
		},
		Want: func(s []int, b [][]float32) {
			groupNormDXGeneric(s[0], s[1], b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7])
		},
		Alias: [][2]int{{0, 1}, {0, 2}},
	},
}

func TestKernels(t *testing.T) { kerneltest.Run(t, kernels) }

// BenchmarkNorm reports the time of an element, and the rate at which inputs and outputs
// pass, each counted once.
func BenchmarkNorm(b *testing.B) {
	const n = 128
	for _, f := range []int{10, 64, 512} {
		x, dy, y := make([]float32, n*f), make([]float32, n*f), make([]float32, n*f)
		for i := range x {
			x[i], dy[i] = float32(i%13), float32(i%7)
		}
		k := max(n, f)
		v := make([][]float32, 8)
		for i := range v {
			v[i] = make([]float32, k)
			for j := range v[i] {
				v[i][j] = 1
			}
		}
		for _, c := range []struct {
			name  string
			words int
			f     func()
		}{
			{"LayerNorm", 2, func() { LayerNorm(n, f, y, x, v[0], v[1], v[2], v[3], eps) }},
			{"LayerNormGrad", 3, func() { LayerNormGrad(n, f, y, v[4], v[5], dy, x, v[0], v[2], v[3], false) }},
			{"BatchNormTrain", 2, func() { BatchNormTrain(n, f, y, x, v[0], v[1], v[2], v[3], v[6], v[7], 0.1, eps) }},
			{"BatchNormGrad", 3, func() { BatchNormGrad(n, f, y, v[4], v[5], dy, x, v[0], v[2], v[3], false) }},
			{"BatchNormInfer", 2, func() { BatchNormInfer(n, f, y, x, v[0], v[1], v[6], v[7], eps) }},
		} {
			b.Run(fmt.Sprintf("%s/n=%d,f=%d", c.name, n, f), func(b *testing.B) {
				for b.Loop() {
					c.f()
				}
				best := hw.Best(20*time.Millisecond, c.f)
				b.ReportMetric(best*1e9/float64(n*f), "ns/element")
				b.ReportMetric(float64(4*c.words*n*f)/best/1e9, "GB/s")
			})
		}
	}
}

func FuzzNorm(f *testing.F) {
	f.Add(uint8(0), uint8(3), uint8(10), int64(1))
	fuzzing.Fuzz(f, func(t *testing.T, k, n, width uint8, seed int64) {
		draw := func(r *rand.Rand) float32 { return float32(r.NormFloat64()) * float32(r.Intn(1000)) }
		kernels[int(k)%len(kernels)].Compare(t, []int{1 + int(n%16), int(width)}, draw, seed)
	})
}

// TestManyRowsHaveTheBitsOfTheirParts compares matrices that kernels get some rows at a time with the twins.
func TestManyRowsHaveTheBitsOfTheirParts(t *testing.T) {
	for i := range kernels {
		for _, size := range [][]int{{1<<16/16 + 1, 16}, {2<<16/37 + 3, 37}} {
			kernels[i].Compare(t, size, func(r *rand.Rand) float32 { return float32(r.NormFloat64()) }, int64(size[0]))
		}
	}
}
