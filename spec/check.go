package spec

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// goTypes are the Go types of values, by Type, for those that may have defaults.
var goTypes = map[Type]reflect.Type{
	Int: reflect.TypeFor[int](), Float: reflect.TypeFor[float64](), Bool: reflect.TypeFor[bool](),
	String: reflect.TypeFor[string](), Enum: reflect.TypeFor[string](), Ints: reflect.TypeFor[[]int](),
	Floats: reflect.TypeFor[[]float64](), Strings: reflect.TypeFor[[]string](), Pairs: reflect.TypeFor[[][2]int](),
	Size: reflect.TypeFor[int64](), Uint64: reflect.TypeFor[uint64](),
}

// Check returns all that is wrong with the schema itself: names that are not unique or not
// snake_case, missing docs, defaults of another type or outside their bounds, references to
// attributes or families that are not there. Parse relies on a schema without such faults.
func (s Schema) Check() error {
	var errs []error
	for f, kinds := range s {
		seen := map[string]bool{}
		for i := range kinds {
			k := &kinds[i]
			who := fmt.Sprintf("%s %q", f, k.Name)
			if seen[k.Name] {
				errs = append(errs, fmt.Errorf("%s is there twice", who))
			}
			seen[k.Name] = true
			if k.Doc == "" {
				errs = append(errs, fmt.Errorf("%s has no doc", who))
			}
			if !isSnake(k.Name) {
				errs = append(errs, fmt.Errorf("%s is not in snake_case", who))
			}
			extra := []Attr(nil)
			if f == LayerFamily {
				extra = layerAttrs
			}
			errs = append(errs, s.checkAttrs(who, k, extra)...)
		}
	}
	errs = append(errs, s.checkAttrs("the spec", &rootKind, nil)...)
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func (s Schema) checkAttrs(who string, k *Kind, extra []Attr) (errs []error) {
	fault := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", who, fmt.Sprintf(format, args...)))
	}
	seen := map[string]bool{}
	for _, a := range extra {
		seen[a.Name] = true
	}
	for i := range k.Attrs {
		a := &k.Attrs[i]
		if seen[a.Name] {
			fault("%s is there twice, or is an attribute of every layer", a.Name)
		}
		seen[a.Name] = true
		if a.Doc == "" {
			fault("%s has no doc", a.Name)
		}
		if !isSnake(a.Name) {
			fault("%s is not in snake_case", a.Name)
		}
		if len(a.Results) > 0 && a.Type != Bool {
			fault("%s is no Bool, but has results", a.Name)
		}
		if a.Type == Enum && len(a.Enum) == 0 {
			fault("%s has no words", a.Name)
		}
		if (a.Type == Section || a.Type == SectionList) != (a.Section != nil) {
			fault("%s needs a Section, or must not have one", a.Name)
		} else if a.Section != nil {
			errs = append(errs, s.checkAttrs(who+"."+a.Name, a.Section, nil)...)
		}
		if (a.Type == Nodes || a.Type == NodeList) && a.Family == "" {
			fault("%s has no family", a.Name)
		}
		if a.Required && a.Default != nil {
			fault("%s is required, but has a default", a.Name)
		}
		if what := s.checkDefault(a); a.Default != nil && what != "" {
			fault("the default of %s %s", a.Name, what)
		}
	}
	if k.Short != "" && !slices.ContainsFunc(k.Attrs, func(a Attr) bool { return a.Name == k.Short }) {
		fault("Short names %q, but there is no such attribute", k.Short)
	}
	for _, group := range k.OneOf {
		for _, name := range group {
			if !seen[name] {
				fault("OneOf names %q, but there is no such attribute", name)
			}
		}
	}
	return errs
}

// checkDefault says what is wrong with the default of an attribute that has one; "" if nothing is.
func (s Schema) checkDefault(a *Attr) string {
	if a.Type == Nodes {
		name, ok := a.Default.(string)
		if n, is := a.Default.(Node); is {
			name, ok = n.Kind, true
		}
		switch {
		case !ok:
			return fmt.Sprintf("is a %T, but must be a Node or the name of a kind", a.Default)
		case s.Kind(a.Family, name) == nil:
			return fmt.Sprintf("is %q, but there is no such %s", name, a.Family)
		}
		return ""
	}
	if word, ok := a.Default.(string); ok && len(a.Enum) > 0 {
		if !contains(a.Enum, word) {
			return fmt.Sprintf("is %q, which is none of its words", word)
		}
		return ""
	}
	if want, ok := goTypes[a.Type]; !ok || reflect.TypeOf(a.Default) != want {
		return fmt.Sprintf("is a %T, but must be a %v", a.Default, want)
	}
	var nums []float64
	switch d := a.Default.(type) {
	case int:
		nums = []float64{float64(d)}
	case float64:
		nums = []float64{d}
	case []int:
		for _, v := range d {
			nums = append(nums, float64(v))
		}
	case []float64:
		nums = d
	}
	for _, v := range nums {
		if a.Min != nil && (v < *a.Min || v == *a.Min && a.OpenMin) || a.Max != nil &&
			(v > *a.Max || v == *a.Max && a.OpenMax) {
			return fmt.Sprintf("is %v, which is out of bounds", v)
		}
	}
	if a.Len > 0 && len(nums) > 0 && len(nums) != a.Len {
		return fmt.Sprintf("has %d values, but must have %d", len(nums), a.Len)
	}
	return ""
}

// isSnake tells whether a name matches [a-z][a-z0-9_]*.
func isSnake(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
