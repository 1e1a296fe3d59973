package verify

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan/plantest"
)

// pairsOf adds the pairs of kinds, one behind the other, among the layers that the outputs of a network depend on.
func pairsOf(network *net.Net, pairs map[[2]string]int) {
	seen := map[*op.Layer]bool{}
	var visit func(l *op.Layer)
	visit = func(l *op.Layer) {
		if seen[l] {
			return
		}
		seen[l] = true
		for _, in := range l.In {
			pairs[[2]string{in.Def.Kind.Name, l.Def.Kind.Name}]++
			visit(in)
		}
	}
	for _, o := range network.Outputs {
		visit(o.Layer)
	}
}

// chainSpec returns the text of random spec i of a seed: see plantest.ChainSpec.
func chainSpec(seed uint64, i int) string { return plantest.ChainSpec(seed, i, outputs...) }

// TestRandomChainsAgreeWithTheReference compares networks of layers one directly behind the other, of any kinds whose
// shapes fit. NNGEN_SEED and NNGEN_CASES explore others.
func TestRandomChainsAgreeWithTheReference(t *testing.T) {
	seed, cases := explored(3)
	var subjects []*Subject
	for i := range cases {
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("chain_%d_%d.yaml", seed, i),
			[]byte(chainSpec(seed, i)))})
	}
	check(t, subjects, Options{Seed: seed, Steps: 2})
}

// TestRandomNetworksCoverPairsOfKinds counts how many of the pairs of kinds, one directly behind the other, the random
// networks of a full run and as many chains as NNGEN_CASES says, else 100, hold, and prints for each kind behind which
// it stands. It builds networks, but compiles none.
func TestRandomNetworksCoverPairsOfKinds(t *testing.T) {
	const floor = 1500 // a little below what there are
	_, chains := explored(100)
	pairs := map[[2]string]int{}
	for i := range randomCases + chains {
		text := randomSpec(1, i)
		if i >= randomCases {
			text = chainSpec(1, i-randomCases)
		}
		network, problems := net.Build(load(t, fmt.Sprintf("random_1_%d.yaml", i), []byte(text)), nil)
		if problems.Err() != nil {
			t.Fatal(problems, text)
		}
		pairsOf(network, pairs)
	}
	kinds := op.All()
	covered := 0
	for _, d := range kinds {
		var behind []string
		for _, before := range kinds {
			if pairs[[2]string{before.Kind.Name, d.Kind.Name}] > 0 {
				behind = append(behind, before.Kind.Name)
			}
		}
		covered += len(behind)
		t.Logf("%-24s behind %2d kinds: %s", d.Kind.Name, len(behind), strings.Join(behind, " "))
	}
	t.Logf("%d of %d pairs of %d kinds in %d networks", covered, len(kinds)*len(kinds), len(kinds), randomCases+chains)
	if covered < floor {
		t.Errorf("random networks hold %d of %d pairs of kinds, want %d", covered, len(kinds)*len(kinds), floor)
	}
}
