package verify

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
)

// TestAScriptHasSeveralPieces has batches of all sizes: the gradient of all examples of a script is that of several pieces.
func TestAScriptHasSeveralPieces(t *testing.T) {
	batch := regexp.MustCompile(`\nconst Batch = (\d+)\n`)
	for _, size := range []string{"1", "2", "7", "8", "9", "64", "512", "513", "4096", "full"} {
		src := fmt.Sprintf("version: 1\nname: m\ninput: {shape: [3]}\ntask: regression\nlayers: [output]\ntraining: {batch_size: %s}\n", size)
		for steps := 1; steps <= 3; steps++ {
			c, err := newCase(&Subject{Spec: load(t, "m.yaml", []byte(src))}, "example.com/m", Options{Seed: 1, Steps: steps})
			if err != nil {
				t.Fatal(err)
			}
			found := batch.FindSubmatch(c.fast.Files["mtrain/mtrain.go"])
			if found == nil {
				t.Fatal("generated code does not say what a piece is")
			}
			piece, _ := strconv.Atoi(string(found[1]))
			all := c.batch().N
			if all <= piece {
				t.Errorf("batch_size %s, %d steps: %d examples are one piece of %d", size, steps, all, piece)
			}
			for _, n := range c.script.Rows {
				if n > piece {
					t.Errorf("batch_size %s: a step of %d examples is more than a piece of %d, whose values are traced", size, n, piece)
				}
			}
		}
	}
}

// TestDifferencesSayWhatTheyCompare has a network with kinks near most weights: rectifiers whose inputs are small.
func TestDifferencesSayWhatTheyCompare(t *testing.T) {
	src := "version: 1\nname: m\ninput: {shape: [6]}\ntask: regression\nlayers:\n" +
		"  - dense: {name: a, units: 200, activation: relu}\n  - dense: {name: b, units: 200, activation: hard_sigmoid}\n  - dense: {name: c, units: 50, activation: relu6}\n  - output\ntraining: {batch_size: 8}\n"
	c, err := newCase(&Subject{Spec: load(t, "m.yaml", []byte(src))}, "example.com/m", Options{Seed: 1, Steps: 3})
	if err != nil {
		t.Fatal(err)
	}
	r := &Report{}
	c.checkDifferences(r)
	for _, p := range r.Tensors {
		want := 12
		if p.Name == "output1.bias" {
			want = 1
		}
		if p.Elements+p.Left != want {
			t.Errorf("%s: %d compared and %d left out of %d", p.Name, p.Elements, p.Left, want)
		}
		if p.Failure != "" || 2*p.Elements < want {
			t.Errorf("%s: %d of %d compared: %s", p.Name, p.Elements, want, p.Failure)
		}
	}
	if len(r.Tensors) != 8 {
		t.Errorf("%d parameters are compared, want 8", len(r.Tensors))
	}
}
