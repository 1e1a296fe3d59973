package codegen_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// formCase returns a network with a layer of a kind between products of integers, or false for one whose input is
// tokens.
func formCase(d *op.Def, c op.Case) (string, bool) {
	if d.Tokens != nil || d.Kind.Name == "bidirectional" {
		return "", false
	}
	inputs, fronts := "inputs:\n", "layers:\n"
	var names []string
	for i, s := range c.In {
		inputs += fmt.Sprintf("  - {name: x%d, shape: [%s]}\n", i, strings.ReplaceAll(s.String(), "×", ", "))
		front, last := "dense: {units", s[len(s)-1]
		switch len(s) {
		case 3:
			front = "conv2d: {kernel_size: 1, filters"
		case 4:
			front = "time_distributed: {layer: {conv2d: {kernel_size: 1, filters"
		}
		name := fmt.Sprintf("d%d", i)
		if len(s) == 4 {
			fronts += fmt.Sprintf("  - %s: %d}}, name: %s, from: x%d}\n", front, last, name, i)
		} else {
			fronts += fmt.Sprintf("  - %s: %d, name: %s, from: x%d}\n", front, last, name, i)
		}
		names = append(names, name)
	}
	from, more := c.Fronts(names)
	return fmt.Sprintf("version: 1\nname: m\n%s%s%s  - %s: {%s}\n  - flatten\n  - dense: {units: 3}\n"+
		"  - output: {task: regression}\n", inputs, fronts, more, d.Kind.Name, c.Keys("it", from)), true
}

// TestKindsWithoutIntegersAreListed divides networks with a layer of every kind: those of kinds that the section
// quantize lists are refused by name, and no others.
func TestKindsWithoutIntegersAreListed(t *testing.T) {
	doc := ""
	for _, k := range spec.Sections() {
		if k.Name == "quantize" {
			i := slices.IndexFunc(k.Attrs, func(a spec.Attr) bool { return a.Name == "skip" })
			doc = k.Attrs[i].Doc
		}
	}
	listed, seen := map[string]bool{}, map[string]bool{}
	doc = regexp.MustCompile(`\(.*?\)`).ReplaceAllString(doc, "")
	for _, word := range regexp.MustCompile(`[a-z_0-9]+`).FindAllString(doc, -1) {
		listed[word] = true
	}
	for _, d := range op.All() {
		for _, c := range d.Cases {
			text, ok := formCase(d, c)
			if !ok {
				continue
			}
			s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
			if problems.Err() != nil {
				t.Fatalf("%s\n%v", text, problems)
			}
			_, problems = codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m", Runtime: "example.com/nnrt",
				Int8: true, PlanOnly: true})
			for _, p := range problems {
				name := strings.Trim(strings.TrimPrefix(p.Subject, "layer "), `"`)
				if p.Warning || name != "it" {
					continue
				}
				if seen[d.Kind.Name] = true; !listed[d.Kind.Name] || !strings.Contains(p.Hint, "skip: [it") {
					t.Errorf("%s has no integers, of which the section quantize says nothing: %v\n%s", d.Kind.Name,
						problems, text)
				}
			}
		}
	}
	for _, d := range op.All() {
		if listed[d.Kind.Name] && !seen[d.Kind.Name] && d.Tokens == nil && d.Kind.Name != "time_distributed" &&
			!slices.Contains([]string{"conv2d", "depthwise_conv2d"}, d.Kind.Name) {
			t.Errorf("the section quantize lists %s, which has integers", d.Kind.Name)
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %v were refused", slices.Sorted(maps.Keys(seen)))
	}
}
