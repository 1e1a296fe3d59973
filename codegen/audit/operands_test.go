package audit

import (
	"maps"
	"strings"
	"testing"
)

// operands are networks, and arrays of theirs in the place of others of the same size that calls are to take.
var operands = []struct {
	layers  string
	changes []change
}{
	{"preprocess: [standardize]\nlayers:\n  - flatten\n  - output\n", []change{
		{"forward.go", "x[:], m.xStandardizeCenter[:]", "m.xStandardizeCenter[:], x[:]"},
	}},
	{"layers:\n  - layer_norm\n  - multi_head_attention: {name: a, num_heads: 2, key_dim: 2, causal: true}\n" +
		"  - flatten\n  - output\n", nil},
	{"layers:\n  - lstm: {name: l, units: 3, return_sequences: true}\n  - flatten\n  - output\n", nil},
}

// TestOperandsAreTold looks for a finding of each fault; those of attention and recurrence are found in the code by what
// stands there, as the plan places their arrays.
func TestOperandsAreTold(t *testing.T) {
	for i, c := range operands {
		out := network(t, "version: 1\nname: m\ntask: regression\ninput: {name: x, shape: [6, 3]}\n"+c.layers+
			"training: {batch_size: 5}\n")
		r, err := Run(out.Net, out.Files)
		if err != nil || len(r.Findings) > 0 {
			t.Fatalf("%d: %v, %v", i, r, err)
		}
		changes := c.changes
		for _, file := range []string{"forward.go", "mtrain/gradient.go"} {
			for _, call := range callsIn(string(out.Files[file]), "attention.Forward(", "attention.Backward(", "rnn.LSTMGrad(") {
				arrays := sliced(call)
				for j := range arrays {
					for k := range j {
						if arrays[j] == arrays[k] || strings.HasPrefix(arrays[j], "g.") || strings.HasPrefix(arrays[k], "g.") {
							continue
						}
						swapped := strings.NewReplacer(arrays[j], arrays[k], arrays[k], arrays[j]).Replace(call)
						changes = append(changes, change{file, call, swapped})
					}
				}
			}
			for _, call := range callsIn(string(out.Files[file]), "gemm.TN(") {
				changes = append(changes, change{file, call, strings.Replace(call, "n*6", "n*5", 1)})
			}
		}
		if len(changes) == 0 {
			t.Errorf("%d: no changes", i)
		}
		for _, m := range changes {
			changed := strings.Replace(string(out.Files[m.file]), m.from, m.to, 1)
			if changed == string(out.Files[m.file]) {
				continue
			}
			files := maps.Clone(out.Files)
			files[m.file] = []byte(changed)
			if r, err := Run(out.Net, files); err == nil && len(r.Findings) == 0 {
				t.Errorf("%d: %s: %s in the place of %s: nothing found", i, m.file, m.to, m.from)
			}
		}
	}
}

// callsIn returns the calls of functions in a text, whole.
func callsIn(src string, names ...string) (all []string) {
	for _, name := range names {
		for rest := src; ; {
			_, after, ok := strings.Cut(rest, name)
			if !ok {
				break
			}
			depth, end := 1, 0
			for ; depth > 0; end++ {
				depth += strings.Count(after[end:end+1], "(") - strings.Count(after[end:end+1], ")")
			}
			all = append(all, name+after[:end])
			rest = after[end:]
		}
	}
	return all
}

// sliced returns the arguments of a call that are slices, as they stand.
func sliced(call string) (all []string) {
	for _, arg := range strings.FieldsFunc(call, func(r rune) bool { return r == ',' || r == '\n' || r == '\t' }) {
		if arg = strings.Trim(arg, " )"); strings.Contains(arg, "[") && strings.Contains(arg, ":") &&
			!strings.Contains(arg, "{") {
			all = append(all, arg)
		}
	}
	return all
}
