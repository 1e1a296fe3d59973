package sweep

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// field is one that varies: values, or a range. A range with a number of points stands for their values.
type field struct {
	path      string
	values    []string
	low, high float64
	log       bool
	whole     bool
}

var (
	rangeText = regexp.MustCompile(`^([^.,:\[{]*(?:\.[0-9]+)?[^.,:\[{]*)\.\.([^:,]+)((?::[a-z0-9]+)*)$`)
	pathText  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$`)
)

// parseField reads path=8,16,32, path=1e-4..1e-2:log, or path=1..9:int:5 with a number of points.
func parseField(text string) (field, error) {
	path, values, ok := strings.Cut(text, "=")
	f := field{path: strings.TrimSpace(path)}
	if values = strings.TrimSpace(values); !ok || values == "" {
		return f,
			fmt.Errorf("--set %s: no values; write --set layers.h1.units=8,16,32 or --set optimizer.adam.lr=1e-4..1e-2:log",
				text)
	}
	if !pathText.MatchString(f.path) {
		return f, fmt.Errorf("--set %s: %q is no path of keys and names, such as layers.h1.units", text, f.path)
	}
	if m := rangeText.FindStringSubmatch(values); m != nil {
		return f, f.bounds(text, m[1], m[2], strings.Split(m[3], ":")[1:])
	}
	f.values = split(values)
	for i, v := range f.values {
		if v == "" {
			return f, fmt.Errorf("--set %s: value %d is empty", text, i+1)
		}
		if slices.Contains(f.values[:i], v) {
			return f, fmt.Errorf("--set %s: %s is there twice", text, v)
		}
	}
	return f, nil
}

// bounds reads a range and what follows it.
func (f *field) bounds(text, low, high string, words []string) error {
	var err1, err2 error
	f.low, err1 = strconv.ParseFloat(strings.TrimSpace(low), 64)
	f.high, err2 = strconv.ParseFloat(strings.TrimSpace(high), 64)
	if err := errors.Join(err1, err2); err != nil || !(f.low < f.high) || math.IsInf(f.high-f.low, 0) {
		return fmt.Errorf("--set %s: a range goes from a number to a larger one, as 1e-4..1e-2", text)
	}
	points := 0
	for _, w := range words {
		n, err := strconv.Atoi(w)
		switch {
		case w == "log":
			f.log = true
		case w == "int":
			f.whole = true
		case err == nil && n >= 2 && n <= most:
			points = n
		default:
			return fmt.Errorf("--set %s: behind a range may stand :log, :int, and a number of points from 2 to %d, but not %q",
				text, most, w)
		}
	}
	if f.log && f.low <= 0 {
		return fmt.Errorf("--set %s: a range with :log begins above 0", text)
	}
	for i := range points {
		if v := f.at(float64(i) / float64(points-1)); !slices.Contains(f.values, v) {
			f.values = append(f.values, v)
		}
	}
	return nil
}

// split splits at commas that are in no brackets.
func split(s string) []string {
	var parts []string
	depth, from := 0, 0
	for i, c := range s {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(s[from:i]))
				from = i + 1
			}
		}
	}
	return append(parts, strings.TrimSpace(s[from:]))
}

// at returns the value of a range at x in [0, 1], with four digits.
func (f *field) at(x float64) string {
	v := f.low + x*(f.high-f.low)
	if f.log {
		v = f.low * math.Pow(f.high/f.low, x)
	}
	if f.whole {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// parseCases reads cases, as in "dropout: layers.drop.rate=0.5; training.epochs=40". One may set nothing: "plain:".
func parseCases(texts []string) (list []Case, err error) {
	for _, text := range texts {
		name, fields, ok := strings.Cut(text, ":")
		c := Case{Name: strings.TrimSpace(name)}
		if !ok || c.Name == "" || strings.Contains(c.Name, "=") {
			return nil, fmt.Errorf("--case %s: it begins with a name, as in \"dropout: layers.drop.rate=0.5\"", text)
		}
		if slices.ContainsFunc(list, func(b Case) bool { return b.Name == c.Name }) {
			return nil, fmt.Errorf("--case %s: the name is there twice", c.Name)
		}
		for _, field := range strings.Split(fields, ";") {
			if field = strings.TrimSpace(field); field == "" {
				continue
			}
			path, value, ok := strings.Cut(field, "=")
			path, value = strings.TrimSpace(path), strings.TrimSpace(value)
			if !ok || value == "" || !pathText.MatchString(path) {
				return nil, fmt.Errorf("--case %s: %q is no field with a value, such as layers.h1.units=8", c.Name, field)
			}
			if err := undone(path, c.paths()); err != nil {
				return nil, fmt.Errorf("--case %s: %w", c.Name, err)
			}
			c.Set = append(c.Set, [2]string{path, value})
		}
		list = append(list, c)
	}
	return list, nil
}

// paths returns the paths of the fields that a case sets.
func (c *Case) paths() (list []string) {
	for _, s := range c.Set {
		list = append(list, s[0])
	}
	return list
}

// undone returns an error if a field takes away what one before it gave: the same field, or one within.
func undone(path string, before []string) error {
	for _, b := range before {
		if b == path {
			return fmt.Errorf("%s: the field is set twice", path)
		}
		if strings.HasPrefix(b, path+".") {
			return fmt.Errorf("%s: it would undo %s, which is set before it", path, b)
		}
	}
	return nil
}

// settings returns the search, the paths of the fields, and the values of each setting.
func settings(o Options, cases []Case) (search string, paths []string, list [][]string, err error) {
	var fields []field
	var set []string // paths, those of cases too
	open := ""       // a range without a number of points
	if cases != nil {
		f := field{path: caseField}
		for _, c := range cases {
			f.values = append(f.values, c.Name)
			set = append(set, c.paths()...)
		}
		fields, paths = append(fields, f), append(paths, caseField)
	}
	for _, text := range o.Fields {
		f, err := parseField(text)
		if err != nil {
			return "", nil, nil, err
		}
		if err := undone(f.path, set); err != nil {
			return "", nil, nil, fmt.Errorf("--set %w", err)
		}
		set = append(set, f.path)
		if f.values == nil {
			open = f.path
		}
		fields, paths = append(fields, f), append(paths, f.path)
	}
	if search = o.Search; search == "" {
		search = "grid"
		if open != "" {
			search = "random"
		}
	}
	switch {
	case search == "grid" && open != "":
		return "", nil, nil,
			fmt.Errorf("--set %s: a grid takes a number of points of a range, as 1e-4..1e-2:log:5; or write --search random",
				open)
	case search == "grid":
		list, err = grid(fields)
		return search, paths, list, err
	case search != "random" && search != "halving":
		return "", nil, nil, fmt.Errorf("--search is grid, random or halving, not %q", search)
	case len(fields) == 0:
		return "", nil, nil, fmt.Errorf("--search %s draws values: say of which fields by --set", search)
	case o.Trials < 1 || o.Trials > most:
		return "", nil, nil, fmt.Errorf("--trials is from 1 to %d, not %d", most, o.Trials)
	case search == "halving" && (o.Eta < 2 || o.Trials < o.Eta):
		return "", nil, nil,
			fmt.Errorf("--search halving keeps one of --eta settings: that is at least 2, and --trials at least as many, not "+
				"%d and %d", o.Eta, o.Trials)
	}
	// Draws that repeat one are drawn again, but not without end: fields of few values may have no more of them.
	r := rand.New(rand.NewPCG(o.Seed, 0x6e6e67656e)) // any second word
	seen := map[string]bool{}
	for tries := 0; len(list) < o.Trials && tries < 20*o.Trials; tries++ {
		var values []string
		for i := range fields {
			f := &fields[i]
			if f.values != nil {
				values = append(values, f.values[r.IntN(len(f.values))])
			} else {
				values = append(values, f.at(r.Float64()))
			}
		}
		if key := strings.Join(values, "\x00"); !seen[key] {
			seen[key] = true
			list = append(list, values)
		}
	}
	return search, paths, list, nil
}

// grid returns all combinations, the last field changing fastest.
func grid(fields []field) ([][]string, error) {
	list := [][]string{{}}
	for _, f := range fields {
		if len(list)*len(f.values) > most {
			return nil, fmt.Errorf("the grid has more than %d settings; --search random tries some", most)
		}
		var next [][]string
		for _, before := range list {
			for _, v := range f.values {
				next = append(next, append(slices.Clone(before), v))
			}
		}
		list = next
	}
	return list, nil
}
