package emit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/spec"
)

// emitEncode writes what turns a row of a table into an input: of its fields as text, and of a struct.
func (net *Network) emitEncode(f *file) {
	for i, p := range net.Inputs {
		if p.Columns != nil {
			t := net.table(i)
			t.emitNames(f)
			t.emitEncodeFields(f)
			t.emitRow(f)
			t.emitColumns(f)
		}
	}
}

// table is an input that is read from columns, with the names that the package has for what belongs to it.
type table struct {
	net                              *Network
	input                            int
	of                               string // goes before or behind the names where there are several inputs
	row, columns, described, written string
	fields                           []string // of the struct, one for each column
}

// table returns the names for an input.
func (net *Network) table(input int) table {
	p := net.Inputs[input]
	t := table{net: net, input: input, described: lower(p.Ident) + "Columns", written: lower(p.Ident) + "Format"}
	if len(net.Inputs) > 1 {
		t.of = p.Ident
	}
	t.row, t.columns = t.of+"Row", t.of+"Columns"
	taken, tags := map[string]bool{"Encode": true, "UnmarshalJSON": true}, map[string]bool{} // methods
	for _, c := range p.Columns {
		tags[c.Name] = true
	}
	for _, c := range p.Columns {
		if jsonTag(c.Name) != "" {
			t.fields = append(t.fields, fieldOf(c.Name, taken, nil))
		} else { // whose field is its name in JSON
			t.fields = append(t.fields, fieldOf(c.Name, taken, tags))
		}
	}
	return t
}

// fieldOf returns the field for a column: its identifier, with the least number from 2 on behind it that makes it
// another than those that are taken, and than the names of others in JSON.
func fieldOf(column string, taken, tags map[string]bool) string {
	name := spec.Ident(column)
	for k := 2; taken[name] || tags[name]; k++ {
		name = spec.Ident(column) + "_" + strconv.Itoa(k)
	}
	taken[name] = true
	return name
}

func (t table) port() Port { return t.net.Inputs[t.input] }

// again tells whether a column is read before it too, in another way or for another number.
func (t table) again(column int) bool {
	all := t.port().Columns
	return slices.ContainsFunc(all[:column], func(c Column) bool { return c.Name == all[column].Name })
}

// emitNames yields var Columns = [...]string{"age", "colour"}.
func (t table) emitNames(f *file) {
	var names []string
	for _, c := range t.port().Columns {
		names = append(names, c.Name)
	}
	head := "var " + t.columns + " = [...]string{}"
	f.variable(t.columns+" are the columns of the table that "+clipped(t.port().Name)+" is read from, in order.",
		t.columns, t.port().origin(),
		jen.Index(jen.Op("...")).String().Add(literals("{}", names, lineLimit-len(head))))
}

// emitEncodeFields yields
//
//	func Encode(fields []string, x *[InputSize]float32) error {
//		return encode.Row(x[:], fields, visitorColumns, visitorFormat)
//	}
func (t table) emitEncodeFields(f *file) {
	name, marks := "Encode"+t.of, ""
	if slices.ContainsFunc(t.port().Columns, func(c Column) bool { return c.Kind == "" }) {
		thousands := ","
		if t.net.DecimalComma {
			thousands = "."
		}
		marks = fmt.Sprintf(" A number 1%s234 is always 1234: only the other rows of a table tell nngen that a mark before "+
			"three digits is decimal there.", thousands)
	}
	f.function(fmt.Sprintf("%s fills x from the fields of a row, as nngen reads them from a table: %s. A field of "+
		"words becomes one number "+
		"for each word that the column may hold.%s It is an error if a field is none of what the column holds.", name,
		columnNames(t.port().Columns), marks),
		function{name: name, params: []field{vars(jen.Index().String(), "fields"), vars(pointer(t.net.inSize(t.input)), "x")},
			results: []field{vars(jen.Error())}, origin: t.port().origin()},
		jen.Return(f.qual("encode", "Row").Call(all("x"), jen.Id("fields"), jen.Id(t.described), jen.Id(t.written))))
}

