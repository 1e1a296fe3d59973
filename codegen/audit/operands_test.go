package audit

import (
	"maps"
	"regexp"
	"strconv"
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
	{"layers:\n  - gru: {name: l, units: 200}\n  - output\n", []change{
		{"mtrain/gradient.go", ", Shares: s.Of}", "}"},
		{"mtrain/gradient.go", ", Shares: s.Of}", ", Shares: 1}"},
		{"mtrain/gradient.go", "U: 200}, a.", "U: 200, Shares: s.Of}, a."},
	}},
	{"layers:\n  - reshape: {target_shape: [2, 3, 3]}\n  - time_distributed: {name: l, layer: {gru: {units: 200}}}\n" +
		"  - flatten\n  - output\n", []change{
		{"mtrain/gradient.go", ", Shares: s.Of, Each: 2}", ", Shares: s.Of}"},
		{"mtrain/gradient.go", ", Shares: s.Of, Each: 2}", ", Shares: s.Of, Each: 3}"},
	}},
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
				if strings.Contains(m.from+m.to, "Shares") {
					t.Errorf("%d: nothing is %q", i, m.from)
				}
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

// within are networks whose paragraphs have several calls: sums of products, a sequence of zeros but for its last step,
// rows beside others, masks that are taken before the gradient of a pool.
var within = []string{
	"layers:\n  - layer_norm: {name: norm}\n  - multi_head_attention: {name: a, num_heads: 2, key_dim: 2}\n" +
		"  - add: {from: [norm, a]}\n  - layer_norm\n  - flatten\n  - output\n",
	"layers:\n  - dense: {name: u, units: 3}\n  - dense: {name: v, units: 3, from: x}\n" +
		"  - multi_head_attention: {name: a, from: [u, v], num_heads: 1, key_dim: 3}\n  - flatten\n  - output\n",
	"layers:\n  - lstm: {name: l, units: 4}\n  - flatten: {name: f, from: x}\n" +
		"  - concatenate: {from: [l, f]}\n  - output\n",
	"layers:\n  - simple_rnn: {name: l, units: 4}\n  - concatenate: {from: [l, l]}\n  - output\n",
	"layers:\n  - conv1d: {name: c1, filters: 4, kernel_size: 3, padding: same, activation: relu}\n  - max_pool1d: {name: p1}\n" +
		"  - conv1d: {name: c2, filters: 5, kernel_size: 3, padding: same, activation: relu}\n" +
		"  - max_pool1d: {name: p2, pool_size: 3}\n  - flatten\n  - dense: {units: 4, activation: relu}\n  - output\n",
}

// TestFaultsWithinParagraphsAreTold leaves out each call of some functions, gives it a row or a number less, and other
// arrays of the same paragraph.
func TestFaultsWithinParagraphsAreTold(t *testing.T) {
	one := regexp.MustCompile(`\bn\*[0-9]+|:[0-9]+\]`)
	for i, layers := range within {
		out := network(t, "version: 1\nname: m\ntask: regression\ninput: {name: x, shape: [6, 3]}\n"+layers+
			"training: {batch_size: 5}\n")
		r, err := Run(out.Net, out.Files)
		if err != nil || len(r.Findings) > 0 {
			t.Fatalf("%d: %v, %v", i, r, err)
		}
		tried := 0
		try := func(file, from, to string) {
			src := string(out.Files[file])
			if !strings.Contains(src, from) || from == to {
				return
			}
			tried++
			files := maps.Clone(out.Files)
			files[file] = []byte(strings.Replace(src, from, to, 1))
			if r, err := Run(out.Net, files); err == nil && len(r.Findings) == 0 {
				t.Errorf("%d: %s: %q in the place of %s: nothing found", i, file, to, from)
			}
		}
		for _, file := range []string{"forward.go", "mtrain/gradient.go"} {
			for _, call := range callsIn(string(out.Files[file]), "gemm.NT(", "gemm.NNPacked(", "vec.Add(", "vec.CopyCols(",
				"norm.LayerNorm(", "vec.ReLUGrad(", "pool.MaxGrad(", "clear(") {
				if !strings.HasPrefix(call, "clear(") { // what was cleared may be there as zeros, or written in full
					try(file, "\t"+call+"\n", "\n")
				}
				for _, at := range one.FindAllStringIndex(call, -1) {
					head, number := strings.TrimRight(call[:at[1]], "0123456789]"), strings.Trim(call[at[0]:at[1]], "n*:]")
					n, _ := strconv.Atoi(number)
					if n > 1 {
						try(file, call, head+strconv.Itoa(n-1)+call[len(head)+len(number):])
					}
				}
				arrays := sliced(call)
				for j := range arrays {
					for k := range j {
						commutes := strings.HasPrefix(call, "vec.Add(") && k > 0
						statistics := strings.HasPrefix(call, "norm.LayerNorm(") && k >= len(arrays)-2 && file == "forward.go"
						if arrays[j] != arrays[k] && !commutes && !statistics {
							try(file, call, strings.NewReplacer(arrays[j], arrays[k], arrays[k], arrays[j]).Replace(call))
						}
					}
				}
			}
		}
		if tried < 20 {
			t.Errorf("%d: only %d faults were tried", i, tried)
		}
	}
}
