package safetensors

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// integers are tensors of both types beside one of float32.
func integers() []Tensor {
	return []Tensor{
		{Name: "a", Shape: []int{3}, Type: I8, Int8: []int8{-128, 0, 127}},
		{Name: "b", Shape: []int{2, 1}, Type: I32, Int32: []int32{-1 << 31, 1<<31 - 1}},
		{Name: "c", Shape: []int{1}, Data: []float32{1.5}},
	}
}

// TestIntegersComeBack writes and reads integers each way.
func TestIntegersComeBack(t *testing.T) {
	want := integers()
	b, err := Encode(map[string]string{"spec": "x"}, want)
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	if err := Write(&written, map[string]string{"spec": "x"}, want); err != nil || !bytes.Equal(written.Bytes(), b) {
		t.Errorf("Write gives other bytes than Encode: %v", err)
	}
	loaded, viewed := integers(), integers()
	for i := range want {
		clear(loaded[i].Int8)
		clear(loaded[i].Int32)
		clear(loaded[i].Data)
		viewed[i].Int8, viewed[i].Int32, viewed[i].Data = nil, nil, nil
	}
	if err := Load(b, "spec", "x", loaded); err != nil {
		t.Fatal(err)
	}
	if err := View(b, "spec", "x", viewed); err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		for what, got := range map[string]Tensor{"Load": loaded[i], "View": viewed[i]} {
			if !slices.Equal(got.Int8, w.Int8) || !slices.Equal(got.Int32, w.Int32) || !slices.Equal(got.Data, w.Data) {
				t.Errorf("%s gives %v, want %v", what, got, w)
			}
		}
	}
}

// TestIntegersAreNoOtherType reads each tensor as each other type: an error that names both.
func TestIntegersAreNoOtherType(t *testing.T) {
	b, err := Encode(nil, integers())
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		shape []int
		as    *Type
		want  string
	}{
		{"a", []int{3}, nil, `tensor "a" holds "I8", want F32`},
		{"a", []int{3}, I32, `tensor "a" holds "I8", want I32`},
		{"a", []int{3}, Float16, `tensor "a" holds "I8", want F32 or F16`},
		{"b", []int{2, 1}, I8, `tensor "b" holds "I32", want I8`},
		{"c", []int{1}, I32, `tensor "c" holds "F32", want I32`},
	} {
		if err := f.Copy(Tensor{Name: c.name, Shape: c.shape, Type: c.as}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s as %v: %v, want %s", c.name, c.as, err, c.want)
		}
	}
}

// TestLoadingIntegersMakesNoCopy bounds what Load allocates: what a header takes, not the numbers.
func TestLoadingIntegersMakesNoCopy(t *testing.T) {
	const size = 1 << 20
	tensors := []Tensor{
		{Name: "a", Shape: []int{size}, Type: I8, Int8: make([]int8, size)},
		{Name: "b", Shape: []int{size}, Type: I32, Int32: make([]int32, size)},
	}
	b, err := Encode(map[string]string{"spec": "x"}, tensors)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := Load(b, "spec", "x", tensors); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > size/64 {
		t.Errorf("Load allocates %d bytes for %d numbers", got, 2*size)
	}
}