// emitRow yields
//
//	type Row struct {
//		Age    *float32 `json:"age"`
//		Colour string   `json:"colour"`
//	}
//
//	func (r *Row) Encode(x *[InputSize]float32) error {
//		e := encode.Into(x[:], visitorColumns, visitorFormat)
//		e.Number(r.Age)
//		switch r.Colour {
//		case "red":
//			e.Word(0)
//		default:
//			e.Text(r.Colour)
//		}
//		return e.Err()
//	}
//
//	func (r *Row) UnmarshalJSON(b []byte) error {
//		return encode.Object(b, visitorColumns, visitorFormat, &r.Age, &r.Colour)
//	}
func (t table) emitRow(f *file) {
	e := f.local("e")
	var members []jen.Code
	var again []string
	body := one(jen.Add(e).Op(":=").Add(f.qual("encode", "Into")).Call(all("x"), jen.Id(t.described), jen.Id(t.written)))
	f.pkg.declare("", t.row, t.port().origin())
	into := []jen.Code{jen.Id("b"), jen.Id(t.described), jen.Id(t.written)}
	for i, c := range t.port().Columns {
		r := jen.Id("r").Dot(t.fields[i])
		set := func(method string, args ...jen.Code) {
			body = append(body, f.call(1, "", jen.Id("e").Dot(method), args...))
		}
		typ := jen.String()
		switch {
		case c.Kind == "Date":
			typ = f.qual("time", "Time")
			set("Time", r.Clone().Dot("Unix").Call(), r.Clone().Dot("Nanosecond").Call(), r.Clone().Dot("IsZero").Call())
		case c.Kind == "":
			typ = jen.Op("*").Float32()
			set("Number", r)
		case c.Kind == "Flag" && c.Yes >= 0:
			typ = jen.Op("*").Bool()
			set("Flag", r, jen.Lit(c.Yes))
		default:
			if words := f.wordCases(c); words != nil {
				text := f.call(2, "", jen.Id("e").Dot("Text"), r.Clone())
				body = append(body, jen.Switch(r.Clone()).Block(append(words, jen.Default().Block(text))...))
			} else {
				set("Text", r)
			}
		}
		into = append(into, jen.Op("&").Add(r.Clone()))
		f.pkg.declare(t.row, t.fields[i], t.port().origin())
		tag := jsonTag(c.Name)
		if t.again(i) {
			tag, again = "`json:\"-\"`", append(again, t.fields[i])
		}
		members = append(members, jen.Id(t.fields[i]).Add(typ).Op(tag))
	}
	doc := t.row +
		" is a row of that table. What is nil, \"\" or the zero time is missing, as an empty field is: it is filled " +
		"in where the column says by what, else an error: numbers and flags are pointers, so that 0 is no missing value."
	if slices.ContainsFunc(t.port().Columns, func(c Column) bool { return c.Kind == "Date" }) {
		doc += " A time has the date and hour that it has in UTC: what a field says without an offset is that of " +
			"time.Date in " +
			"time.UTC, not in the zone of the machine."
	}
	var renamed []Column
	for _, c := range t.port().Columns {
		if jsonTag(c.Name) == "" {
			renamed = append(renamed, c)
		}
	}
	if renamed != nil {
		doc += " As JSON it has members by the names of columns, but by those of fields for names that no tag can hold: " +
			columnNames(renamed) + "."
	}
	if again != nil {
		doc += " JSON has a column once that is read more than once, and fills all its fields; of a row it has the first, " +
			"without " + strings.Join(again, ", ") + "."
	}
	f.declare(doc, jen.Type().Id(t.row).Struct(members...))
	f.function("Encode fills x from a row. Numbers must be finite; words, and what nngen would say of them, are those "+
		"of Encode"+t.of+
		". It does not\nallocate but for an error.",
		function{recv: "r", of: t.row, name: "Encode", params: []field{vars(pointer(t.net.inSize(t.input)), "x")},
			results: []field{vars(jen.Error())}},
		append(body, jen.Return(jen.Id("e").Dot("Err").Call()))...)
	f.function("UnmarshalJSON fills the row from an object, a member for each column, by its name, case included; by "+
		"that of its "+
		"field only where no tag can hold the name of the column. Strings are read as the fields of a "+
		"table are: \"1,200\" as a number, a date in each form of its column. Members of objects within it are of columns "+
		"such as geo.lat. "+
		"What is of no column is left out, but it is an error if its name is close to that of a column that no member is "+
		"of, or if two members "+
		"are of one column; it names the column and the value. For members beside those of the row give it a field of "+
		"its own: "+
		"a struct that embeds it has this method, and reads nothing else.",
		function{recv: "r", of: t.row, name: "UnmarshalJSON", params: []field{vars(jen.Index().Byte(), "b")},
			results: []field{vars(jen.Error())}, origin: t.port().origin()},
		jen.Return(f.call(1, "return ", f.qual("encode", "Object"), into...)))
}

// mostWordCases bounds the words of a column that a Row finds by a switch, the most frequent ones: the compiler makes
// of it a search that takes a few nanoseconds, where Text takes that for each word in front of the one that is there.
const mostWordCases = 32

// wordCases returns a case for each of the words of a column whose number a Row may set without another look: Text
// reads those with blanks around them otherwise, and puts Fixed numbers that are not 0.
func (f *file) wordCases(c Column) (cases []jen.Code) {
	if c.Kind != "Words" || slices.ContainsFunc(c.Fixed, func(p Fixed) bool { return p.Value != 0 }) {
		return nil
	}
	for k, word := range c.Values[:min(len(c.Values), mostWordCases)] {
		fixed := slices.ContainsFunc(c.Fixed, func(p Fixed) bool { return p.At == k })
		if fixed || word != strings.TrimSpace(word) || len(strconv.Quote(word)) > lineLimit/2 {
			continue
		}
		cases = append(cases, jen.Case(quoted(word)).Block(f.call(2, "", jen.Id("e").Dot("Word"), jen.Lit(k))))
	}
	return cases
}

