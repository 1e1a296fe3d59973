package verify

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestFrozenKindsAgreeWithTheReference puts a case of each kind with parameters, frozen, between layers that are
// trained: its gradients travel through it, its parameters stay.
func TestFrozenKindsAgreeWithTheReference(t *testing.T) {
	var subjects []*Subject
	for _, d := range op.All() {
		if d.Params == nil || d.Tokens != nil || len(d.Cases) == 0 {
			continue
		}
		c := d.Cases[0]
		var b strings.Builder
		b.WriteString("version: 1\nname: m\ntask: regression\ninput: {shape: [3]}\nlayers:\n")
		var from []string
		for j, s := range c.In {
			fmt.Fprintf(&b, "  - dense: {name: d%d, from: x, units: %d}\n  - reshape: {name: in%d, target_shape: %s}\n", j,
				s.Size(), j, list(s))
			from = append(from, fmt.Sprintf("in%d", j))
		}
		fmt.Fprintf(&b, "  - %s: {%s, trainable: false}\n  - flatten\n  - output: {name: out, units: 3}\n",
			d.Kind.Name, c.Keys("it", from))
		b.WriteString("training: {batch_size: 5}\n")
		s, problems := spec.Parse(d.Kind.Name+".yaml", []byte(b.String()), op.Schema())
		if s == nil {
			t.Fatalf("%v\n%s", problems, &b)
		}
		if _, problems := net.Build(s, nil); problems.Err() != nil {
			if strings.Contains(problems.Err().Error(), "no parameters that training could change") {
				continue
			}
			t.Fatalf("%v\n%s", problems, &b)
		}
		subjects = append(subjects, &Subject{Spec: s})
	}
	check(t, subjects, Options{Seed: 3, Steps: 3})
}

// learned are the lines of a random spec whose layers have parameters of their own.
var learned = regexp.MustCompile(`(?m)^  - (dense|prelu|conv\w*|depthwise\w*|separable\w*|\w*_norm|lstm|gru|simple_rnn|embedding|bidirectional): \{name: .*\}$`)

// TestRandomFrozenNetworksAgreeWithTheReference freezes some layers of random networks.
func TestRandomFrozenNetworksAgreeWithTheReference(t *testing.T) {
	cases := 24
	if testing.Short() {
		cases = 6
	}
	var subjects []*Subject
	frozen := 0
	for i := range cases {
		r := rand.New(rand.NewPCG(5, uint64(i)))
		text := learned.ReplaceAllStringFunc(randomSpec(5, i), func(line string) string {
			if strings.Contains(line, "share:") || strings.Contains(line, "unit_norm") || r.IntN(2) == 0 {
				return line
			}
			frozen++
			return strings.TrimSuffix(line, "}") + ", trainable: false}"
		})
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("frozen_%d.yaml", i), []byte(text))})
	}
	if frozen < 2*cases {
		t.Fatalf("only %d layers of %d networks are frozen", frozen, cases)
	}
	check(t, subjects, Options{Seed: 5, Steps: 3})
}
