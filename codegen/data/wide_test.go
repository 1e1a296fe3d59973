package data

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/spec"
)

// doubles returns the bytes of numbers of 8 bytes, least byte first.
func doubles(xs ...float64) []byte {
	var b []byte
	for _, x := range xs {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

func longs(xs ...int64) []byte {
	var b []byte
	for _, x := range xs {
		b = binary.LittleEndian.AppendUint64(b, uint64(x))
	}
	return b
}

// TestNumbersBeyondFloat32AreShownAsTheFileHasThem reads examples and targets that float32 has not.
func TestNumbersBeyondFloat32AreShownAsTheFileHasThem(t *testing.T) {
	_, network := network(t, strings.Replace(threeClasses, "task: multiclass\nclasses: 3", "task: regression", 1))
	dir := t.TempDir()
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fortran := func(b []byte) []byte {
		return []byte(strings.Replace(string(b), "'fortran_order': False", "'fortran_order': True ", 1))
	}
	write("x.npy", npy("<f8", "(2, 2)", doubles(1, 2, -1e300, 4)))
	write("turned.npy", fortran(npy("<f8", "(2, 2)", doubles(1, -1e300, 2, 4))))
	write("infinite.npy", npy("<f8", "(2, 2)", doubles(1, 2, math.Inf(1), 4)))
	write("fine.npy", npy("<f8", "(2, 2)", doubles(1, 2, 3, 4)))
	write("y.npy", npy("<f8", "(2,)", doubles(0, 1e39)))
	write("zero.npy", npy("<f8", "(2,)", doubles(0, 1)))
	idx := append([]byte{0, 0, 14, 2, 0, 0, 0, 2, 0, 0, 0, 2}, make([]byte, 32)...)
	binary.BigEndian.PutUint64(idx[12+16:], math.Float64bits(-1e300))
	write("x.idx", idx)
	write("y.idx", []byte{0, 0, 8, 1, 0, 0, 0, 2, 0, 0})
	for _, c := range [][4]string{
		{"npy", "x.npy", "zero.npy", "number 0 is -1e+300, beyond the range of float32"},
		{"npy", "turned.npy", "zero.npy", "number 0 is -1e+300, beyond the range of float32"},
		{"npy", "infinite.npy", "zero.npy", "number 0 is +Inf"},
		{"npy", "fine.npy", "y.npy", "target 0, 1e+39, beyond the range of float32, is not finite"},
		{"idx", "x.idx", "y.idx", "number 0 is -1e+300, beyond the range of float32"},
	} {
		_, _, err := Read(&spec.Source{Format: c[0], Path: c[1], Labels: c[2]}, dir, network, Options{})
		if err == nil || !strings.Contains(err.Error(), "example 2: "+c[3]) {
			t.Errorf("%s with %s: %v", c[1], c[2], err)
		}
	}
}

// TestNumbersKeepTheirPlaceWhenAxesMove compares each number with what the file holds, in each order of axes.
func TestNumbersKeepTheirPlaceWhenAxesMove(t *testing.T) {
	var xs []float64
	for i := range 24 {
		xs = append(xs, float64(i))
	}
	for _, order := range []string{"False", "True "} {
		b := npy("<f8", "(2, 3, 2, 2)", doubles(xs...))
		a, err := readNPY("x", []byte(strings.Replace(string(b), "'fortran_order': False", "'fortran_order': "+order, 1)))
		if err != nil {
			t.Fatal(err)
		}
		for _, moved := range []bool{false, true} {
			if moved {
				a.turn(3)
			}
			for i, v := range a.data {
				if a.wide(i) != float64(v) {
					t.Errorf("fortran order %s, moved %v: number %d is %v, and %v in the file", order, moved, i, v, a.wide(i))
				}
			}
		}
	}
}

// TestClassesOfLargeNumbersAreNotRounded has classes that are one number in float32.
func TestClassesOfLargeNumbersAreNotRounded(t *testing.T) {
	_, network := network(t, strings.Replace(threeClasses, "classes: 3",
		`classes: ["16777216", "16777217", "9007199254740993"]`, 1))
	dir := t.TempDir()
	for name, b := range map[string][]byte{
		"x.npy":     npy("<f4", "(3, 2)", floats(1, 2, 3, 4, 5, 6)),
		"int.npy":   npy("<i8", "(3,)", longs(16777217, 16777216, 9007199254740993)),
		"other.npy": npy("<i8", "(3,)", longs(16777217, 16777218, 16777216)),
		"f.npy":     npy("<f8", "(3,)", doubles(16777217, 16777216, 16777216)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for labels, want := range map[string]string{
		"int.npy":   "[0 1 0 1 0 0 0 0 1]",
		"f.npy":     "[0 1 0 1 0 0 1 0 0]",
		"other.npy": `label "16777218" is none of the classes`,
	} {
		set, _, err := Read(&spec.Source{Format: "npy", Path: "x.npy", Labels: labels}, dir, network, Options{})
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(set.Y[0])
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", labels, got, want)
		}
	}
	o := network.Outputs[0]
	for label, want := range map[string]int{"16777217": 1, "1.6777217e7": 1, "16777217.0": 1, "16777216.00": 0} {
		if k, err := class(o, label); k != want || err != nil {
			t.Errorf("%s: class %d, %v; want %d", label, k, err, want)
		}
	}
	for _, label := range []string{"16777218.0", "1e300", "9007199254740992.0"} {
		if k, err := class(o, label); err == nil {
			t.Errorf("%s is class %d", label, k)
		}
	}
}

const threeClasses = "task: multiclass\nclasses: 3\nlayers: [output]\n"
