package data

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// TestAllColumnsThatAreNotThereAreNamed reads tables that lack columns of two inputs, and the label.
func TestAllColumnsThatAreNotThereAreNamed(t *testing.T) {
	for text, want := range map[string][]string{
		"a,b,c,y\n1,2,3,4\n2,3,4,5\n": nil,
		"a,y\n1,2\n2,3\n":             {`"b"`, `"c"`},
		"c,d\n1,2\n2,3\n":             {`"y"`, `"a"`, `"b"`},
		"a,b,c\n1,2,3\n2,3,4\n":       {`"y"`},
	} {
		_, network := network(t,
			"inputs:\n  - {name: x, shape: [2], columns: [a, b]}\n  - {name: z, shape: [1], columns: [c]}\n"+
				"task: regression\nlayers:\n  - concatenate: {name: all, from: [x, z]}\n  - output\n")
		src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(text)), Label: []string{"y"}}
		_, _, err := Read(src, "", network, Options{})
		if (err == nil) != (want == nil) || err != nil && strings.Count(err.Error(), "no column") != len(want) {
			t.Errorf("%q: %v, want %q", text, err, want)
			continue
		}
		for _, name := range want {
			if !strings.Contains(err.Error(), "no column "+name) {
				t.Errorf("%q: %v, want %q", text, err, name)
			}
		}
	}
}

// TestManyAbsentColumnsAreCounted asks a table of one column for more than an error lists.
func TestManyAbsentColumnsAreCounted(t *testing.T) {
	_, network := network(t,
		"input: {name: x, shape: [25], columns: [c0"+columnsTo(24)+"]}\ntask: regression\nlayers: [output]\n")
	src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte("a,y\n1,2\n3,4\n")), Label: []string{"y"}}
	_, _, err := Read(src, "", network, Options{})
	if err == nil || strings.Count(err.Error(), "\n") != shown ||
		!strings.HasSuffix(err.Error(), "and 15 more columns that are not there") {
		t.Error(err)
	}
}

func columnsTo(n int) (list string) {
	for i := range n {
		list += ", c" + string(rune('a'+i))
	}
	return list
}

// TestAFileThatIsNotThereIsNamedWithTheSpec has a spec whose table for testing there is not.
func TestAFileThatIsNotThereIsNamedWithTheSpec(t *testing.T) {
	file := write(t, "x.csv", []byte("a,y\n1,2\n3,4\n"))
	s, network := network(t, "input: {name: x, shape: [1]}\ntask: regression\nlayers: [output]\n"+
		"data:\n  train: {csv: "+file+", label: y}\n  test: {csv: none.csv, label: y}\n")
	_, err := Load(s, t.TempDir(), network, 1, Options{})
	if err == nil || !strings.Contains(err.Error(), "net.yaml:8:") || !strings.Contains(err.Error(), "none.csv") {
		t.Error(err)
	}
}

