package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// network builds a network with two inputs numbers and the given rest of a spec.
func network(t testing.TB, rest string) (*spec.Spec, *net.Net) {
	t.Helper()
	input := "input: {name: x, shape: [2]}\n"
	if strings.HasPrefix(rest, "input") {
		input = ""
	}
	src := []byte("version: 1\nname: net\n" + input + rest)
	s, problems := spec.Parse("net.yaml", src, op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, os.DirFS("."))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return s, network
}

const (
	classes    = "task: multiclass\nclasses: [a, b, c]\nlayers: [output]\n"
	binaryNet  = "task: binary\nclasses: [\"no\", \"yes\"]\nlayers: [output]\n"
	regression = "task: regression\nlayers: [output]\n"
	words      = "input: {name: x, shape: [2], columns: [color], one_hot: [{column: color, values: [blue, red]}]}\n" +
		"task: regression\nlayers: [output]\n"
)

func write(t testing.TB, name string, b []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCSVIsReadByHeaderPositionAndWord(t *testing.T) {
	yes := true
	for _, c := range []struct {
		name, network, text string
		src                 spec.Source
		want                fit.Set
	}{
		{"header and words", classes, "u,v,y\n1,2,a\n3,4,c\n", spec.Source{},
			fit.Set{N: 2, X: [][]float32{{1, 2, 3, 4}}, Y: [][]float32{{1, 0, 0, 0, 0, 1}}}},
		{"no header, label first", binaryNet, "yes,1,2\nno,3,4\n", spec.Source{Label: []string{"first"}, Header: new(bool)},
			fit.Set{N: 2, X: [][]float32{{1, 2, 3, 4}}, Y: [][]float32{{1, 0}}}},
		{"label by name, byte order mark, blanks", regression, "\ufeffy , u,v\n0.5, 1,2\n",
			spec.Source{Label: []string{"y"}, Header: &yes},
			fit.Set{N: 1, X: [][]float32{{1, 2}}, Y: [][]float32{{0.5}}}},
		{"other delimiter, weights", regression, "u;v;w;y\n1;2;3;4\n", spec.Source{Delimiter: ";", Weight: "w"},
			fit.Set{N: 1, X: [][]float32{{1, 2}}, Y: [][]float32{{4}}, W: []float32{3}}},
		{"one-hot of words", words, "color,y\nred,1\nblue,2\n", spec.Source{},
			fit.Set{N: 2, X: [][]float32{{0, 1, 1, 0}}, Y: [][]float32{{1, 2}}}},
		{"places are no names", regression, "1,0,3\n2,1,5\n", spec.Source{Label: []string{"0"}, Features: []string{"1", "2"}},
			fit.Set{N: 2, X: [][]float32{{0, 3, 1, 5}}, Y: [][]float32{{1, 2}}}},
		{"places do not cut decimal commas", regression, "1,5;2,0;1\n2,5;3,0;2\n",
			spec.Source{Label: []string{"2"}, Features: []string{"0", "1"}, Decimal: ","},
			fit.Set{N: 2, X: [][]float32{{1.5, 2, 2.5, 3}}, Y: [][]float32{{1, 2}}}},
		{"features by name", regression, "a,b,c,y\n1,2,3,4\n", spec.Source{Features: []string{"c", "a"}},
			fit.Set{N: 1, X: [][]float32{{3, 1}}, Y: [][]float32{{4}}}},
	} {
		_, network := network(t, c.network)
		for _, pack := range []bool{false, true} {
			b := []byte(c.text)
			if pack {
				b = gzipped(t, b)
			}
			src := c.src
			src.Format, src.Path = "csv", write(t, "x.csv", b)
			got, _, err := Read(&src, "", network, Options{})
			if err != nil {
				t.Errorf("%s, gzipped %t: %v", c.name, pack, err)
				continue
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s, gzipped %t: (-want +got)\n%s", c.name, pack, diff)
			}
		}
	}
}

func TestBadRowsAreReportedByLineAndSkippedOnDemand(t *testing.T) {
	_, network := network(t, binaryNet)
	src := &spec.Source{Format: "csv", Path: write(t, "x.csv",
		[]byte("u,v,y\n1,2,no\n1,no\n1,x,no\n1,Inf,no\n1,2,maybe\n1,2,yes\n"))}
	_, _, err := Read(src, "", network, Options{})
	var bad BadRows
	if !errors.As(err, &bad) {
		t.Fatalf("error %v", err)
	}
	var lines []int
	for _, r := range bad {
		lines = append(lines, r.Line)
	}
	if diff := cmp.Diff([]int{3, 4, 5, 6}, lines); diff != "" {
		t.Errorf("lines (-want +got)\n%s", diff)
	}
	set, skipped, err := Read(src, "", network, Options{SkipBadRows: 1})
	if err != nil || set.N != 2 || len(skipped) != 4 {
		t.Errorf("%d examples, %d skipped, error %v; want 2, 4, none", set.N, len(skipped), err)
	}
}

// TestReasonsOfBadRowsAreWhole has a reason with an example behind it, which differs from row to row.
func TestReasonsOfBadRowsAreWhole(t *testing.T) {
	bad := BadRows{
		{File: "x.jsonl", Line: 2, Column: "zip", Msg: `column zip: 501 is a number, want a string, such as "00501"`},
		{File: "x.jsonl", Line: 3, Column: "zip", Msg: `column zip: 10001 is a number, want a string, such as "02134"`},
		{File: "x.jsonl", Line: 4, Column: "t", Msg: `column t: "x" is no duration, such as 1:30:00 or 90 s`},
	}
	want := "  rows  column  reason                                   first\n" +
		"     2  zip     is a number, want a string               x.jsonl:2\n" +
		"     1  t       is no duration, such as 1:30:00 or 90 s  x.jsonl:4"
	if diff := cmp.Diff(want, bad.Table()); diff != "" {
		t.Errorf("table (-want +got)\n%s", diff)
	}
}

// idx returns an IDX file of bytes.
func idx(shape []uint32, data ...byte) []byte {
	b := []byte{0, 0, 8, byte(len(shape))}
	for _, d := range shape {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, data...)
}

// npy returns a version 1 npy file.
func npy(descr, shape string, data []byte) []byte {
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape)
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), byte(len(head)>>8))
	return append(append(b, head...), data...)
}

