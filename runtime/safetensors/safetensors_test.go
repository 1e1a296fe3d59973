package safetensors

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var sample = []Tensor{
	{Name: "b", Shape: []int{2, 3}, Data: []float32{1, -2, 3, float32(math.Inf(1)), 5, 6}},
	{Name: "a", Shape: []int{}, Data: []float32{7}},
	{Name: "empty", Shape: []int{0, 4}},
}

func TestSavedTensorsLoadWithTheSameBits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	meta := map[string]string{"spec": "x"}
	if err := Save(path, meta, sample); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []Tensor
	for _, s := range sample {
		got = append(got, Tensor{Name: s.Name, Shape: s.Shape, Data: make([]float32, len(s.Data))})
	}
	if err := Load(b, meta, got); err != nil {
		t.Fatal(err)
	}
	for i, s := range sample {
		for j := range s.Data {
			if math.Float32bits(got[i].Data[j]) != math.Float32bits(s.Data[j]) {
				t.Errorf("%s[%d] = %v, want %v", s.Name, j, got[i].Data[j], s.Data[j])
			}
		}
	}
	again, _ := Encode(meta, sample)
	if !bytes.Equal(b, again) {
		t.Error("the same tensors give other bytes")
	}
	if (8+int(binary.LittleEndian.Uint64(b)))%8 != 0 {
		t.Error("the numbers are not aligned to 8 bytes")
	}
}

func TestBadFilesAreErrorsThatNameTheTensor(t *testing.T) {
	good, _ := Encode(map[string]string{"spec": "x"}, sample)
	file := func(header, data string) []byte {
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		return append(append(b, header...), data...)
	}
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"empty", nil, "too few"},
		{"lying length", binary.LittleEndian.AppendUint64(nil, 1<<60), "header should have"},
		{"truncated", good[:len(good)-4], "truncated"},
		{"longer", append(bytes.Clone(good), 0), "follow the last tensor"},
		{"not JSON", file("{", ""), "header"},
		{"other type", file(`{"b":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`, "ab"), `"b" holds "F16"`},
		{"lying size", file(`{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, "abcd"), `"b" of shape [2] takes 8 bytes, but has 4`},
		{"negative", file(`{"b":{"dtype":"F32","shape":[-1],"data_offsets":[0,-4]}}`, ""), "impossible"},
		{"overflow", file(`{"b":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}`, ""), "impossible"},
		{"gap", file(`{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "abcdefgh"), "starts at byte 4, want 0"},
		{"other network", func() []byte { b, _ := Encode(map[string]string{"spec": "y"}, sample); return b }(), "another network"},
		{"missing", func() []byte { b, _ := Encode(map[string]string{"spec": "x"}, sample[:1]); return b }(), `no tensor "a"`},
		{"unknown", func() []byte {
			b, _ := Encode(map[string]string{"spec": "x"}, append(sample[:3:3], Tensor{Name: "z", Shape: []int{1}, Data: []float32{1}}))
			return b
		}(), `unknown tensor "z"`},
	} {
		dst := []Tensor{{Name: "b", Shape: []int{2, 3}, Data: make([]float32, 6)}, {Name: "a", Shape: []int{}, Data: make([]float32, 1)}, {Name: "empty", Shape: []int{0, 4}}}
		err := Load(c.b, map[string]string{"spec": "x"}, dst)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
		if dst[0].Data[0] != 0 {
			t.Errorf("%s: the tensors were filled in spite of the error", c.name)
		}
	}
	shape := []Tensor{{Name: "b", Shape: []int{3, 2}, Data: make([]float32, 6)}}
	f, _ := Open(good)
	if err := f.Read(shape[0]); err == nil || !strings.Contains(err.Error(), "has the shape [2 3], want [3 2]") {
		t.Errorf("another shape: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	good, _ := Encode(map[string]string{"spec": "x"}, sample)
	f.Add(good)
	f.Add(good[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Open(b)
		if err != nil {
			return
		}
		for _, name := range file.Names() {
			shape, _ := file.Shape(name)
			n := 1
			for _, d := range shape {
				n *= d
			}
			if err := file.Read(Tensor{Name: name, Shape: shape, Data: make([]float32, n)}); err != nil {
				t.Errorf("a file that opened does not read: %v", err)
			}
		}
	})
}