// TestALabelWithoutANameIsItsColumn audits a table without a header.
func TestALabelWithoutANameIsItsColumn(t *testing.T) {
	text := strings.Repeat("1.5,u\n2.5,v\n", 150) + "3.5,rare\n"
	for label, want := range map[string]string{", label: 1": `label "1": `, "": `label "last": `} {
		s, network := network(t, "input: {name: x, shape: [1]}\ntask: multiclass\nclasses: [u, v, rare]\nlayers: [output]\n"+
			"data:\n  train: {csv: "+write(t, "x.csv", []byte(text))+", header: false"+label+"}\n")
		sets, err := Load(s, "", network, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if remarks := strings.Join(sets.Remarks, "\n"); !strings.Contains(remarks, want+`the class "rare"`) {
			t.Errorf("%s: %s", label, remarks)
		}
	}
}

// TestObjectsLackWhatMayBeMissing predicts for objects of JSON: a key that is misspelt, or not there, is no missing
// value unless its column has one.
func TestObjectsLackWhatMayBeMissing(t *testing.T) {
	_, network := network(t, "inputs:\n  - {name: x, shape: [2], columns: [{name: pH, fill: 7}, sugar]}\n"+
		"  - {name: w, shape: [3], tokens: {column: text, words: 2}}\n"+
		"task: regression\nlayers:\n  - embedding: {name: e, from: w, output_dim: 2}\n  - flatten\n"+
		"  - concatenate: {name: all, from: [x, flatten1]}\n  - output\n")
	const whole = `{"pH": 3, "sugar": 1, "text": "a"}`
	many := strings.Repeat(whole+"\n", 1200)
	for rows, want := range map[string]string{
		whole:                                                   "",
		`{"sugar": 1, "text": "a"}`:                             "",
		`{"ph": 3, "sugar": 1, "text": ""}`:                     `no column "pH"; did you mean "ph"?`,
		`{"pH": 3, "sugr": 1, "text": "a"}`:                     `no column "sugar"; did you mean "sugr"?`,
		`{"pH": 3, "sugar": 1, "txt": "a"}`:                     `no column "text"; did you mean "txt"?`,
		`{"pH": 3, "sugar": 1}`:                                 `no column "text"`,
		`{"pH": 3, "text": "a"}`:                                `no column "sugar"`,
		whole + "\n" + `{"ph": 3, "sugar": 1, "text": "a"}`:     `:2: column "pH": not in the object; did you mean "ph"?`,
		whole + "\n" + `{"pH": 3, "sugar": 1, "txt": "a"}`:      `:2: column "text": not in the object; did you mean "txt"?`,
		whole + "\n" + `{"pH": 3, "text": "a"}`:                 `:2: column "sugar": `,
		whole + "\n" + `{"sugar": 1, "hp": 2}`:                  "",
		`{"pH": 3, "sugar": 1, "text": "a", "ph": 4}`:           `:1: column "pH": beside it stands "ph", which differs in case alone`,
		many + `{"pH": 3, "Sugar": 2, "sugar": 1, "text": "a"}`: `:1201: column "sugar": beside it stands "Sugar", which differs`,
		many + `{"ph": 3, "sugar": 1, "text": "a"}`:             `:1201: column "pH": not in the object; did you mean "ph"?`,
	} {
		src := &spec.Source{Format: "csv", Path: write(t, "x.jsonl", []byte(rows+"\n"))}
		_, _, err := Read(src, "", network,
			Options{Unlabeled: true, Other: true, Fitted: net.Fitted{"w": {{Words: []string{"a", "b"}}}}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", rows, err, want)
		}
	}
}

// TestMembersOfObjectsAreSuggested names columns of which a table of JSON has an object, or what stands in its place.
func TestMembersOfObjectsAreSuggested(t *testing.T) {
	for _, c := range []struct{ columns, rows, want string }{
		{"n", `{"n": {"deep": 1, "flat": 2}}`, `no column "n"; "n" is an object: did you mean "n.deep", a member of it?`},
		{"n.deep", `{"n": 1}`, `no column "n.deep"; "n" is no object there`},
		{"n.deep", `{"m": 1}`, `no column "n.deep"`},
		{"{name: n.deep, fill: 1}", `{"n": {"deep": 1}}` + "\n" + `{"n": 2}`, `:2: column "n.deep": not in the object, in which "n" is none`},
		{"{name: n.deep, fill: 1}", `{"n": {"deep": 1}}` + "\n" + `{"n": null}`, ""},
	} {
		_, network := network(t, "input: {name: x, shape: [1], columns: ["+c.columns+"]}\ntask: regression\nlayers: [output]\n")
		src := &spec.Source{Format: "csv", Path: write(t, "x.jsonl", []byte(c.rows+"\n"))}
		_, _, err := Read(src, "", network, Options{Unlabeled: true, Other: true})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in %s: %v, want %q", c.columns, c.rows, err, c.want)
		}
	}
}

// TestAColumnInOtherLettersIsSuggested names columns that a table has in another case, or with other marks.
func TestAColumnInOtherLettersIsSuggested(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [2], columns: [SITE, p_H]}\ntask: regression\nlayers: [output]\n")
	src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte("Site,pH,y\n1,2,3\n3,4,5\n")), Label: []string{"y"}}
	_, _, err := Read(src, "", network, Options{})
	if err == nil || !strings.Contains(err.Error(), `no column "SITE"; did you mean "Site"?`) ||
		!strings.Contains(err.Error(), `no column "p_H"; did you mean "pH"?`) {
		t.Errorf("%v", err)
	}
}

// TestATableIsNoPicture gives a table to a network that reads pictures.
func TestATableIsNoPicture(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [2, 2, 1]}\ntask: regression\nlayers: [flatten, output]\n")
	src := &spec.Source{Format: "image", Path: write(t, "x.csv", []byte("a,y\n1,3\n"))}
	_, _, err := Read(src, "", network, Options{Other: true, Unlabeled: true})
	if err == nil || !strings.Contains(err.Error(), "picture") {
		t.Errorf("%v", err)
	}
}
