package golden

import (
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/golden"
)

// TestUpdatesCatchConstants changes each constant of optimizers, and of what clips gradients and limits norms, by 2 %:
// the vectors of updates tell it from what the spec says.
func TestUpdatesCatchConstants(t *testing.T) {
	const layers = `  - flatten
  - dense: {name: h, units: 8, lr_factor: 0.1}
  - dense: {name: g, units: 64, max_norm: 0.5}
  - output: {name: o}
training: {clip_norm: 1.5, clip_value: 0.5}
optimizer: `
	for _, optimizer := range []string{
		"{sgd: {lr: 0.1, weight_decay: 0.01}}",
		"{momentum: {lr: 0.1, momentum: 0.9, dampening: 0.3, weight_decay: 0.01}}",
		"{nesterov: {lr: 0.1, momentum: 0.9, weight_decay: 0.01}}",
		"{adam: {lr: 0.001, betas: [0.9, 0.999], eps: 1.0e-8, weight_decay: 0.01}}",
		"{adamw: {lr: 0.001, betas: [0.9, 0.999], eps: 1.0e-8, weight_decay: 0.1}}", // times lr, it is above a rounding
		"{amsgrad: {lr: 0.001, betas: [0.9, 0.999], eps: 1.0e-8, weight_decay: 0.01}}",
		"{nadam: {lr: 0.001, betas: [0.9, 0.999], eps: 1.0e-8, weight_decay: 0.01, momentum_decay: 0.004}}",
		"{adamax: {lr: 0.001, betas: [0.9, 0.999], eps: 1.0e-8, weight_decay: 0.01}}",
		"{adagrad: {lr: 0.1, lr_decay: 0.1, eps: 1.0e-8, weight_decay: 0.01}}",
		"{adagrad: {initial_accumulator_value: 0.001}}",
		"{adadelta: {lr: 1.0, rho: 0.9, eps: 1.0e-6, weight_decay: 0.01}}",
		"{rmsprop: {lr: 0.01, alpha: 0.99, eps: 1.0e-8, momentum: 0.9, centered: true, weight_decay: 0.01}}",
		"{adam: {betas: [0.9, 0.99]}}",
		"{lion: {lr: 0.001, weight_decay: 0.1}}", // of its betas it takes a sign
	} {
		network := build(t, layers+optimizer+"\n")
		_, f, _ := compute(t, network, nil)
		scales := read(t, f, "updates")
		drawn := make([][]float32, golden.Updates+1)
		for k := range drawn {
			drawn[k] = make([]float32, 243*8+8+8*64+64+64*4+4)
			golden.DrawUpdate(scales, k, drawn[k])
		}
		// furthest returns the largest difference from the vectors, relative to their bounds.
		furthest := func(network *net.Net) (worst float64) {
			c := &computation{Request{Net: network}, &ref.Network{Net: network}, nil}
			for i, x := range c.updated(drawn, func([]float64, float64) {}) {
				name := "updated." + string(rune('0'+i))
				want, tol := read(t, f, name), read(t, f, "tol."+name)
				for j := range x {
					worst = math.Max(worst, math.Abs(x[j]-float64(want[j]))/float64(tol[j]))
				}
			}
			return worst
		}
		if worst := furthest(network); !(worst < 0.25) {
			t.Fatalf("%s: the reference itself is off by %v of the bounds", optimizer, worst)
		}
		src := layers + optimizer + "\n"
		for _, at := range constants.FindAllStringSubmatchIndex(src, -1) {
			number, err := strconv.ParseFloat(src[at[4]:at[5]], 64)
			if err != nil {
				t.Fatal(err)
			}
			changed := src[:at[4]] + strconv.FormatFloat(number*0.98, 'f', -1, 64) + src[at[5]:]
			if worst := furthest(build(t, changed)); !(worst > 2) {
				t.Errorf("%s: %s off by 2 %% is %v times the bounds away", optimizer, src[at[2]:at[3]], worst)
			}
		}
	}
}

// constants are those of a spec's updates.
var constants = regexp.MustCompile(`[{ ](max_norm|lr_factor|clip_\w+|lr|\w*decay|momentum|dampening|betas|alpha|rho|` +
	`eps|initial\w+): (?:\[[\d.]+, )?([\d.e-]+)`)
