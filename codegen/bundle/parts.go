package bundle

import (
	"bytes"
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A package of the runtime may have parts that not all networks need, but that code of all of them asks for: the
// metrics of a task, averages of weights, products too large for one call. Such a part is a constant, which is true,
//
//	const averages = true //nngen:part .begin
//
// behind which stand the names that bring it into a copy: declarations of the package, methods of its types with a dot
// in front, and words of the generated code, such as a field that it sets or a method that it has; or «plan», if the
// calls of the plan decide, see Config.Variants. Conditions on the constant, and lines that end in
//
//	//nngen:if averages
//
// as those of a field, or of an element of a list, are decided in copies, which have neither.
type part struct {
	name string
	with []string
}

var (
	partLine = regexp.MustCompile(`^(?:const |\t)(\w+) += true //nngen:part (.+)\n`)
	ifLine   = regexp.MustCompile(`^(.*?)[ \t]*//nngen:if (\w+)\n`)
)

// planned is what stands for the plan among the names of a part.
const planned = "plan"

// hasParts tells whether a file has one of those lines, for much less than looking for them.
func hasParts(src []byte) bool { return bytes.Contains(src, []byte("//nngen:")) }

// partsOf returns the parts that a file of Go declares.
func partsOf(src []byte) (all []part) {
	if !hasParts(src) {
		return nil
	}
	for line := range bytes.SplitAfterSeq(src, []byte("\n")) {
		if !hasParts(line) {
			continue
		}
		if m := partLine.FindSubmatch(line); m != nil {
			all = append(all, part{string(m[1]), strings.Fields(string(m[2]))})
		}
	}
	return all
}

// decideLines leaves out the constants of parts and the lines that are for parts that are off.
func decideLines(src []byte, on map[string]bool) []byte {
	if !hasParts(src) {
		return src
	}
	var out []byte
	for line := range bytes.SplitAfterSeq(src, []byte("\n")) {
		if !hasParts(line) {
			out = append(out, line...)
		} else if m := ifLine.FindSubmatch(line); m != nil {
			if on[string(m[2])] {
				out = append(append(out, m[1]...), '\n')
			}
		} else if !partLine.Match(line) {
			out = append(out, line...)
		}
	}
	return out
}

// chosen are the parts of the packages that a copy has, as package.part.
type chosen map[string]bool

// of returns the parts of a package, by their names.
func (c chosen) of(p *pkg) map[string]bool {
	on := map[string]bool{}
	for _, x := range p.parts {
		on[x.name] = c[p.dir+"."+x.name]
	}
	return on
}

// key names the parts of a package that are on.
func (c chosen) key(dir string) string {
	var on []string
	for name := range c {
		if rest, ok := strings.CutPrefix(name, dir+"."); ok {
			on = append(on, rest)
		}
	}
	slices.Sort(on)
	return strings.Join(on, " ")
}

// missing adds the parts that are off although something brings them in, and returns whether there were such.
func (b *bundler) missing() bool {
	found := false
	for _, p := range b.packages {
		for _, x := range p.parts {
			if key := p.dir + "." + x.name; !b.on[key] && b.brings(p, x) {
				b.on[key], found = true, true
			}
		}
	}
	return found
}

// brings tells whether a name of a part is in what is taken.
func (b *bundler) brings(p *pkg, x part) bool {
	taken := func(d *decl) bool { return b.decls[d] }
	return slices.ContainsFunc(x.with, func(name string) bool {
		if method, ok := strings.CutPrefix(name, "."); ok {
			return slices.ContainsFunc(p.methods, func(m *decl) bool {
				return m.name == method && slices.ContainsFunc(p.names[m.receiver], taken)
			})
		}
		return b.words[name] || slices.ContainsFunc(p.names[name], taken) || name == planned && !b.decided
	})
}

// noteWords notes the identifiers of a declaration.
func noteWords(node ast.Node, words map[string]bool) {
	ast.Inspect(node, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			words[id.Name] = true
		}
		return true
	})
}

// decidePlan leaves the parts out that the plan does not come to, and returns whether there were such.
func (b *bundler) decidePlan() bool {
	b.decided = true
	before := maps.Clone(b.on)
	for _, p := range b.packages {
		for _, x := range p.parts {
			if slices.Contains(x.with, planned) && !b.wanted("", p.dir, x.name) {
				delete(b.on, p.dir+"."+x.name)
			}
		}
	}
	return !maps.Equal(b.on, before)
}
