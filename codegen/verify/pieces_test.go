package verify

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/nngen/nngen/codegen/op"
)

// TestAScriptHasSeveralPieces has batches of all sizes: the gradient of all examples of a script is that of several
// pieces, and that of those that the reference computes of two.
func TestAScriptHasSeveralPieces(t *testing.T) {
	batch := regexp.MustCompile(`\nconst Batch = (\d+)\n`)
	for _, size := range []string{"1", "2", "7", "8", "9", "64", "512", "513", "4096", "full"} {
		src := fmt.Sprintf("version: 1\nname: m\ninput: {shape: [3]}\ntask: regression\nlayers: [output]\n"+
			"training: {batch_size: %s}\n", size)
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
			if part := c.script.Part; part <= piece || part > 2*piece || part > all || piece > 1 && part == 2*piece {
				t.Errorf("batch_size %s, %d steps: of %d examples %d are no two pieces of %d, the second partial", size, steps,
					all, part, piece)
			}
			for _, n := range c.script.Rows {
				if n > piece {
					t.Errorf("batch_size %s: a step of %d examples is more than a piece of %d, whose values are traced", size, n,
						piece)
				}
			}
		}
	}
}

// TestDifferencesSayWhatTheyCompare has a network with kinks near many weights, and counts what is compared.
func TestDifferencesSayWhatTheyCompare(t *testing.T) {
	src := "version: 1\nname: m\ninput: {shape: [6]}\ntask: regression\nlayers:\n" +
		"  - dense: {name: a, units: 200, activation: relu}\n  - dense: {name: b, units: 200, activation: hard_sigmoid}\n" +
		"  - dense: {name: c, units: 50, activation: relu6}\n  - output\ntraining: {batch_size: 8}\n"
	c, err := newCase(&Subject{Spec: load(t, "m.yaml", []byte(src))}, "example.com/m", Options{Seed: 1, Steps: 3})
	if err != nil {
		t.Fatal(err)
	}
	r := &Report{}
	c.checkDifferences(r)
	sizes := map[string]int{}
	for _, p := range c.plain.Net.Params {
		sizes[p.Name] = p.Size()
	}
	for _, p := range r.Tensors {
		want := sizes[p.Name]
		if p.Kind == Differences {
			want = min(want, mostElements)
		}
		if p.Elements+p.Left != want {
			t.Errorf("%s: %d compared and %d left out of %d", p.Name, p.Elements, p.Left, want)
		}
		if p.Failure != "" || 2*p.Elements < want {
			t.Errorf("%s: %d of %d compared: %s", p.Name, p.Elements, want, p.Failure)
		}
	}
	if len(r.Tensors) != 2*8 {
		t.Errorf("%d rows for 8 parameters, want two for each", len(r.Tensors))
	}
}

// TestADirectionFindsOneWrongElement has a reference whose gradient is off in a single element of many.
func TestADirectionFindsOneWrongElement(t *testing.T) {
	src := "version: 1\nname: m\ninput: {shape: [40]}\ntask: regression\nlayers:\n" +
		"  - dense: {name: a, units: 100, activation: tanh}\n  - output\ntraining: {batch_size: 8}\n"
	c, err := newCase(&Subject{Spec: load(t, "m.yaml", []byte(src))}, "example.com/m", Options{Seed: 1, Steps: 3})
	if err != nil {
		t.Fatal(err)
	}
	dense := c.plain.Net.Layers[1]
	right := *dense.Def
	wrong := right
	wrong.Backward = func(call *op.Call) {
		right.Backward(call)
		call.DP[0].Data[1234] *= 1.01
	}
	dense.Def = &wrong
	r := &Report{}
	c.checkDifferences(r)
	for _, p := range r.Tensors {
		if fails := p.Kind == Directions && p.Name == "a.kernel"; fails != (p.Failure != "") {
			t.Errorf("%s %s: failure %q, want one: %t", p.Kind, p.Name, p.Failure, fails)
		}
	}
}

// TestTheWorkOfAVerificationIsBounded has networks of more and more work in an example: fewer examples, and fewer
// elements by central differences.
func TestTheWorkOfAVerificationIsBounded(t *testing.T) {
	lastRows, lastMost := rowsLimit+1, mostElements+1
	for _, filters := range []int{1, 16, 64, 128} {
		src := fmt.Sprintf("version: 1\nname: m\ninput: {shape: [48, 48, 3]}\ntask: binary\nlayers:\n"+
			"  - conv2d: {filters: %d, kernel_size: 3}\n  - conv2d: {filters: %[1]d, kernel_size: 3}\n  - flatten\n  - output\n",
			filters)
		c, err := newCase(&Subject{Spec: load(t, "m.yaml", []byte(src))}, "example.com/m", Options{Seed: 1, Steps: 3})
		if err != nil {
			t.Fatal(err)
		}
		b, most := c.differences()
		rows := c.script.Rows[0]
		if rows > lastRows || rows < 2 || most > lastMost || b.N < leastExamples {
			t.Errorf("%d filters: steps of %d examples, %d elements by differences on %d examples", filters, rows, most, b.N)
		}
		lastRows, lastMost = rows, most
	}
	if lastRows != 2 || lastMost != 0 {
		t.Errorf("the largest network has steps of %d examples and %d elements, want 2 and none", lastRows, lastMost)
	}
}