// jsonTag returns the tag by which package encoding/json finds a column: `json:"age"`; "" for a name that it does not
// take, as of quotes and commas, so that the name is that of the field.
func jsonTag(column string) string {
	bad := func(r rune) bool {
		return r == unicode.ReplacementChar || !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) &&
			!unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	switch {
	case column == "" || strings.ContainsFunc(column, bad):
		return ""
	case column == "-": // alone it says that the field is left out
		column = "-,"
	}
	return "`json:\"" + column + "\"`"
}

// emitColumns writes what the columns hold, and how their fields are written.
func (t table) emitColumns(f *file) {
	p := t.port()
	var rows []jen.Code
	for i, c := range p.Columns {
		member := ""
		if jsonTag(c.Name) == "" {
			member = t.fields[i]
		}
		rows = append(rows, f.column(c, member))
	}
	f.pkg.declare("", t.described, p.origin())
	f.pkg.declare("", t.written, p.origin())
	f.next.Var().Id(t.described).Op("=").Index().Add(f.qual("encode", "Column")).Add(block(rows...))
	f.end()
	fields := []jen.Code{jen.Id("Missing").Op(":").Index().String().
		Add(literals("{}", t.net.Missing, lineLimit-len("\tMissing: []string{},")))}
	if t.net.DecimalComma {
		fields = append(fields, jen.Id("Comma").Op(":").True())
	}
	f.next.Var().Id(t.written).Op("=").Op("&").Add(f.qual("encode", "Format")).Add(block(fields...))
	f.end()
}

// emitEncodeTest writes the self-test of Encode, for each input that is read from a table.
func (net *Network) emitEncodeTest(f *file) {
	for i, p := range net.Inputs {
		if p.Rows != nil {
			net.table(i).emitEncodeTest(f)
		}
	}
}

// emitEncodeTest yields
//
//	for _, row := range []golden.Row{
//		{
//			Texts:   []string{"31.5", "green"},
//			Numbers: []float32{31.5, 0, 1, 0},
//		},
//	} {
//		var x, same [InputSize]float32
//		if err := Encode(row.Texts, &x); err != nil {
//			t.Fatal(err)
//		}
//		row.Check(t, x[:])
//		var r Row
//		if err := json.Unmarshal(row.JSON(t, Columns[:]), &r); err != nil {
//			t.Fatal(err)
//		}
//		if err := r.Encode(&same); err != nil {
//			t.Fatal(err)
//		}
//		golden.SameBits(t, "Row", 0, same[:], x[:])
//	}
func (t table) emitEncodeTest(f *file) {
	const tabs = 4
	var rows []jen.Code
	for _, row := range t.port().Rows {
		rest := func(head string) int { return lineLimit - (tabs-1)*len("\t") - len(head+"{},") }
		rows = append(rows, block(
			jen.Id("Texts").Op(":").Index().String().Add(listing("{}", texts(row.Fields), rest("Texts:   []string"), tabs)),
			jen.Id("Numbers").Op(":").Add(floats()).
				Add(listing("{}", floatItems(row.Numbers), rest("Numbers: []float32"), tabs))))
	}
	row, x, same, r, err := f.local("row"), f.local("x"), f.local("same"), f.local("r"), f.local("err")
	orFatal := func(call *jen.Statement) jen.Code {
		return jen.If(jen.Add(err).Op(":=").Add(call), jen.Id("err").Op("!=").Nil()).Block(
			jen.Id("t").Dot("Fatal").Call(jen.Id("err")))
	}
	f.test("reads rows of the table, as text and as a Row in JSON, and compares the numbers with those that\n"+
		"the reference has for them.",
		"TestEncode"+t.of+"AgreesWithTheReference",
		jen.For(jen.List(jen.Id("_"), row).Op(":=").Range().Index().Add(f.qual("golden", "Row")).Add(block(rows...))).Block(
			jen.Var().List(x, same).Add(array(t.net.inSize(t.input))),
			orFatal(jen.Id("Encode"+t.of).Call(jen.Id("row").Dot("Texts"), jen.Op("&").Id("x"))),
			jen.Id("row").Dot("Check").Call(jen.Id("t"), all("x")),
			jen.Var().Add(r).Id(t.row),
			orFatal(f.qual("json", "Unmarshal").Call(
				jen.Id("row").Dot("JSON").Call(jen.Id("t"), all(t.columns)), jen.Op("&").Id("r"))),
			orFatal(jen.Id("r").Dot("Encode").Call(jen.Op("&").Id("same"))),
			f.qual("golden", "SameBits").Call(jen.Id("t"), quoted(t.row), jen.Lit(0), all("same"), all("x"))))
}
