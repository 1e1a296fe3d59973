package made

import (
	"testing"

	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/vec"
)

// TestAnOperationTakesFewRegisters counts the virtual registers of each operation at its largest, which bound how many
// operations a network may have: see MostOps.
func TestAnOperationTakesFewRegisters(t *testing.T) {
	x, y := Place{Memory: Input}, Place{Memory: Output}
	alpha := float32(0.5)
	ops := []Op{
		{Kind: Dense, In: []Place{x}, Params: []int{0, 1}, Terms: MostUnits, Chains: 1, Act: "leaky_relu", Alpha: &alpha},
		{Kind: Dense, In: []Place{x}, Params: []int{0, 1}, Terms: MostUnits, Chains: 4, Act: "relu"},
		{Kind: Affine, In: []Place{x}, Params: []int{0, 1}},
		{Kind: Add, In: []Place{x, x}},
		{Kind: Softmax, In: []Place{x}},
		{Kind: Copy, In: []Place{x}},
	}
	for _, f := range vec.Elementwises {
		if len(f.In) == 1 && len(f.Scalars) <= 1 {
			o := Op{Kind: Map, In: []Place{x}, F: f.Name}
			if len(f.Scalars) == 1 {
				o.Alpha = &alpha
			}
			ops = append(ops, o)
		}
	}
	h, c := Place{Memory: State}, Place{Memory: State, Slot: 1}
	for _, kind := range []Kind{LSTM, GRU, Simple} {
		ops = append(ops, Op{Kind: kind, In: []Place{x, h, c}, Params: []int{0, 1}, Terms: 1 << 10})
	}
	for _, o := range ops {
		if o.Out, o.Size = y, MostUnits; o.Cell() {
			o.Size = MostCell
		}
		for _, side := range []int{4, 2, 1} {
			once, twice := virtuals(t, o, 1, side), virtuals(t, o, 2, side)
			for kind := range twice {
				if n := twice[kind] - once[kind]; n > 1<<16/MostOps {
					t.Errorf("kind %d %s, %d side by side, takes %d registers of kind %d, want at most %d",
						o.Kind, o.F, side, n, kind, 1<<16/MostOps)
				}
			}
		}
	}
}

// virtuals returns how many virtual registers of each kind the larger of the kernels has, for an operation some times
// over.
func virtuals(t *testing.T, o Op, times, side int) map[reg.Kind]int {
	t.Helper()
	n := &Net{In: MostUnits, Out: MostUnits, Params: []string{"w1", "w2"}, States: []string{"s1", "s2"}}
	for range times {
		n.Ops = append(n.Ops, o)
	}
	g := vec.NewGen()
	(&oneGen{kernel: kernel{g, n}, room: room{side: side}}).emit("one")
	(&oneGen{kernel: kernel{g, n}, room: room{side: side}, whole: true}).emit("wideOne")
	if !o.Cell() {
		(&lanesGen{kernel: kernel{g, n}, room: room{side: side, sums: narrowSums}}).emit("lanes")
		g.SetWide(true)
		(&lanesGen{kernel: kernel{g, n}, room: room{side: side, sums: narrowSums}}).emit("wideLanes")
	}
	return registersOf(t, g)
}

// registersOf returns how many virtual registers of each kind the largest function has.
func registersOf(t *testing.T, g *vec.Gen) map[reg.Kind]int {
	t.Helper()
	file, err := g.Result()
	if err != nil {
		t.Fatal(err)
	}
	most := map[reg.Kind]int{}
	for _, f := range file.Functions() {
		seen, count := map[reg.ID]bool{}, map[reg.Kind]int{}
		for _, i := range f.Instructions() {
			for _, r := range append(i.InputRegisters(), i.OutputRegisters()...) {
				if id := r.ID(); id.IsVirtual() && !seen[id] {
					seen[id] = true
					count[id.Kind()]++
				}
			}
		}
		for kind, c := range count {
			most[kind] = max(most[kind], c)
		}
	}
	return most
}

// trainings returns trainings of one operation each, at its largest, forward or backward.
func trainings() (all []*Training) {
	alpha := float32(0.5)
	place := func(i int) Place { return Place{Local, i} }
	for _, o := range []Op{
		{Kind: Dense, In: []Place{place(0)}, Out: place(1), Params: []int{0, 1}, Size: MostUnits, Terms: MostUnits,
			Chains: 4, Act: "LeakyReLU", Alpha: &alpha},
		{Kind: Map, In: []Place{place(0)}, Out: place(1), Size: MostUnits, F: "Mish"},
		{Kind: Affine, In: []Place{place(0)}, Out: place(1), Size: MostUnits, Params: []int{0, 1}},
		{Kind: Back, In: []Place{place(0), place(1)}, Out: place(1), Params: []int{0}, Size: MostUnits, Terms: MostUnits,
			Act: "Tanh"},
		{Kind: Derive, In: []Place{place(0), place(1)}, Out: place(1), Size: MostUnits, F: "MishGrad"},
		{Kind: Weights, In: []Place{place(0), place(1)}, Size: MostUnits - 1, Terms: MostUnits, Params: []int{0}},
		{Kind: Biases, In: []Place{place(1)}, Size: MostUnits - 1, Params: []int{1}},
	} {
		t := &Training{In: MostUnits, Out: MostUnits, Params: []string{"w1", "w2"}, Locals: []int{MostUnits, MostUnits},
			Grads: []Shape{{MostUnits, MostUnits - 1}, {1, MostUnits - 1}}}
		if o.Kind >= Back {
			t.Backward = []Op{o}
		} else {
			t.Forward = []Op{o}
		}
		all = append(all, t)
	}
	return all
}