func floats(xs ...float32) []byte {
	var b []byte
	for _, x := range xs {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// TestArraysNumberClasses reads labels of classes that have names, and one that no class has.
func TestArraysNumberClasses(t *testing.T) {
	_, network := network(t, classes)
	dir := t.TempDir()
	for name, b := range map[string][]byte{"x.idx": idx([]uint32{3, 2}, 1, 2, 3, 4, 5, 6),
		"y.idx": idx([]uint32{3}, 0, 2, 1), "z.idx": idx([]uint32{3}, 0, 3, 1)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, _, err := Read(&spec.Source{Format: "idx", Path: "x.idx", Labels: "y.idx"}, dir, network, Options{})
	if diff := cmp.Diff([][]float32{{1, 0, 0, 0, 0, 1, 0, 1, 0}}, got.Y); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	const want = "z.idx:2: label 3 is the number of no class: they go from 0 (a) to 2 (c)"
	if _, _, err = Read(&spec.Source{Format: "idx", Path: "x.idx", Labels: "z.idx"}, dir, network,
		Options{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestArraysAreRead(t *testing.T) {
	_, network := network(t, strings.Replace(classes, "[a, b, c]", "3", 1))
	want := fit.Set{N: 3, X: [][]float32{{1, 2, 3, 4, 5, 6}}, Y: [][]float32{{1, 0, 0, 0, 0, 1, 0, 1, 0}}}
	dir := t.TempDir()
	for name, b := range map[string][]byte{
		"x.idx": gzipped(t, idx([]uint32{3, 2}, 1, 2, 3, 4, 5, 6)), "y.idx": idx([]uint32{3}, 0, 2, 1),
		"x.npy": npy("<f4", "(3, 2)", floats(1, 2, 3, 4, 5, 6)), "y.npy": npy("|u1", "(3,)", []byte{0, 2, 1}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range []string{"idx", "npy"} {
		got, _, err := Read(&spec.Source{Format: format, Path: "x." + format, Labels: "y." + format}, dir, network, Options{})
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", format, diff)
		}
	}
}

func TestHostileArraysAreErrors(t *testing.T) {
	huge := uint32(math.MaxUint32)
	for name, b := range map[string][]byte{
		"empty": nil, "short": {0, 0, 8}, "type": {0, 0, 7, 1, 0, 0, 0, 0}, "axes": {0, 0, 8, 200}, "no axes": {0, 0, 8, 0},
		"huge": idx([]uint32{huge, huge, huge}), "lying": idx([]uint32{3, 2}, 1, 2), "too long": idx([]uint32{1}, 1, 2),
	} {
		if _, err := readIDX(name, b); err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("IDX %s: error %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"empty": nil, "magic": []byte("\x93NUMPX\x01\x00\x00\x00"), "header": []byte("\x93NUMPY\x01\x00\xff\xff{"),
		"version 2": []byte("\x93NUMPY\x02\x00\xff\xff"),
		"objects":   npy("|O", "(1,)", nil), "huge": npy("<f4", "(9999999999, 9999999999)", nil),
		"twice":    npy("<f4', 'descr': '<f8", "(1,)", floats(1)),
		"more":     npy("<f4', 'titles': '", "(1,)", floats(1)),
		"negative": npy("<f4", "(-1,)", nil), "lying": npy("<f4", "(2,)", floats(1)),
		"beyond int": npy("<f4", "(99999999999999999999,)", nil),
		"axes":       npy("<f4", "("+strings.Repeat("1,", 20000)+")", floats(1, 2)),
		"digits":     npy("<f4", "("+strings.Repeat("9", 20000)+",)", nil),
	} {
		if _, err := readNPY(name, b); err == nil || !strings.HasPrefix(err.Error(), name+": ") || len(err.Error()) > 400 {
			t.Errorf("npy %s: error %v", name, err)
		} else if negative := strings.Contains(err.Error(), "negative extent"); negative != (name == "negative") {
			t.Errorf("npy %s: error %v", name, err)
		}
	}
}

func TestSplitsKeepClassSharesAndFollowTheSeed(t *testing.T) {
	var b strings.Builder
	b.WriteString("u,v,y\n")
	for i := range 100 {
		fmt.Fprintf(&b, "%d,0,%s\n", i, map[bool]string{true: "yes", false: "no"}[i%5 == 0])
	}
	s, network := network(t,
		binaryNet+"training: {validation_split: 0.25}\ndata: {train: {csv: x.csv}, test_split: 0.2, stratify: true}\n")
	dir := filepath.Dir(write(t, "x.csv", []byte(b.String())))
	first, err := Load(s, dir, network, 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if first.Train.N != 60 || first.Validation.N != 20 || first.Test.N != 20 {
		t.Errorf("%d, %d, %d examples; want 60, 20, 20", first.Train.N, first.Validation.N, first.Test.N)
	}
	seen := map[float32]bool{}
	for _, set := range []fit.Set{first.Train, first.Validation, first.Test} {
		positive := 0
		for i := range set.N {
			seen[set.X[0][2*i]] = true
			positive += int(set.Y[0][i])
		}
		if 5*positive != set.N {
			t.Errorf("%d of %d are positive, want a fifth", positive, set.N)
		}
	}
	if len(seen) != 100 {
		t.Errorf("%d different examples, want each in one set", len(seen))
	}
	again, _ := Load(s, dir, network, 1, Options{})
	other, _ := Load(s, dir, network, 2, Options{})
	if !cmp.Equal(first.Test, again.Test) || cmp.Equal(first.Test, other.Test) {
		t.Error("the test set does not follow the seed")
	}
}

// TestSplitsKeepTheClassesOfALaterOutput stratifies by the first output that has classes, which is the second one.
func TestSplitsKeepTheClassesOfALaterOutput(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "%d,0,%d,%d\n", i, i*i%23, i%10/9)
	}
	s, network := network(t, "input: {name: x, shape: [2]}\nlayers:\n  - output: {name: price, from: x, task: regression}\n"+
		"  - output: {name: kind, from: x, task: binary}\n"+
		"data: {train: {csv: x.csv, label: [2, 3]}, test_split: 0.3, stratify: true}\n")
	dir := filepath.Dir(write(t, "x.csv", []byte(b.String())))
	for seed := range uint64(5) {
		sets, err := Load(s, dir, network, seed, Options{})
		if err != nil {
			t.Fatal(err)
		}
		positive := 0
		for _, v := range sets.Test.Y[1] {
			positive += int(v)
		}
		if sets.Test.N != 30 || positive != 3 {
			t.Errorf("seed %d: %d of %d held out are positive, want 3 of 30", seed, positive, sets.Test.N)
		}
	}
}

func TestConstantsAreFittedToTheTrainingSet(t *testing.T) {
	_, network := network(t, "preprocess: [standardize]\n"+regression)
	c := Constants(network, fit.Set{N: 2, X: [][]float32{{1, 7, 3, 7}}})
	if len(c) != 2 {
		t.Fatalf("%d constants, want 2", len(c))
	}
	for name, x := range c {
		want := []float32{2, 7}
		if strings.HasSuffix(name, "scale") {
			want = []float32{1, 1} // the second feature does not vary
		}
		if !cmp.Equal(want, x) {
			t.Errorf("%s is %v, want %v", name, x, want)
		}
	}
}

// TestConstantsOfSeveralSteps fits each step to what the ones before it leave.
func TestConstantsOfSeveralSteps(t *testing.T) {
	_, network := network(t,
		"preprocess: [{rescale: {scale: 0.5, offset: 1}}, {min_max: {min: -1, max: 3}}, standardize]\n"+regression)
	got := Constants(network, fit.Set{N: 2, X: [][]float32{{2, 7, 6, 7}}})
	want := map[string][]float32{
		"x.rescale.center": {-2, -2}, "x.rescale.scale": {0.5, 0.5}, // 2, 6 → 2, 4; 7 → 4.5
		"x.min_max.center": {2.5, 5.5}, "x.min_max.scale": {2, 1}, // → −1, 3; −1
		"x.standardize.center": {1, -1}, "x.standardize.scale": {0.5, 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("constants differ (-want +got):\n%s", diff)
	}
}

func FuzzReaders(f *testing.F) {
	f.Add(idx([]uint32{3, 2}, 1, 2, 3, 4, 5, 6))
	f.Add(npy("<f8", "(1, 1)", make([]byte, 8)))
	f.Add([]byte("a,b,y\n1,2,no\n\"x"))
	f.Add([]byte("1,0\n2,1\n3,1\n4,0\n5,1\n"))
	_, network := network(f, binaryNet)
	dir := f.TempDir()
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		readIDX("x", b)
		readNPY("x", b)
		if err := os.WriteFile(filepath.Join(dir, "x"), b, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{}, {SkipBadRows: 1}, {Unlabeled: true}} {
			Read(&spec.Source{Format: "csv", Path: "x"}, dir, network, o)
			Read(&spec.Source{Format: "csv", Path: "x", Series: &spec.Series{Columns: []string{"1"},
				Horizon: 1, SamplingRate: 2, SequenceStride: 1, Index: "0"}}, dir, network, o)
		}
	})
}

// TestRemarksOnSets has data that is read without an error, but hardly as it was meant.
func TestRemarksOnSets(t *testing.T) {
	tiny := ""
	for i := range 40 {
		tiny += fmt.Sprintf("%d.3e-44,%d.5,%d\n", i*7%40, i*11%40, i*i%17)
	}
	normed := strings.Replace(binaryNet, "layers: [", "layers: [dense: 3, batch_norm: {name: norm}, ", 1)
	for _, c := range []struct {
		name, rest, csv string
		want            []string
	}{
		{"fine", binaryNet, "1,2,no\n3,4,yes\n5,6,no\n7,8,yes\n", nil},
		{"two rows",
			binaryNet +
				"training: {validation_split: 0.1, early_stopping: {monitor: val_accuracy}}\nschedule: {reduce_on_plateau: {}}\n" +
				"data:\n  test_split: 0.2\n",
			"1,2,no\n3,4,yes\n", []string{
				"test_split: 0.2 of 2 examples holds out none: nothing is tested",
				"validation_split: 0.1 of 2 examples holds out none: nothing is validated",
				"early_stopping monitors val_accuracy, which is not measured without validation examples: all epochs run",
				"reduce_on_plateau monitors val_loss, which is not measured without validation examples: the rate stays",
				"there are only 2 examples to train on",
			}},
		{"one class", binaryNet, "1,2,yes\n3,4,yes\n5,6,yes\n7,8,yes\n",
			[]string{`output "output1": all 4 training examples are of the class "yes", so there is nothing to tell apart`}},
		{"a class missing", classes, "1,2,a\n3,4,c\n5,6,a\n7,8,a\n",
			[]string{`output "output1": no training example is of the class "b"`}},
		{"batches of one", normed + "training: {batch_size: 1}\n", "1,2,no\n3,4,yes\n5,6,no\n7,8,yes\n",
			[]string{`layer "norm": batch_norm normalises over the examples of a batch, but each has a single one, so that nothing is left of it; choose another batch_size:`}},
		{"a last batch of one", normed + "training: {batch_size: 3}\n", "1,2,no\n3,4,yes\n5,6,no\n7,8,yes\n",
			[]string{`layer "norm": batch_norm normalises over the examples of a batch, but the last of an epoch (4 examples in batches of 3) has a single one, so that nothing is left of it; choose another batch_size:`}},
		{"batches of two", normed + "training: {batch_size: 2}\n", "1,2,no\n3,4,yes\n5,6,no\n7,8,yes\n", nil},
		{"all in one batch", normed + "training: {batch_size: 9}\n", "1,2,no\n3,4,yes\n5,6,no\n7,8,yes\n", nil},
		{"softmax twice", strings.Replace(classes, "layers: [", "layers: [dense: 3, softmax: {name: first}, ", 1),
			"1,2,a\n3,4,c\n5,6,a\n7,8,b\n",
			[]string{`output "output1": layer "first" is a softmax already, and a second one makes the classes nearly alike; leave it out`}},
		{"as many as there are", classes + "training: {metrics: [accuracy, top_2, top_3]}\n", "1,2,a\n3,4,c\n5,6,a\n7,8,b\n",
			[]string{`output "output1": top_3 is always right where there are 3 classes`}},
		{"one target", regression, "1,2,7\n3,4,7\n5,6,7\n7,8,7\n",
			[]string{`output "output1": all 4 training examples have the same target, so there is nothing to learn`}},
		{"one target in float32", regression, "1,2,1000000001\n3,4,999999998\n5,6,1000000003\n7,8,1e9\n",
			[]string{`output "output1": all 4 training examples have the same target, to the 24 bits that float32 has, so there is nothing to learn; if they differ beyond, take a level away`}},
		{"targets below float32's scales", regression, "1,2,1e-42\n3,4,2e-42\n5,6,7e-42\n7,8,1e-41\n",
			[]string{`output "output1": its numbers, from 1e-42 to 1e-41, are so much alike that float32 can't scale them up; multiply the targets`}},
		{"a column below float32's scales", regression, tiny,
			[]string{`number 0 of input "x": its numbers, from 3e-45 to 3.92e-43, are so much alike that float32 can't scale them up; multiply it`}},
	} {
		file := write(t, "x.csv", []byte(c.csv))
		if !strings.Contains(c.rest, "data:") {
			c.rest += "data:\n"
		}
		s, network := network(t, c.rest+"  train: {csv: "+file+", header: false}\n")
		sets, err := Load(s, "", network, 1, Options{})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, sets.Remarks); diff != "" {
			t.Errorf("%s: remarks differ (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestEveryTypeOfNPYIsRead reads the numbers 1, −2 (2 of unsigned ones) and 3 … 6 in all types, byte orders and both
// orders of axes.
func TestEveryTypeOfNPYIsRead(t *testing.T) {
	want := []float32{1, -2, 3, 4, 5, 6}
	half := map[float32]uint16{1: 0x3c00, -2: 0xc000, 2: 0x4000, 3: 0x4200, 4: 0x4400, 5: 0x4500, 6: 0x4600}
	for _, kind := range []string{"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			for _, fortran := range []bool{false, true} {
				values := slices.Clone(want)
				if kind[0] == 'u' {
					values[1] = 2
				}
				stored := values
				if fortran {
					stored = []float32{values[0], values[3], values[1], values[4], values[2], values[5]}
				}
				var body []byte
				for _, v := range stored {
					switch kind {
					case "f2":
						body = order.AppendUint16(body, half[v])
					case "f4":
						body = order.AppendUint32(body, math.Float32bits(v))
					case "f8":
						body = order.AppendUint64(body, math.Float64bits(float64(v)))
					case "i1", "u1":
						body = append(body, byte(int(v)))
					case "i2", "u2":
						body = order.AppendUint16(body, uint16(int(v)))
					case "i4", "u4":
						body = order.AppendUint32(body, uint32(int(v)))
					default:
						body = order.AppendUint64(body, uint64(int(v)))
					}
				}
				mark := "<"
				if order == binary.AppendByteOrder(binary.BigEndian) {
					mark = ">"
				}
				b := npy(mark+kind, "(2, 3)", body)
				if fortran {
					b = bytes.Replace(b, []byte("False, 'shape'"), []byte("True , 'shape'"), 1)
				}
				shape, got, err := DecodeNPY("x.npy", b)
				if err != nil || !slices.Equal(shape, []int{2, 3}) || !slices.Equal(got, values) {
					t.Errorf("%s%s, Fortran order %t: %v %v %v", mark, kind, fortran, shape, got, err)
				}
			}
		}
	}
	for _, kind := range []string{"c8", "U3", "O", "f16"} {
		if _, _, err := DecodeNPY("x.npy", npy("<"+kind, "(1,)", make([]byte, 16))); err == nil {
			t.Errorf("%s: no error", kind)
		}
	}
}

// TestReadSaysWhatItDecided reads a file that the spec does not name: labels that are missing, or in another case.
func TestReadSaysWhatItDecided(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [1]}\ntask: binary\nclasses: [No, Yes]\nlayers: [output]\n")
	var remarks []string
	set, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "a.csv", []byte("a,y\n1,yes\n2,\n3,No\n4,YES \n"))}, "",
		network, Options{Other: true, Remarks: &remarks})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float32{1, 0, 1}, set.Y[0]); d != "" {
		t.Error(d)
	}
	text := strings.Join(remarks, "\n")
	for _, want := range []string{"1 row without a label left out of", `2 labels of`, `such as "yes" for "Yes"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if _, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "b.csv", []byte("a,y\nred,Yes\n"))}, "", network,
		Options{Other: true}); err == nil || strings.Contains(err.Error(), "list them in the spec") ||
		!strings.Contains(err.Error(), `"red" is not a number`) {
		t.Error(err)
	}
}

// TestTargetsThatFloat32TellsFewOfApartAreNamed has targets of which the first are whole numbers that float32 has, the
// second far apart beside a level that it rounds, the third rounded to few.
func TestTargetsThatFloat32TellsFewOfApartAreNamed(t *testing.T) {
	const n = 40
	several := func(of ...func(i int) float64) fit.Set {
		s := fit.Set{N: n, Y: [][]float32{nil}}
		for i := range n {
			for _, f := range of {
				s.Y[0] = append(s.Y[0], float32(f(i)))
			}
		}
		return s
	}
	whole := func(i int) float64 { return float64(i % 7) }
	wide := func(i int) float64 { return 5e7 + 1e5*float64(i) }
	coarse := func(i int) float64 { return 5e7 + float64(i%7) }
	coarser := func(i int) float64 { return 1e9 + 64*float64(i%2) }
	const rest = ": its targets are so large, and so much alike, that float32 tells only %d of them apart, and metrics are " +
		"of those; take a level away"
	for name, c := range map[string]struct {
		output string
		set    fit.Set
		want   []string
	}{
		"one":       {"output", several(coarse), []string{fmt.Sprintf(`label "a"`+rest, 3)}},
		"none":      {"output: {units: 2}", several(whole, wide), nil},
		"of three":  {"output: {units: 3}", several(whole, wide, coarse), []string{fmt.Sprintf(`label "c"`+rest, 3)}},
		"the worst": {"output: {units: 2}", several(coarse, coarser), []string{fmt.Sprintf(`label "b", the worst of 2 such`+rest, 2)}},
		"quantiles": {"output: {quantiles: [0.1, 0.9]}", several(coarse, coarse), []string{fmt.Sprintf(`label "a"`+rest, 3)}},
	} {
		_, network := network(t, "task: regression\nlayers: ["+c.output+"]\n")
		if got := RoundedTargets(network, c.set, [][]string{{"a", "b", "c"}}); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
