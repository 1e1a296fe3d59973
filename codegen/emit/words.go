package emit

import (
	"fmt"
	"slices"
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
		f.variable(name+" are the labels of the classes, in order.", name, p.origin(),
			jen.Index(jen.Op("...")).String().Add(literals("{}", p.Classes, lineLimit-len(head))))
	}
}

// column yields {Name: "bill", Kind: encode.Words, Values: []string{"long", "short"}}; member is the field of a struct
// whose name no tag holds, else "".
func (f *file) column(c Column, member string) jen.Code {
	fields := []jen.Code{jen.Id("Name").Op(":").Add(quoted(c.Name))}
	if member != "" {
		fields = append(fields, jen.Id("Member").Op(":").Add(quoted(member)))
	}
	constant := func(field, name string) {
		if name != "" {
			fields = append(fields, jen.Id(field).Op(":").Add(f.qual("encode", name)))
		}
	}
	constant("Kind", c.Kind)
	if c.Values != nil {
		head := len("\t{Name: , Kind: encode.Words, Values: []string{}},") + rowWidth(texts([]string{c.Name}))
		fields = append(fields, jen.Id("Values").Op(":").Index().String().Add(literals("{}", c.Values, lineLimit-head)))
	}
	if c.Most > 0 {
		fields = append(fields, jen.Id("Most").Op(":").Lit(c.Most))
	}
	constant("Layout", c.Layout)
	if c.Parts != nil {
		var parts []jen.Code
		for _, p := range c.Parts {
			parts = append(parts, f.qual("encode", p))
		}
		fields = append(fields, jen.Id("Parts").Op(":").Index().Add(f.qual("encode", "Part")).Values(parts...))
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"Other", c.Other}, {"Missing", c.Missing}, {"Indicator", c.Indicator}} {
		if flag.set {
			fields = append(fields, jen.Id(flag.name).Op(":").True())
		}
	}
	if c.Unit != "" {
		fields = append(fields, jen.Id("Unit").Op(":").Add(quoted(c.Unit)))
	}
	if c.Fill != "" {
		fields = append(fields, jen.Id("Fill").Op(":").Add(quoted(c.Fill)))
	}
	if c.Fixed != nil {
		var fixed []item
		for _, p := range c.Fixed {
			v := float32Lit(float64(p.Value))
			place := jen.Values(jen.Id("At").Op(":").Lit(p.At), jen.Id("Value").Op(":").Add(v))
			fixed = append(fixed, item{place, len(fmt.Sprintf("%#v", place))})
		}
		before := fmt.Sprintf("\t%#v, Fixed: []encode.Fixed{}", jen.Values(fields...))
		rest := lineLimit - len(before[strings.LastIndexByte(before, '\n')+1:])
		fields = append(fields,
			jen.Id("Fixed").Op(":").Index().Add(f.qual("encode", "Fixed")).Add(listing("{}", fixed, rest, 2)))
	}
	return jen.Values(fields...)
}

// columnNames lists the names of columns as they may stand in a comment, shortened if they are many.
func columnNames(columns []Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return nameList(names)
}

// nameList lists names of users as they may stand in a comment, shortened if they are many.
func nameList(names []string) string {
	const most = 400 // characters
	var list []string
	length := 0
	for i, name := range names {
		name = clipped(name)
		if length += width(name) + len(", "); length > most {
			list = append(list, fmt.Sprintf("and %d more", len(names)-i))
			break
		}
		list = append(list, name)
	}
	return strings.Join(list, ", ")
}

// layoutDoc says in what order numbers come, such as: x is 24 steps, the oldest first, of load, temp each; or, x is
// 8×8×1, channels last. It is "" where there is no order to tell, else it ends with a space.
func (net *Network) layoutDoc() string {
	var b strings.Builder
	first := slices.ContainsFunc(net.Inputs, func(p Port) bool { return p.ChannelsFirst })
	say := func(ports []Port, single, oldest string, input bool) {
		for i, p := range ports {
			switch name := arg(ports, i, single); {
			case p.Series != nil:
				steps := p.Shape.Size() / len(p.Series)
				fmt.Fprintf(&b, "%s is %d steps, %s first, of %s each. ", name, steps, oldest, nameList(p.Series))
			case p.ChannelsFirst:
				fmt.Fprintf(&b, "%s is %s, channels first. ", name, p.Shape)
			case len(p.Shape) > 1 && (input || first): // of outputs, where they differ from an input
				fmt.Fprintf(&b, "%s is %s, channels last. ", name, p.Shape)
			}
		}
	}
	say(net.Inputs, "x", "the oldest", true)
	say(net.Outputs, "y", "the next", false)
	return b.String()
}
