package mem

import "testing"

func TestFlatSharesTheMemoryOfNestedArraysInOrder(t *testing.T) {
	var p struct {
		A [3]float32
		B struct{ C [2]float32 }
		D float32
	}
	p.A[2], p.B.C[0], p.D = 1, 2, 3
	f := Flat(&p)
	want := []float32{0, 0, 1, 2, 0, 3}
	if len(f) != len(want) {
		t.Fatalf("length %d, want %d", len(f), len(want))
	}
	for i := range want {
		if f[i] != want[i] {
			t.Errorf("element %d is %v, want %v", i, f[i], want[i])
		}
	}
	f[4] = 5
	if p.B.C[1] != 5 {
		t.Errorf("a write to the view gave %v in the struct, want 5", p.B.C[1])
	}
	var none struct{}
	if Flat(&none) != nil {
		t.Errorf("Flat of an empty struct is not nil")
	}
}
