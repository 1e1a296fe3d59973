package data

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// TestCodesOfJSONAreStrings has a number where words begin with zeros, of a list and of those that rows give, in both orders.
func TestCodesOfJSONAreStrings(t *testing.T) {
	const rest = "task: regression\nlayers: [output]\n"
	listed := "input: {name: x, shape: [3], columns: [{name: zip, words: [\"00501\", \"02134\"], other: true}]}\n" + rest
	numbers := "input: {name: x, shape: [3], columns: [{name: zip, words: [\"501\", \"2134\"], other: true}]}\n" + rest
	fitted := "input: {name: x, shape: [3], columns: [{name: zip, max_words: 2, other: true}]}\n" + rest
	for _, c := range []struct{ spec, rows, problem string }{
		{listed, `{"zip": "00501", "y": 1}` + "\n" + `{"zip": 501, "y": 1}`, `:2: column "zip": 501 is a number, want a string, such as "00501"`},
		{listed, `{"zip": "00501", "y": 1}` + "\n" + `{"y": 1, "zip": "501"}`, ""},
		{numbers, `{"zip": 501, "y": 1}`, ""},
		{fitted, `{"zip": "00501", "y": 1}` + "\n" + `{"zip": 501, "y": 1}`, `:2: column "zip": 501 is a number, want a string, such as "00501"`},
		{fitted, `{"zip": 501, "y": 1}` + "\n" + `{"zip": "00501", "y": 1}`, `:2: column "zip": "00501" begins with a zero`},
		{fitted, `{"zip": 501, "y": 1}` + "\n" + `{"zip": "2134", "y": 1}`, ""},
	} {
		_, network := network(t, c.spec)
		path := write(t, "a.jsonl", []byte(c.rows))
		r := &reader{src: &spec.Source{Format: "csv", Path: path, Label: []string{"y"}}, net: network}
		if c.spec == fitted {
			r.fits = newFittings(network)
		} else {
			r.o.Fitted = net.Fitted{}
		}
		_, _, err := r.read()
		if err == nil && len(r.bad) > 0 {
			err = r.bad
		}
		if c.problem == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v, want %q", c.rows, err, c.problem)
		}
	}
}
