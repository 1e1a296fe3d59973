package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/spec"
)

// TestTargetsThatMeanNothingToTheLossAreErrors names row, column and value, in tables, arrays and series.
func TestTargetsThatMeanNothingToTheLossAreErrors(t *testing.T) {
	const (
		several = "task: binary\nlayers: [output: {units: 2}]\n"
		counts  = "task: regression\nlayers: [output: {loss: poisson, activation: softplus}]\n"
		log     = "task: regression\nlayers: [output: {standardize: log}]\n"
	)
	pixels := npy("|u1", "(2, 2)", []byte{0, 1, 237, 255})
	for _, c := range []struct {
		network string
		src     spec.Source
		files   map[string]string
		want    string
	}{
		{several, spec.Source{Format: "csv", Label: []string{"p", "q"}},
			map[string]string{"x.csv": "a,b,p,q\n1,2,0,1\n1,2,0,7\n"},
			`x.csv:3: column "q": the target 7 is no probability: those are from 0 to 1`},
		{several, spec.Source{Format: "npy", Labels: "y.npy"}, map[string]string{"x.npy": string(pixels),
			"y.npy": string(pixels)},
			"y.npy:2: example 2: target 0, 237, is no probability"},
		{several, spec.Source{Format: "idx", Labels: "y.idx"},
			map[string]string{"x.idx": string(idx([]uint32{2, 2}, 1, 2, 3, 4)),
				"y.idx": string(idx([]uint32{2, 2}, 0, 1, 1, 9))},
			"y.idx:2: example 2: target 1, 9, is no probability"},
		{counts, spec.Source{Format: "csv"}, map[string]string{"x.csv": "a,b,y\n1,2,0\n1,2,-3\n"},
			`x.csv:3: column "y": the target -3 is below 0`},
		{log, spec.Source{Format: "csv"}, map[string]string{"x.csv": "a,b,y\n1,2,1\n1,2,0\n"},
			`x.csv:3: column "y": the target 0 is not above 0`},
		{counts, spec.Source{Format: "csv", Series: &spec.Series{Columns: []string{"a"}, Horizon: 1, SamplingRate: 1,
			SequenceStride: 1}}, map[string]string{"x.csv": "a\n1\n2\n3\n-3\n"},
			`x.csv:5: column "a": the target -3 is below 0`},
	} {
		_, network := network(t, c.network)
		dir := ""
		for name, text := range c.files {
			if dir == "" {
				dir = t.TempDir()
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "x.") {
				c.src.Path = name
			}
		}
		if _, _, err := Read(&c.src, dir, network, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s: error %v, want %s", c.network, c.src.Format, err, c.want)
		}
	}

}
