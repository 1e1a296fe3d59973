package encode

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// rated is a row as packages have it.
type rated struct{ Rate, Fee, Sum *float32 }

var ratedColumns = []Column{{Name: "rate (%)"}, {Name: "fee"}, {Name: "fee ($)"}}

func (r *rated) UnmarshalJSON(b []byte) error {
	return Object(b, ratedColumns, &Format{}, &r.Rate, &r.Fee, &r.Sum)
}

// TestAMemberMayBeCalledAsTheField has columns whose names no tag of encoding/json holds.
func TestAMemberMayBeCalledAsTheField(t *testing.T) {
	columns := []Column{{Name: "m²", Member: "M"}, {Name: "m³", Member: "M_2"}, {Name: "°", Member: "X_2"}, {Name: "X"}}
	into := make([]*float32, len(columns))
	err := Object([]byte(`{"M": 1, "M_2": 2, "X_2": 3, "X": 4}`), columns, &Format{}, &into[0], &into[1], &into[2], &into[3])
	for i, v := range into {
		if err != nil || v == nil || *v != float32(i+1) {
			t.Fatalf("column %d: %v, %v", i, v, err)
		}
	}
	if err := Object([]byte(`{"m²": 1, "M": 2}`), columns, &Format{}, &into[0], &into[1], &into[2], &into[3]); err == nil {
		t.Error("two members of one column are taken")
	}
}

// TestEachMemberIsOfOneColumn has members of no column, of several, and several of one: none is lost in silence.
func TestEachMemberIsOfOneColumn(t *testing.T) {
	const none = ` is of no column; is it meant for `
	for _, c := range []struct{ object, problem string }{
		{`{"rate (%)": 1, "fee": 2, "fee ($)": 3}`, ""},
		{`{"Rate": 1, "fee": 2, "fee ($)": 3}`, `the member "Rate"` + none + "rate (%)?"},
		{`{"rate (%)": 1, "FEE": 2, "fee ($)": 3}`, `the member "FEE"` + none + "fee?"},
		{`{"fee $": 2}`, `the member "fee $"` + none + "fee?"},
		{`{"fee_": 2}`, `the member "fee_"` + none + "fee?"},
		{`{"rate": 1, "rate (%)": 2}`, ""},
		{`{"fee": 1, "FEE": 2, "fee ($)": 3}`, `the members "fee" and "FEE" differ in case alone`},
		{`{"FEE": 2, "fee": 1}`, `the members "fee" and "FEE" differ in case alone`},
		{`{"fee": 1, "fees": 2, "fee ($)": 3}`, ""},
		{`{"fee": 1, "fee": 2}`, `the member "fee" comes twice`},
		{`{"fee": null, "fee": 2}`, `the member "fee" comes twice`},
		{`{"fees": 1}`, `the member "fees"` + none + "fee?"},
		{`{"rated": 1}`, ""},
		{`{"efe": 1}`, `the member "efe"` + none + "fee?"},
		{`{"fees": 1, "fee": 2, "fee ($)": 3}`, ""},
		{`{"more": {"fee": 2}}`, `the member "more.fee"` + none + "fee?"},
		{`{"fee": 1, "fee ($)": 2, "more": {"fee": [2]}, "tags": ["fee", {"fee": 2}], "id": 7}`, ""},
		{`{"fee": {"more": 2}}`, `column fee: {"more": 2} is no single value`},
		{`{"": 1}`, ""},
		{strings.Repeat(`{"a": `, 40) + "1" + strings.Repeat("}", 40), "more than 16 objects within each other"},
	} {
		var r rated
		got := ""
		if err := json.Unmarshal([]byte(c.object), &r); err != nil {
			got = err.Error()
		}
		if got != c.problem {
			t.Errorf("%s: %q, want %q", c.object, got, c.problem)
		}
	}
	var rate *float32
	const other = `the member "rate (%)" is of no column; is it meant for rate?`
	if err := Object([]byte(`{"rate (%)": 2}`), []Column{{Name: "rate"}}, &Format{}, &rate); err == nil || err.Error() != other {
		t.Errorf("%v", err)
	}
	var named struct {
		Row rated
		ID  int
	}
	if err := json.Unmarshal([]byte(`{"row": {"fee": 1}, "ID": 7}`), &named); err != nil || *named.Row.Fee != 1 || named.ID != 7 {
		t.Errorf("%v, %v", named, err)
	}
}

