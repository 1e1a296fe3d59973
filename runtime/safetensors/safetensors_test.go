package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
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
	if err := Load(b, "spec", "x", got); err != nil {
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
		{"pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"), "git lfs pull"},
		{"truncated", good[:len(good)-4], "truncated"},
		{"longer", append(bytes.Clone(good), 0), "follow the last tensor"},
		{"not JSON", file("{", ""), "header"},
		{"other type", file(`{"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, "abcdefgh"), `"b" holds "F64"`},
		{"half type", file(`{"__metadata__":{"spec":"x"},"b":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}}`, "abcdefghijkl"), `"b" holds "F16", want F32`},
		{"lying size", file(`{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, "abcd"), `"b" of shape [2] takes 8 bytes, but has 4`},
		{"negative", file(`{"b":{"dtype":"F32","shape":[-1],"data_offsets":[0,-4]}}`, ""), "impossible"},
		{"overflow", file(`{"b":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}`, ""), "impossible"},
		{"gap", file(`{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "abcdefgh"), "starts at byte 4, want 0"},
		{"other network", func() []byte { b, _ := Encode(map[string]string{"spec": "y"}, sample); return b }(), "another network"},
		{"unknown key", file(`{"b":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}`, "abcd"), `unknown key "x" in tensor "b"`},
		{"key twice", file(`{"b":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}`, "abcd"), "second time"},
		{"no shape", file(`{"b":{"dtype":"F32","data_offsets":[0,4]}}`, "abcd"), "without dtype, shape"},
		{"twice", file(`{"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), "twice"},
		{"fraction", file(`{"b":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}`, "abcd"), "header: no ']' at byte"},
		{"leading zero", file(`{"b":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}`, "abcd"), "not a whole number"},
		{"huge number", file(`{"b":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}}`, "abcd"), "not a whole number"},
		{"three offsets", file(`{"b":{"dtype":"F32","shape":[],"data_offsets":[0,4,5]}}`, "abcd"), "no ']'"},
		{"list", file(`[]`, ""), "no '{'"},
		{"second object", file(`{}{}`, ""), "more than one"},
		{"zero byte", file("{}\x00", ""), "more than one"},
		{"surrogate", file(`{"\ud800":{}}`, ""), "surrogate"},
		{"escape", file(`{"\x":{}}`, ""), "escape"},
		{"control character", file("{\"a\nb\":{}}", ""), "control character"},
		{"not UTF-8", file("{\"\xff\":{}}", ""), "not UTF-8"},
		{"open string", file(`{"a`, ""), "without end"},
		{"nested metadata", file(`{"__metadata__":{"a":{}}}`, ""), `no '"'`},
		{"missing", func() []byte { b, _ := Encode(map[string]string{"spec": "x"}, sample[:1]); return b }(), `no tensor "a"`},
		{"unknown", func() []byte {
			b, _ := Encode(map[string]string{"spec": "x"}, append(sample[:3:3], Tensor{Name: "z", Shape: []int{1}, Data: []float32{1}}))
			return b
		}(), `unknown tensor "z"`},
	} {
		dst := []Tensor{{Name: "b", Shape: []int{2, 3}, Data: make([]float32, 6)}, {Name: "a", Shape: []int{}, Data: make([]float32, 1)}, {Name: "empty", Shape: []int{0, 4}}}
		err := Load(c.b, "spec", "x", dst)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
		if dst[0].Data[0] != 0 {
			t.Errorf("%s: the tensors were filled in spite of the error", c.name)
		}
	}
	shape := []Tensor{{Name: "b", Shape: []int{3, 2}, Data: make([]float32, 6)}}
	f, _ := Open(good)
	if err := f.Copy(shape[0]); err == nil || !strings.Contains(err.Error(), "has the shape [2 3], want [3 2]") {
		t.Errorf("another shape: %v", err)
	}
}

// FuzzOpen: of a file that opens each tensor can be read, as what it is, and none of another type as float32.
func FuzzOpen(f *testing.F) {
	good, _ := Encode(map[string]string{"spec": "x"}, sample)
	f.Add(good)
	f.Add(good[:20])
	kinds := map[string]*Type{"F32": nil, "F16": Float16, "BF16": BFloat16, "I8": I8, "I32": I32}
	for other := range kinds {
		f.Add(bytes.Replace(good, []byte("F32\",\"shape\":[0"), []byte(other+"\",\"shape\":[0"), 1))
	}
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		file, err := Open(b)
		if err != nil {
			return
		}
		for _, name := range file.Names() {
			shape, _ := file.ShapeOf(name)
			n := 1
			for _, d := range shape {
				n *= d
			}
			x, dtype := Tensor{Name: name, Shape: shape}, file.DType(name)
			switch x.Type = kinds[dtype]; dtype {
			case "I8":
				x.Int8 = make([]int8, n)
			case "I32":
				x.Int32 = make([]int32, n)
			default:
				x.Data = make([]float32, n)
			}
			if err := file.Copy(x); err != nil {
				t.Errorf("a file that opened does not read: %v", err)
			}
			x = Tensor{Name: name, Shape: shape, Data: make([]float32, n)}
			if err := file.Copy(x); (err == nil) != (dtype == "F32") {
				t.Errorf("tensor %q of %s as one of float32: %v", name, dtype, err)
			}
		}
	})
}

