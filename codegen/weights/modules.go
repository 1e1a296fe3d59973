package weights

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// module is what arrays belong to whose names begin alike: a layer of the framework.
type module struct {
	path   []string          // pieces of the name that its arrays share
	suffix string            // of a recurrent module: which of its cells this is
	arrays map[string]*Array // by role, which is the rest of the name
	index  int               // of its first array in the file
}

// String names the module as messages do: an array without a rest of its name by itself.
func (m *module) String() string { return strings.Join(m.path, ".") + m.suffix }

// shapes lists the arrays of a module with their shapes, for messages.
func (m *module) shapes() string {
	var parts []string
	for _, role := range slices.Sorted(maps.Keys(m.arrays)) {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s", role, shapeText(m.arrays[role].Shape))))
	}
	return strings.Join(parts, ", ")
}

// aliases returns the names that a layer may have which is this module: its path, and the ends of it.
func (m *module) aliases() []string {
	var all []string
	for i := range m.path {
		base := strings.Join(m.path[i:], ".")
		number, backward := strings.CutSuffix(m.suffix, "_reverse")
		ends := []string{number}
		if number == "_l0" {
			ends = append(ends, "")
		}
		for _, end := range ends {
			direction := ".forward"
			if backward {
				direction = ".backward"
			} else {
				all = append(all, plainName(base+end))
			}
			if m.suffix != "" {
				all = append(all, plainName(base+end+direction))
			}
		}
	}
	// Keras names the layers of a pair forward_lstm and backward_lstm.
	if n := len(m.path); n > 1 {
		for _, direction := range []string{"forward", "backward"} {
			if strings.HasPrefix(m.path[n-1], direction+"_") {
				all = append(all, plainName(m.path[n-2]+direction))
			}
		}
	}
	return all
}

// plainName leaves letters and digits of a name, in lower case.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, s)
}

// withoutDigits is what names of modules in a row share.
func withoutDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, s)
}

// pieces splits the name of an array: PyTorch writes dots, Keras slashes and :0.
func pieces(name string) []string {
	all := strings.FieldsFunc(strings.TrimSuffix(name, ":0"), func(r rune) bool { return r == '.' || r == '/' })
	return slices.Compact(all) // Keras 2 writes dense/dense/kernel
}

// cellArray is the name of an array of a recurrent module of PyTorch.
var cellArray = regexp.MustCompile(`^((?:weight|bias)_(?:ih|hh|hr))(_l\d+(?:_reverse)?)$`)

// parts are names of modules that are parts of one: of an attention in the order query, key, value, output, or with the
// first three in one, and of a separable convolution. The first of alternatives is the one that rows of kinds know.
var parts = [][][]string{
	{{"query", "q_proj", "to_q", "q", "wq", "q_lin"}, {"key", "k_proj", "to_k", "k", "wk", "k_lin"},
		{"value", "v_proj", "to_v", "v", "wv", "v_lin"},
		{"attention_output", "out_proj", "to_out", "o_proj", "out", "o", "wo", "proj", "out_lin", "output"}},
	{{"qkv", "in_proj", "qkv_proj"}, {"attention_output", "proj", "out_proj", "out", "o_proj", "output"}},
	{{"depthwise"}, {"pointwise"}},
}

// modulesOf groups the arrays of a file. Those that no layer has are returned as left out.
func modulesOf(f *File, fw *framework) (all []*module, left []*Array) {
	children := map[string]map[string]bool{} // names of modules in modules
	note := func(path []string) {
		for i := 1; i < len(path); i++ {
			key := strings.Join(path[:i], ".")
			if children[key] == nil {
				children[key] = map[string]bool{}
			}
			children[key][path[i]] = true
		}
	}
	for _, a := range f.Arrays {
		note(append([]string{""}, pieces(a.Name)...))
		note(pieces(a.Name))
	}
	byKey := map[string]*module{}
	for i, a := range f.Arrays {
		path := pieces(a.Name)
		if len(path) == 0 {
			path = []string{a.Name}
		}
		role := path[len(path)-1]
		if slices.Contains(fw.ignored, role) {
			left = append(left, a)
			continue
		}
		m := &module{index: i}
		switch cell := cellArray.FindStringSubmatch(role); {
		case fw == sklearn:
			m.path, role = sklearnLayer(a.Name)
		case cell != nil && fw.name == "torch":
			m.path, m.suffix, role = path[:len(path)-1], cell[2], cell[1]
		case !slices.Contains(fw.roles, role):
			m.path, role = path, "" // an array by itself
		default:
			m.path = path[:len(path)-1]
			if n := len(m.path); n > 0 && strings.HasSuffix(m.path[n-1], "_cell") {
				m.path = m.path[:n-1]
			}
			m.path, role = fw.inWhole(m.path, role, children)
		}
		key := strings.Join(m.path, ".") + "\x00" + m.suffix
		if byKey[key] == nil {
			m.arrays = map[string]*Array{}
			byKey[key] = m
			all = append(all, m)
		}
		byKey[key].arrays[role] = a
	}
	slices.SortStableFunc(all, func(a, b *module) int { return cmp.Compare(a.index, b.index) })
	return all, left
}

// inWhole returns the path and role of an array, those in the module that its own is a part of.
func (fw *framework) inWhole(path []string, role string, children map[string]map[string]bool) ([]string, string) {
	for i := len(path) - 1; i >= max(0, len(path)-2); i-- { // diffusers writes to_out.0
		have := children[strings.Join(path[:i], ".")]
		if have["in_proj_weight"] || have["q_proj_weight"] {
			if path[i] == "out_proj" {
				return path[:i], "attention_output." + role
			}
		}
		for _, whole := range parts {
			found := ""
			complete := true
			for _, names := range whole {
				k := slices.IndexFunc(names, func(s string) bool { return have[s] })
				if complete = complete && k >= 0; k >= 0 && names[k] == path[i] {
					found = names[0]
				}
			}
			if complete && found != "" {
				return path[:i], found + "." + role
			}
		}
	}
	return path, role
}

func shapeText(shape []int) string {
	if len(shape) == 0 {
		return "scalar"
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", "×")
}