// TestATrainingTakesFewRegisters counts the virtual registers of operations of a Training as the test above does: see
// MostTrainingOps.
func TestATrainingTakesFewRegisters(t *testing.T) {
	most := 1 << 16 / MostTrainingOps
	for i, training := range trainings() {
		for _, wide := range []bool{false, true} {
			g := vec.NewGen()
			k := newTrainGen(g, training, room{side: 4, held: mostHeld}, wide)
			if training.Backward != nil {
				k.emitBackward("f")
			} else {
				k.emitForward("f")
			}
			for kind, n := range registersOf(t, g) {
				if n > most {
					t.Errorf("training %d, wide %t, takes %d registers of kind %d, want at most %d", i, wide, n, kind, most)
				}
			}
		}
	}
}

// TestWideOneIsMadeWhereItHasFewerProducts takes layers on both sides of the bound: sixteen numbers are two registers of
// AVX2 and one of AVX-512, eight are one of each.
func TestWideOneIsMadeWhereItHasFewerProducts(t *testing.T) {
	for _, c := range []struct {
		terms, size int
		want        bool
	}{{fewerWide, 16, true}, {fewerWide - 1, 16, false}, {1000, 8, false}, {fewerWide / 2, 32, true}, {fewerWide/2 - 1, 32, false}} {
		if n := (&Net{Ops: []Op{{Kind: Dense, Terms: c.terms, Size: c.size}}}); n.WideOne() != c.want {
			t.Errorf("%d numbers from %d: %t, want %t", c.size, c.terms, !c.want, c.want)
		}
	}
}

// TestBiasesAloneAreMade has gradients of biases without those of weights beside them, of as many units as there are.
func TestBiasesAloneAreMade(t *testing.T) {
	const units = MostUnits
	in, out, loss := Place{Memory: Input}, Place{Memory: Output}, Place{Memory: Loss}
	_, err := MakeTraining("p", TrainingNames{"forward", "backward", "wideForward", "wideBackward"}, &Training{
		In: units, Out: units, Params: []string{"w", "b"}, Grads: []Shape{{1, units}},
		Forward:  []Op{{Kind: Dense, In: []Place{in}, Out: out, Params: []int{0, 1}, Size: units, Terms: units, Chains: 1}},
		Backward: []Op{{Kind: Biases, In: []Place{loss}, Size: units, Params: []int{0}}},
	})
	if err != nil {
		t.Error(err)
	}
}

// TestRegistersSuffice makes each operation at its largest, those of trainings too, and steps of cells of all sizes, for
// both machines: arm64 has 32 registers, of which two stand for one of AVX2, but instructions that read no memory.
func TestRegistersSuffice(t *testing.T) {
	x, y := Place{Memory: Input}, Place{Memory: Output}
	ops := []Op{
		{Kind: Dense, Params: []int{0, 1}, Terms: MostUnits, Chains: 1, Act: "relu"},
		{Kind: Affine, Params: []int{0, 1}}, {Kind: Softmax}, {Kind: Copy},
	}
	for _, f := range vec.Elementwises {
		if len(f.In) == 1 && len(f.Scalars) == 0 {
			ops = append(ops, Op{Kind: Map, F: f.Name})
		}
	}
	names := Names{One: "one", Lanes: "lanes", WideOne: "wideOne", WideLanes: "wideLanes"}
	for _, o := range ops {
		o.In, o.Out, o.Size = []Place{x}, y, MostUnits
		n := &Net{In: MostUnits, Out: MostUnits, Params: []string{"w1", "w2"}, Ops: []Op{o}}
		if _, err := Make("p", names, n); err != nil {
			t.Errorf("kind %d %s: %v", o.Kind, o.F, err)
		}
	}
	for i, training := range trainings() {
		if _, err := MakeTraining("p", TrainingNames{"forward", "backward", "wideForward", "wideBackward"}, training); err != nil {
			t.Errorf("training %d: %v", i, err)
		}
	}
	add := Op{Kind: Add, In: []Place{{Slot: 0}, x}, Out: y, Size: MostUnits}
	first := Op{Kind: Copy, In: []Place{x}, Size: MostUnits}
	n := &Net{In: MostUnits, Out: MostUnits, Slots: []int{MostUnits}, Ops: []Op{first, add}}
	if _, err := Make("p", names, n); err != nil {
		t.Errorf("add: %v", err)
	}
	h, c := Place{Memory: State}, Place{Memory: State, Slot: 1}
	for _, kind := range []Kind{LSTM, GRU, Simple} {
		for size := 1; size <= MostCell; size++ {
			n := &Net{In: 3, Out: 2, Params: []string{"w1", "w2", "w3", "w4"}, States: []string{"s1", "s2"}, Ops: []Op{
				{Kind: kind, In: []Place{x, h, c}, Params: []int{0, 1}, Terms: 3, Size: size},
				{Kind: Dense, In: []Place{h}, Out: y, Params: []int{2, 3}, Terms: size, Chains: 1, Size: 2}}}
			if _, err := MakeStep("p", "step", "wide", n); err != nil {
				t.Errorf("a step of kind %d, %d units: %v", kind, size, err)
			}
		}
	}
}
