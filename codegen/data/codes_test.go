package data

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// TestCodesOfJSONAreStrings has a number where words begin with zeros, of a list and of those that rows give, in both
// orders.
func TestCodesOfJSONAreStrings(t *testing.T) {
	const rest = "task: regression\nlayers: [output]\n"
	listed := "input: {name: x, shape: [3], columns: [{name: zip, words: [\"00501\", \"02134\"], other: true}]}\n" + rest
	numbers := "input: {name: x, shape: [3], columns: [{name: zip, words: [\"501\", \"2134\"], other: true}]}\n" + rest
	fitted := "input: {name: x, shape: [3], columns: [{name: zip, max_words: 2, other: true}]}\n" + rest
	for _, c := range []struct{ spec, rows, problem string }{
		{listed, `{"zip": "00501", "y": 1}` + "\n" + `{"zip": 501, "y": 1}`,
			`:2: column "zip": 501 is a number, want a string, such as "00501"`},
		{listed, `{"zip": "00501", "y": 1}` + "\n" + `{"y": 1, "zip": "501"}`, ""},
		{numbers, `{"zip": 501, "y": 1}`, ""},
		{fitted, `{"zip": "00501", "y": 1}` + "\n" + `{"zip": 501, "y": 1}`,
			`:2: column "zip": 501 is a number, want a string, such as "00501"`},
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

// TestUnseenWordsAreSaid reads a file of another table with words that are none of a column, and one in another case.
func TestUnseenWordsAreSaid(t *testing.T) {
	_, network := network(t,
		"input: {name: x, shape: [3], columns: [{name: region, words: [North, South], other: true}]}\n"+
			"task: regression\nlayers: [output]\n")
	var remarks []string
	src := &spec.Source{Format: "csv",
		Path: write(t, "a.csv", []byte("region,y\nNorth,1\nMars,1\nsouth,1\nVenus,1\nMars,1\n"))}
	set, _, err := Read(src, "", network, Options{Other: true, Unlabeled: true, Remarks: &remarks})
	const want = `3 rows hold words of "region" beyond the 2 that it has a number for: "Mars" (line 3), "Venus" (line 5); ` +
		`they count as other`
	if err != nil || len(remarks) != 1 || remarks[0] != want {
		t.Errorf("%q, %v, want %q", remarks, err, want)
	}
	if d := cmp.Diff([]float32{1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1}, set.X[0]); d != "" {
		t.Error(d)
	}
}

// TestTextsThatAreCutAreSaid reads texts of up to one word more than the network takes.
func TestTextsThatAreCutAreSaid(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [2], tokens: {column: text, words: 2}}\n"+
		"task: regression\nlayers: [{embedding: {output_dim: 2}}, flatten, output]\n")
	var remarks []string
	path := write(t, "a.csv", []byte("text,y\ngood bad,1\ngood bad good,1\n,1\nbad,1\n"))
	_, _, err := Read(&spec.Source{Format: "csv", Path: path}, "", network,
		Options{Other: true, Unlabeled: true, Remarks: &remarks, Fitted: net.Fitted{"x": {{Words: []string{"good", "bad"}}}}})
	if err != nil || len(remarks) != 2 || !strings.HasPrefix(remarks[0], "1 text of ") ||
		remarks[1] != `1 text of "text" has no word` {
		t.Errorf("%q, %v", remarks, err)
	}
}

// TestDecomposedWordsAreSaid reads words with a letter apart from its mark, in a column of words and of texts.
func TestDecomposedWordsAreSaid(t *testing.T) {
	for _, in := range []string{"shape: [2], columns: [{name: a, words: [\u00fcbel], other: true}]",
		"shape: [2], tokens: {column: a, words: 2}"} {
		text := "task: regression\nlayers: [output]\n"
		if strings.Contains(in, "tokens") {
			text = "task: regression\nlayers: [{embedding: {output_dim: 2}}, flatten, output]\n"
		}
		_, network := network(t, "input: {name: x, "+in+"}\n"+text)
		for file, said := range map[string]bool{"a,y\nu\u0308bel,1\n": true, "a,y\nubel,1\n": false} {
			var remarks []string
			src := &spec.Source{Format: "csv", Path: write(t, "a.csv", []byte(file))}
			_, _, err := Read(src, "", network, Options{Other: true, Unlabeled: true, Remarks: &remarks,
				Fitted: net.Fitted{"x": {{Words: []string{"\u00fcbel"}}}}})
			if got := strings.Contains(strings.Join(remarks, "\n"), "NFD of Unicode"); err != nil || got != said ||
				len(remarks) != 1 {
				t.Errorf("%s, %q: %q, %v", in, file, remarks, err)
			}
		}
	}
}

// TestDecomposedNamesAreSaid reads a class and the name of a column with a letter apart from its mark, or plain ones.
func TestDecomposedNamesAreSaid(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [1], columns: [Gr\u00f6\u00dfe]}\ntask: multiclass\n"+
		"classes: [gut, \u00fcbel, neu]\nlayers: [output]\n")
	for file, said := range map[string]bool{
		"Gr\u00f6\u00dfe,y\n1,u\u0308bel\n":      true,
		"Gr\u00f6\u00dfe,y\n1,ubel\n":            false,
		"Gr\u00f6\u00dfe,y\n1,\u00fcble\n":       false,
		"Gro\u0308\u00dfe,y\n1,\u00fcbel\n":      true,
		"Gr\u00f6sse,y\n1,\u00fcbel\n":           false,
		"Gr\u00f6\u00dfe,y\n1,Mu\u0308ll in A\n": true,
	} {
		_, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "a.csv", []byte(file))}, "", network, Options{})
		if err == nil || strings.Contains(err.Error(), "NFD of Unicode") != said {
			t.Errorf("%q: %v", file, err)
		}
	}
}

// TestUnknownWordsOfTextsAreSaid reads texts with words and characters that a network does not know.
func TestUnknownWordsOfTextsAreSaid(t *testing.T) {
	path := write(t, "a.csv", []byte("text\ngood bad\ngood xyzzy\n-\nplugh ugh\nugh bad ugly\n"))
	for _, c := range []struct {
		tokens, want string
		known        bool
	}{
		{"words: 2", `50% of 8 words of "text" are none of the 2 that the network knows, in 3 texts: "xyzzy" (line 3), ` +
			`"plugh" (line 5), "ugh" (line 5); they count as one that is unknown; 2 texts have no known word`, false},
		{"words: 2", `50% of 8 words of "text" are none of the 2 that the network knows, in 3 texts: "xyzzy" (line 3), ` +
			`"plugh" (line 5), "ugh" (line 5); they are left out, as no training text has an unknown one; 2 texts have no known word`,
			true},
		{`characters: "abdghlopux yz-"`, `1 text of "text" has no character`, false},
		{"bytes: true", `1 text of "text" has no byte`, false},
	} {
		_, network := network(t, "input: {name: x, shape: [2], tokens: {column: text, "+c.tokens+"}}\n"+
			"task: regression\nlayers: [{embedding: {output_dim: 2}}, flatten, output]\n")
		var remarks []string
		_, _, err := Read(&spec.Source{Format: "csv", Path: path}, "", network, Options{Other: true, Unlabeled: true,
			Remarks: &remarks, Fitted: net.Fitted{"x": {{Words: []string{"good", "bad"}, Known: c.known}}}})
		remarks = slices.DeleteFunc(remarks, func(r string) bool { return strings.Contains(r, "longer than") })
		if got := strings.Join(remarks, "\n"); err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.tokens, got, err, c.want)
		}
	}
}