// TestHeadersAreThoseOfEncodingJSON writes names of all sorts and reads them back, and compares the header with the
// one that encoding/json makes.
func TestHeadersAreThoseOfEncodingJSON(t *testing.T) {
	var all strings.Builder
	for r := range rune(0x250) {
		all.WriteRune(r)
	}
	for _, name := range []string{"a", "_", "__metadata_", "a\"b\\c/d", "<&>", "\u2028\u2029\ufffd", "日本\U0001F600", all.String()} {
		meta := map[string]string{"spec": name, name: "x"}
		if name == "spec" {
			t.Fatal("BUG: the keys are the same")
		}
		tensors := []Tensor{{Name: "z", Shape: []int{2, 1}, Data: []float32{1, 2}}, {Name: name + "!", Shape: []int{}, Data: []float32{3}}}
		b, err := Encode(meta, tensors)
		if err != nil {
			t.Fatal(err)
		}
		type entry struct {
			DType   string  `json:"dtype"`
			Shape   []int   `json:"shape"`
			Offsets []int64 `json:"data_offsets"`
		}
		first := entry{"F32", []int{2, 1}, []int64{4, 12}}
		second := entry{"F32", []int{}, []int64{0, 4}}
		if name+"!" > "z" {
			first.Offsets, second.Offsets = []int64{0, 8}, []int64{8, 12}
		}
		want, err := json.Marshal(map[string]any{"__metadata__": meta, "z": first, name + "!": second})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimRight(string(b[8:len(b)-12]), " "); got != string(want) {
			t.Errorf("header\n%s\nencoding/json writes\n%s", got, want)
		}
		f, err := Open(b)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if f.Meta["spec"] != name || f.Meta[name] != "x" || !slices.Contains(f.Names(), name+"!") {
			t.Errorf("%q came back as %q, names %q", name, f.Meta, f.Names())
		}
	}
	if _, err := Encode(nil, []Tensor{{Name: "__metadata__", Shape: []int{0}}}); err == nil {
		t.Error("a tensor may be named as the metadata")
	}
	if _, err := Encode(nil, []Tensor{{Name: "a", Shape: []int{0}}, {Name: "a", Shape: []int{0}}}); err == nil {
		t.Error("two tensors may have one name")
	}
}

// TestEscapedHeadersAndEmptyTensors reads headers as other tools write them.
func TestEscapedHeadersAndEmptyTensors(t *testing.T) {
	header := " { \"\\u0061\\ud83D\\uDe00\" :\t{\"shape\":[ 1 ],\"data_offsets\":[0,4],\"dtype\":\"F32\"}, \"0\": {\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}\n"
	b := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
	f, err := Open(append(b, 0, 0, 128, 63))
	if err != nil {
		t.Fatal(err)
	}
	x := []float32{0}
	if err := f.Copy(Tensor{Name: "a\U0001F600", Shape: []int{1}, Data: x}); err != nil || x[0] != 1 {
		t.Errorf("%v, %v; names %q", x, err, f.Names())
	}
}

