package audit

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
)

// FuzzRun: no text in place of a stretch of generated code makes an audit panic, and what it finds has words.
func FuzzRun(f *testing.F) {
	out := network(f, "version: 1\nname: m\ntask: regression\ninputs:\n  - {name: x, shape: [6, 2]}\nlayers:\n"+
		"  - conv1d: {name: c, filters: 3, kernel_size: 2, padding: causal}\n  - lstm: {name: l, units: 3}\n"+
		"  - dense: {name: h, units: 5, activation: relu}\n  - output: {units: 1}\ntraining: {batch_size: 5}\n")
	var names []string
	for _, name := range slices.Sorted(maps.Keys(out.Files)) {
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.Contains(name, "internal/") {
			names = append(names, name)
		}
	}
	for i, name := range names {
		src := string(out.Files[name])
		for k, c := range []struct{ from, to string }{
			{"[3", "[1<<62"}, {"[3", "[-1"}, {"6*2", "1<<40"}, {"w[0]", "w[-1]"}, {"[:", "[9223372036854775807:"},
			{"func ", "func (a, b int) "}, {"1", "0x1p-2"}, {"{", "{{"}, {"\n}\n", "\n"}, {"package m", "package"},
			{", ", ", m, "}, {"(", "(("}, {"\t// ", "\t// gradient of "}, {"x[:]", "x[:][:][1:0]"},
		} {
			if at := strings.Index(src, c.from); at >= 0 && (i+k)%4 == 0 { // the test of the seeds stays short
				f.Add(uint8(i), uint32(at), uint16(len(c.from)), c.to)
			}
		}
	}
	fuzzing.Fuzz(f, func(t *testing.T, file uint8, at uint32, n uint16, text string) {
		name := names[int(file)%len(names)]
		src := string(out.Files[name])
		from := int(at) % len(src)
		files := maps.Clone(out.Files)
		files[name] = []byte(src[:from] + text + src[min(from+int(n), len(src)):])
		r, err := Run(out.Net, files)
		if err == nil && r == nil {
			t.Error("neither a report nor an error")
		}
		if r == nil {
			return
		}
		for _, finding := range r.Findings {
			if finding.Text == "" {
				t.Error("a finding without a word")
			}
		}
	})
}
