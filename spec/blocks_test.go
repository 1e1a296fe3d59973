package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBlocksAreWrittenOut compares the layers that blocks make, as name kind(inputs).
func TestBlocksAreWrittenOut(t *testing.T) {
	for _, c := range []struct{ name, spec, want string }{
		{"once", "blocks: {b: [{dense: {units: 3}}, {dropout: 0.1}]}\nlayers: [{b: 1}, output]",
			"b1.dense1 dense(x), b1 dropout, output1 output"},
		{"repeated",
			"blocks: {b: [{dense: {name: h, units: 3}}, {add: {from: [input, h]}}]}\n" +
				"layers: [{dense: {units: 3}}, {b: {name: t, repeat: 2}}, output]",
			"dense1 dense, t.1.h dense(dense1), t.1 add(dense1, t.1.h), t.2.h dense(t.1), t add(t.1, t.2.h), output1 output"},
		{"from",
			"blocks: {b: [{dense: {units: 3}}]}\n" +
				"layers: [{dense: {name: a, units: 3}}, {dense: {units: 4}}, {b: {repeat: 2, from: a}}, {add: {from: [a, " +
				"b1]}}, output]",
			"a dense, dense1 dense, b1.1 dense(a), b1 dense(b1.1), add1 add(a, b1), output1 output"},
		{"nested",
			"blocks: {b: [{dense: {units: 3}}, {c: 2}], c: [{dropout: 0.1}, {add: {from: [input, dropout1]}}]}\n" +
				"layers: [{b: 1}, output]",
			"b1.dense1 dense(x), b1.c1.1.dropout1 dropout(b1.dense1), b1.c1.1 add(b1.dense1, b1.c1.1.dropout1), " +
				"b1.c1.2.dropout1 dropout(b1.c1.1), b1 add(b1.c1.1, b1.c1.2.dropout1), output1 output"},
		{"sharing",
			"blocks: {b: [{dense: {name: h, units: 3}}, {dense: {units: 3, share: h}}, {dense: {units: 3, share: top}}]}\n" +
				"layers: [{dense: {name: top, units: 3}}, {b: {repeat: 1}}, output]",
			"top dense, b1.h dense(top), b1.dense1 dense share b1.h, b1 dense share top, output1 output"},
		{"outer names",
			"blocks: {b: [{add: {from: [input, a]}}]}\n" +
				"layers: [{dense: {name: a, units: 3}}, {dense: {units: 3}}, {b: 1}, output]",
			"a dense, dense1 dense, b1 add(dense1, a), output1 output"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, problems := Parse("spec.yaml", []byte("version: 1\nname: m\ninput: {shape: [4]}\ntask: binary\n"+c.spec), local)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range s.Layers {
				text := l.Name + " " + l.Kind
				var from []string
				for _, r := range l.From {
					from = append(from, r.Name)
				}
				if from != nil {
					text += fmt.Sprintf("(%s)", strings.Join(from, ", "))
				}
				if l.Share != nil {
					text += " share " + l.Share.Name
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