// TestViewSharesTheFile reads weights where they are, at every alignment, and allocates a few times only.
func TestViewSharesTheFile(t *testing.T) {
	good, _ := Encode(map[string]string{"spec": "x"}, sample)
	for shift := range 4 {
		b := append(make([]byte, shift, shift+len(good)), good...)[shift:]
		got := []Tensor{{Name: "b", Shape: []int{2, 3}}, {Name: "a", Shape: []int{}}, {Name: "empty", Shape: []int{0, 4}}}
		if err := View(b, "spec", "x", got); err != nil {
			t.Fatal(err)
		}
		for i, s := range sample {
			if !slices.Equal(got[i].Data, s.Data) {
				t.Errorf("shift %d: %s is %v, want %v", shift, s.Name, got[i].Data, s.Data)
			}
		}
		if err := View(b, "spec", "y", got); err == nil || !strings.Contains(err.Error(), "another network") {
			t.Errorf("another network: %v", err)
		}
	}
}

// TestFixedNumbersAreChecked loads a constant with its number, with another, and with one that is not a number.
func TestFixedNumbersAreChecked(t *testing.T) {
	for _, c := range []struct {
		data []float32
		want string
	}{
		{[]float32{0.0625, 0.0625, 0.0625}, ""},
		{[]float32{0.0625, 0.0625, 0.07}, `tensor "scale" is fixed at 0.0625, but element 2 is 0.07`},
		{[]float32{0.0625, float32(math.NaN()), 0.0625}, `tensor "scale" is fixed at 0.0625, but element 1 is NaN`},
		{[]float32{float32(math.Inf(-1)), 0.0625, 0.0625}, `tensor "scale" is fixed at 0.0625, but element 0 is -Inf`},
	} {
		b, err := Encode(map[string]string{"spec": "x"}, []Tensor{{Name: "scale", Shape: []int{3}, Data: c.data}})
		if err != nil {
			t.Fatal(err)
		}
		old := []float32{1, 2, 3}
		into := []Tensor{{Name: "scale", Shape: []int{3}, Data: old, Fixed: []float32{0.0625}}}
		for what, err := range map[string]error{"Load": Load(b, "spec", "x", into), "View": View(b, "spec", "x", slices.Clone(into))} {
			switch {
			case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%s: error %v, want %q", what, err, c.want)
			}
		}
		if c.want != "" && !slices.Equal(old, []float32{1, 2, 3}) {
			t.Errorf("%s: it was filled all the same: %v", c.want, old)
		}
	}
}

// TestSortingOrdersEntries sorts entries in all orders of a few, and many.
func TestSortingOrdersEntries(t *testing.T) {
	for n := range 200 {
		x := make([]entry, n)
		for i := range x {
			x[i].from = int64(i * 7919 % (n/2 + 1))
		}
		sort(x, func(a, b *entry) bool { return a.from < b.from })
		if !slices.IsSortedFunc(x, func(a, b entry) int { return int(a.from - b.from) }) {
			t.Fatalf("%d entries: %v", n, x)
		}
	}
}

// TestMetadataTakeNoAllocationsOfTheirOwn reads headers with as many pairs as trainings write.
func TestMetadataTakeNoAllocationsOfTheirOwn(t *testing.T) {
	allocs := func(pairs int) float64 {
		meta := map[string]string{}
		for i := range pairs {
			meta[strings.Repeat("k", i+1)] = "{'label':['last']}"
		}
		b, err := Encode(meta, sample)
		if err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(10, func() {
			if _, err := open(b); err != nil {
				t.Fatal(err)
			}
		})
	}
	if one, many := allocs(1), allocs(16); many > one {
		t.Errorf("%v allocations with 16 pairs, %v with one", many, one)
	}
}