// TestObjectsWithinAnObjectAreColumns reads what nngen reads from a line of JSON: geo.lat and geo.lon, whatever stands beside.
func TestObjectsWithinAnObjectAreColumns(t *testing.T) {
	columns := []Column{{Name: "geo.lat"}, {Name: "geo.lon"}, {Name: "age"}}
	for _, c := range []struct{ object, problem string }{
		{`{"id": "a", "geo": {"lon": 2, "lat": 1, "name": "x"}, "tags": [1, {"age": 4}], "age": 3}`, ""},
		{`{"geo.lat": 1, "geo": {"lon": 2}, "age": 3}`, ""},
		{`{"geo": {"lat": 1, "lon": 2}, "geo.lat": 1, "age": 3}`, `the member "geo.lat" comes twice`},
		{`{"geo": {"lat": 1, "lom": 2}, "age": 3}`, `the member "geo.lom" is of no column; is it meant for geo.lon?`},
		{`{"geo.lat": 1, "geo.lon": 2, "geo": null, "age": 3}`, ""},
		{`{"geo.lat": 1, "geo.lon": 2, "geo": "", "age": 3}`, ""},
		{`{"geo": "1, 2", "age": 3}`, `the member "geo" is "1, 2", no object: the column geo.lat is a member of it`},
		{`{"geo": [1, 2], "age": 3}`, `the member "geo" is [1, 2], no object: the column geo.lat is a member of it`},
		{`{"lat": 1, "geo": {"lon": 2}, "age": 3}`, `the member "lat" is of no column; is it meant for geo.lat?`},
	} {
		var lat, lon, age *float32
		err := Object([]byte(c.object), columns, &Format{}, &lat, &lon, &age)
		if got := fmt.Sprint(err); err != nil && got != c.problem || err == nil && c.problem != "" {
			t.Errorf("%s: %v, want %q", c.object, err, c.problem)
		}
		if c.problem == "" && (*lat != 1 || *lon != 2 || *age != 3) {
			t.Errorf("%s: %v, %v, %v", c.object, *lat, *lon, *age)
		}
	}
}

// TestWordsAreStrings has a number and a flag for a word, which are none, unless words are written so.
func TestWordsAreStrings(t *testing.T) {
	codes, words := Column{Name: "pclass", Values: []string{"1", "2", "first"}}, Column{Name: "colour", Values: []string{"red"}, Other: true}
	zips := Column{Name: "zip", Kind: Words, Values: []string{"02134", "00501", "10001"}, Other: true}
	codes.Kind, words.Kind = Words, Words
	for _, c := range []struct {
		column                 Column
		value, problem, result string
	}{
		{codes, `2`, "", "2"}, {codes, `"2"`, "", "2"}, {codes, `-7.5e3`, "", "-7.5e3"},
		{codes, `true`, `column pclass: true is true or false, want a string, such as "true"`, ""},
		{words, `"5"`, "", "5"}, {words, `null`, "", ""}, {words, `"true"`, "", "true"},
		{words, `5`, `column colour: 5 is a number, want a string, such as "5"`, ""},
		{words, `1e999`, `column colour: 1e999 is a number, want a string, such as "1e999"`, ""},
		{zips, `501`, `column zip: 501 is a number, want a string, such as "00501"`, ""},
		{zips, `10001`, `column zip: 10001 is a number, want a string, such as "02134"`, ""}, {zips, `"00501"`, "", "00501"},
		{words, `false`, `column colour: false is true or false, want a string, such as "false"`, ""},
	} {
		word, got := "", ""
		if err := Object([]byte(`{"`+c.column.Name+`": `+c.value+`}`), []Column{c.column}, &Format{}, &word); err != nil {
			got = err.Error()
		}
		if got != c.problem || word != c.result {
			t.Errorf("%s for %s gives %q and %q", c.value, c.column.Name, word, got)
		}
	}
}

// TestAColumnOfTwoInputsIsOneMember reads one member into both.
func TestAColumnOfTwoInputsIsOneMember(t *testing.T) {
	var a, b *float32
	columns := []Column{{Name: "age"}, {Name: "fee"}, {Name: "age"}}
	if err := Object([]byte(`{"age": 3}`), columns, &Format{}, &a, new(*float32), &b); err != nil || a == nil || b == nil ||
		*a != 3 || *b != 3 {
		t.Errorf("%v, %v: %v", a, b, err)
	}
}
