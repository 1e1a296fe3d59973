package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
)

// emitClasses writes the labels of each output that has some:
//
//	var Classes = [...]string{"setosa", "versicolor", "virginica"}
func (net *Network) emitClasses(f *file) {
	for i, p := range net.Outputs {
		if p.Task == "regression" || len(p.Classes) == 0 || p.NextToken {
			continue
		}
		name := net.classesName(i)
		head := "var " + name + " = [...]string{}"
		f.declare(name+" are the labels of the classes, in order.",
			jen.Var().Id(name).Op("=").Index(jen.Op("...")).String().Add(literals("{}", p.Classes, lineLimit-len(head))))
	}
}

// emitEncode writes what turns the fields of a row, words among them, into an input:
//
//	func Encode(fields []string, x *[InputSize]float32) error {
//		return encode.Row(x[:], fields, rowColumns)
//	}
func (net *Network) emitEncode(f *file) {
	for i, p := range net.Inputs {
		if p.Columns == nil {
			continue
		}
		name := "Encode"
		if len(net.Inputs) > 1 {
			name += p.Ident
		}
		columns := lower(p.Ident) + "Columns"
		f.declare(fmt.Sprintf("%s fills x from the fields of a row: %s. A field of words becomes one number for each word that "+
			"the column may hold. It is an error if a field is neither a number nor such a word.", name, columnNames(p.Columns)),
			jen.Func().Id(name).Params(jen.Id("fields").Index().String(), jen.Id("x").Op("*").Index(jen.Id(net.inSize(i))).Float32()).Error().Block(
				jen.Return(f.qual("encode", "Row").Call(jen.Id("x").Index(jen.Op(":")), jen.Id("fields"), jen.Id(columns))),
			))
		var rows []jen.Code
		for _, c := range p.Columns {
			rows = append(rows, column(c))
		}
		f.jen.Var().Id(columns).Op("=").Index().Add(f.qual("encode", "Column")).
			Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, rows...)
		f.jen.Line()
	}
}

// column yields {Name: "bill", Values: []string{"long", "short"}}.
func column(c Column) jen.Code {
	fields := []jen.Code{jen.Id("Name").Op(":").Add(quoted(c.Name))}
	if c.Values != nil {
		head := len("\t{Name: , Values: []string{}},") + rowWidth([]string{c.Name})
		fields = append(fields, jen.Id("Values").Op(":").Index().String().Add(literals("{}", c.Values, lineLimit-head)))
	}
	return jen.Values(fields...)
}

// columnNames lists the names of columns as they may stand in a comment, shortened if they are many.
func columnNames(columns []Column) string {
	const most = 400 // characters
	var names []string
	length := 0
	for i, c := range columns {
		name := clipped(c.Name)
		if length += width(name) + len(", "); length > most {
			names = append(names, fmt.Sprintf("and %d more", len(columns)-i))
			break
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
