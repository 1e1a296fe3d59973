package data

import (
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// numberedSet returns n examples whose input is their number, and whose class is that modulo 3.
func numberedSet(n int) fit.Set {
	s := fit.Set{N: n, X: [][]float32{nil}, Y: [][]float32{make([]float32, 3*n)}}
	for i := range n {
		s.X[0] = append(s.X[0], float32(i))
		s.Y[0][3*i+i%3] = 1
	}
	return s
}

func classifier(t *testing.T) *net.Net {
	t.Helper()
	s, problems := spec.Parse("m.yaml",
		[]byte("version: 1\nname: m\ninput: {shape: [1]}\ntask: multiclass\nclasses: 3\nlayers: [output]\n"), op.Schema())
	if s == nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if network == nil {
		t.Fatal(problems)
	}
	return network
}

// TestEachExampleIsHeldOutOnce splits examples, groups and a series.
func TestEachExampleIsHeldOutOnce(t *testing.T) {
	const n, k = 31, 4
	network := classifier(t)
	groups := make([]int32, n)
	for i := range groups {
		groups[i] = int32(i / 3)
	}
	for name, c := range map[string]struct {
		groups []int32
		src    *spec.Source
	}{"drawn": {nil, &spec.Source{}}, "groups": {groups, &spec.Source{}},
		"series": {nil, &spec.Source{Series: &spec.Series{}}}} {
		var all []float32
		for i := range k {
			rest, held, left, err := Fold{k, i}.split(numberedSet(n), c.groups, c.src, network, 1)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, held.X[0]...)
			for _, x := range held.X[0] {
				if slices.Contains(rest.X[0], x) {
					t.Errorf("%s, fold %d: %v is held out and trained on", name, i, x)
				}
				if c.src.Series != nil && slices.Max(rest.X[0]) >= x {
					t.Errorf("%s, fold %d: %v is held out, but %v, which comes later, is trained on", name,
						i, x, slices.Max(rest.X[0]))
				}
				for at, g := range left {
					if rest.N != len(left) || g == groups[int(x)] {
						t.Errorf("%s, fold %d: example %v of the group of %v is trained on", name, i, rest.X[0][at], x)
					}
				}
			}
			if c.groups == nil && c.src.Series == nil {
				count := [3]int{}
				for j := range held.N {
					count[classOf(network.Outputs[0], held.Y[0], j)]++
				}
				if slices.Max(count[:])-slices.Min(count[:]) > 1 {
					t.Errorf("%s, fold %d: classes are held out %v times, want each as often", name, i, count)
				}
			}
			if rest.N+held.N != n && c.src.Series == nil {
				t.Errorf("%s, fold %d: %d + %d examples, want %d", name, i, rest.N, held.N, n)
			}
		}
		slices.Sort(all)
		want := n
		if c.src.Series != nil {
			want = n - (n+k)/(k+1) // the first part is in no fold
		}
		if len(all) != want || len(slices.Compact(all)) != want {
			t.Errorf("%s: %d examples are held out, want %d, each once", name, len(all), want)
		}
	}
}

// TestFoldsLargerThanTheDataAreErrors asks for more folds than there are examples, groups and places in a series.
func TestFoldsLargerThanTheDataAreErrors(t *testing.T) {
	network := classifier(t)
	for want, c := range map[string]struct {
		groups []int32
		src    *spec.Source
	}{
		"6 folds of examples: there are no more than 5; take at most --folds 5": {nil, &spec.Source{}},
		"6 folds of groups: there are no more than 2; take at most --folds 2":   {[]int32{0, 0, 1, 1, 1}, &spec.Source{}},
		"there are no more than 4; take at most --folds 4":                      {nil, &spec.Source{Series: &spec.Series{}}},
	} {
		if _, _, _, err := (Fold{6, 0}).split(numberedSet(5), c.groups, c.src, network, 1); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
