package bench

import "github.com/nngen/nngen/runtime/cpu"

// aimedAt is the peak of the machine on which aims in time were set, a Zen 4, in FLOP/s. On others, and where others
// take part of the processor, they go with the peak that is measured beside a row.
const aimedAt = 117e9

// goal is the aim of a row: a value in its unit, on a machine whose peak is aimedAt, or a share of the row's limit.
type goal struct {
	value, share float64
	// waits tells that results which wait for others take the time: the clock counts, not the width of registers.
	waits bool
	// holds is what holds the row back where it falls short, "" where that was not looked for.
	holds string
}

// goals has an aim for each row that peers were timed at: the best of them by 1.05, or 97 % of a limit that is nearer.
// The others are shares that kernels for such sizes reach.
var goals = map[string]goal{
	"exp, 4096 elements":     {value: 0.20},
	"sigmoid, 4096 elements": {value: 0.286},
	"tanh, 4096 elements":    {value: 0.286},
	"adam, 2410 parameters": {value: 0.314,
		holds: "a square root and a division of each parameter, rounded as IEEE says; " +
			"the peer's are approximations"},

	"gemm NN 128×128×784": {share: 0.97},
	"gemm NN 256×256×256": {share: 0.97},
	"gemm NN 512×512×512": {share: 0.97},
	"gemm NN 1024×1024×1024": {share: 0.95, holds: "likely loads of B from the last cache, and sums that are stored " +
		"twice: packing is not it, and products of a quarter of B go further"},
	"gemm NT 128×784×128": {share: 0.95},
	"gemm TN 784×128×128": {share: 0.97, holds: turned},
	"gemm NT 128×512×512": {share: 0.95},
	"gemm TN 512×512×128": {share: 0.97, holds: turned},
	"gemm TN 512×512×512": {share: 0.95, holds: turned},
	"gemm NN 64×64×64":    {share: 0.97},
	"gemm NN 32×32×32":    {share: 0.97},
	"gemm NN 16×16×16":    {share: 0.97, holds: checks},
	"gemm NN 8×8×8":       {share: 0.64, holds: checks},
	"gemm NN 4×4×4":       {share: 0.61, holds: checks},
	"gemm NN 128×10×128":  {share: 0.60},

	"conv 3×3 forward, 64 images 28×28×32": {share: 0.6},
	"conv 3×3 dx, 64 images 28×28×32":      {share: 0.6},
	"conv 3×3 dw, 64 images 28×28×32":      {share: 0.6},
	"conv 3×3 forward, 64 images 14×14×32": {share: 0.6},
	"conv 3×3 dx, 64 images 14×14×32":      {share: 0.6},
	"conv 3×3 dw, 64 images 14×14×32":      {share: 0.6},
	"conv 3×3 forward, 64 images 8×8×32":   {share: 0.6},
	"conv 3×3 dx, 64 images 8×8×32":        {share: 0.6},
	"conv 3×3 dw, 64 images 8×8×32":        {share: 0.6},
	"conv 3×3 forward, 64 images 14×14×64": {share: 0.6},
	"conv 3×3 dx, 64 images 14×14×64":      {share: 0.6},
	"conv 3×3 dw, 64 images 14×14×64":      {share: 0.6},
	"conv 3×3 forward, 64 images 8×8×64":   {share: 0.6},
	"conv 3×3 dx, 64 images 8×8×64":        {share: 0.6},
	"conv 3×3 dw, 64 images 8×8×64":        {share: 0.6},

	"predict 4-16-3": {value: 26.7, waits: true, holds: "the call from Go, and a softmax whose exp, sum and division " +
		"wait for each other"},
	"predict 4-16-3, each from the last": {value: 40, waits: true},
	"predict 4-16-3, batch 256": {value: 142e6, holds: "instructions that do not multiply: they spread weights, turn " +
		"rows into lanes and back, and are the softmax"},
	"predict 64-32-10":                {value: 104, waits: true},
	"predict 64-32-10, batch 256":     {value: 19.6e6},
	"train 64-32-10, adam, batch 128": {value: 7e6},

	"predict 784-128-10": {value: 3.6e3, holds: "the loads of the weights from the second-level cache, of which " +
		"a cycle reads 32 bytes"},
	"predict 784-128-10, batch 256":     {value: 555e3},
	"train 784-128-10, adam, batch 128": {value: 259e3, holds: "the optimizer, which moves 28 bytes of each parameter"},
	"train 784-128-10, adam, batch 32":  {value: 208e3},

	"predict 784-512-512-10":                {value: 27.8e3, holds: "the loads of 2.7 MB of weights from the last cache"},
	"predict 784-512-512-10, batch 256":     {value: 84e3},
	"train 784-512-512-10, adam, batch 128": {value: 32.5e3, holds: moves},
	"train 784-512-512-10, adam, batch 32":  {value: 26.5e3, holds: moves},

	"predict 2048-2048-2048-2048-2048, batch 256": {value: 3.08e3, holds: "67 MB of weights, which each block of rows " +
		"reads anew"},

	"predict lenet":                {value: 18.2e3, holds: lenet},
	"predict lenet, batch 256":     {value: 111e3, holds: lenet},
	"train lenet, adam, batch 128": {value: 36.3e3, holds: trained},
	"train lenet, adam, batch 32":  {value: 35.1e3, holds: trained},

	"step of lstm16": {value: 67, waits: true, holds: steps},
	"step of gru24":  {value: 85.7, waits: true, holds: steps},

	"train 4-32-16-4, adam, batch 10000": {value: 15.3e6,
		holds: "the products, of 4 to 32 terms, whose sums are stored and read " +
			"again by the next layer, and tanh"},

	"start of a program that predicts mnist": {share: 0.97,
		holds: "the pages of the weights, which the system reads at their " +
			"first use, and their copy into panels"},
}

// What holds several rows back.
const (
	turned  = "few terms for a result that the first cache can't hold: NN of these sizes is as far, small ones go further"
	checks  = "checks of sizes and the arguments of a call, which the peer does without: it is compiled for the sizes"
	lenet   = "the first convolution, whose sums lie along pixels and are stored along 6 channels, and the pools"
	trained = "the gradient of the first convolution, whose sums of 6 channels leave lanes empty and load for each " +
		"multiply-add, the sum of its bias, one chain, and the pools: a quarter of the time"
	moves = "the optimizer, which moves 28 bytes of each parameter through the last cache: a tenth of the time"
	steps = "sums in the order of their terms, and two rounds of functions, each with a division: operations of which " +
		"each waits for the one before, whatever runs beside; and the output, which takes units from the next step's sums"
)

// aim gives a row its aim, if there is one.
func (r *Row) aim() {
	g, ok := goals[r.Work]
	if !ok {
		return
	}
	if g.share > 0 {
		r.Aim = &Aim{Value: g.share, Share: true, Least: true, Holds: g.holds}
		return
	}
	faster := 1.0
	if r.Rates.Best > 0 {
		faster = r.Rates.Best / aimedAt
	}
	if g.waits && cpu.HasAVX512 {
		faster /= 2
	}
	if r.Unit == "samples/s" {
		r.Aim = &Aim{Value: g.value * faster, Least: true, Holds: g.holds}
		return
	}
	r.Aim = &Aim{Value: g.value / faster, Holds: g.holds}
}
