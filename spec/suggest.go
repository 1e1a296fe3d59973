package spec

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// otherFamilies are where unknownKind looks for a word that was written in the wrong place, with
// what to write instead.
var otherFamilies = []struct {
	family Family
	hint   string
}{
	{ActivationFamily, "%s is an activation: write {activation: %[1]s}, or the field `activation: %[1]s` of a layer"},
	{LayerFamily, "%s is a layer"},
	{LossFamily, "%s is a loss"},
	{OptimizerFamily, "%s is an optimizer"},
	{ScheduleFamily, "%s is a schedule"},
	{InitializerFamily, "%s is an initializer"},
	{RegularizerFamily, "%s is a regularizer"},
	{PreprocessFamily, "%s belongs under `preprocess`"},
}

func (p *parser) unknownKind(f Family, word string, pos Pos, subject string) {
	var names []string
	for _, k := range p.schema[f] {
		names = append(names, k.Name)
	}
	sort.Strings(names)
	hint := p.suggest(word, names)
	if hint == "" {
		for _, o := range otherFamilies {
			if o.family != f && p.schema.Kind(o.family, word) != nil {
				hint = fmt.Sprintf(o.hint, word)
				break
			}
		}
	}
	if hint == "" && len(names) > 0 && len(names) <= 12 {
		hint = "there are " + strings.Join(names, ", ")
	}
	if hint == "" {
		hint = "`nngen ops` lists all kinds"
		if f == LayerFamily {
			hint += "; `blocks:` gives a list of layers a name"
		}
	}
	p.errs.Add("unknown-kind", pos, subject, hint, "there is no %s %s", f.kind(), quote(word))
}

// synonyms are names that other tools use for attributes of ours.
var synonyms = map[string][]string{
	"learning_rate": {"lr"}, "lr": {"learning_rate"}, "out_features": {"units"},
	"out_channels": {"filters"}, "neurons": {"units"},
	"size": {"units", "pool_size", "kernel_size", "shape"}, "p": {"rate"},
	"dropout_rate": {"rate"}, "kernel": {"kernel_size"},
	"stride": {"strides"}, "dilation": {"dilation_rate"}, "bias": {"use_bias"}, "beta_1": {"betas"}, "beta_2": {"betas"},
	"epsilon": {"eps"}, "eps": {"epsilon"}, "batch": {"batch_size"},
	"validation": {"validation_split"}, "input_shape": {"shape"},
	"model": {"layers"}, "network": {"layers"}, "train": {"training"}, "dataset": {"data"},
	"inputs": {"from"}, "input": {"from"},
	"labels": {"label"}, "early_stop": {"early_stopping"}, "memory": {"ram"}, "parameters": {"params"},
	"weights": {"class_weights"},
}

// elsewhere are hints for keys that belong to another mapping than they are often written in.
var elsewhere = map[string]string{
	"lr":        "it belongs to the optimizer: optimizer: {adam: {lr: 0.001}}",
	"calibrate": "it belongs to an output: - output: {calibrate: temperature}",
	"decision":  "it belongs to an output: - output: {decision: {threshold: f1}}",
	"threshold": "it belongs to an output: - output: {decision: {threshold: f1}}",
	"reject":    "it belongs to an output: - output: {reject: {confidence: 0.8}}",
	"quantiles": "it belongs to an output: - output: {quantiles: [0.05, 0.5, 0.95]}",
	"interval":  "it belongs to an output: - output: {interval: 0.9}",
}

// place says which section, or whether an output, has a key, if that is one place or two; "" else.
func (p *parser) place(key string, names []string) string {
	var places []string
	has := func(k *Kind) bool {
		return slices.ContainsFunc(k.Attrs, func(a Attr) bool { return a.Name == key })
	}
	seen := map[*Kind]bool{}
	var walk func(k *Kind, at string)
	walk = func(k *Kind, at string) {
		if seen[k] {
			return
		}
		seen[k] = true
		if at != "" && has(k) {
			places = append(places, "`"+at+"`")
		}
		for _, a := range k.Attrs {
			if a.Section != nil {
				walk(a.Section, strings.TrimPrefix(at+"."+a.Name, "."))
			}
		}
	}
	walk(&rootKind, "")
	if has(&rootKind) {
		places = append(places, "the top level")
	}
	if output := p.schema.Kind(LayerFamily, "output"); output != nil && has(output) && !slices.Contains(names, "units") {
		places = append(places, "an output")
	}
	if len(places) == 0 || len(places) > 2 {
		return ""
	}
	return fmt.Sprintf("%s belongs to %s", quote(key), strings.Join(places, " or "))
}

// suggestKey returns a hint for an unknown key, and the key that was probably meant, if any.
func (p *parser) suggestKey(key string, names []string) (hint, meant string) {
	for _, s := range synonyms[key] {
		if contains(names, s) {
			return fmt.Sprintf("did you mean %q?", s), s
		}
	}
	for _, n := range names {
		if n == key+"s" || n+"s" == key { // nearer than another section's attribute of that name
			return fmt.Sprintf("did you mean %q?", n), n
		}
	}
	if place := elsewhere[key]; place != "" {
		return place, ""
	}
	if place := p.place(key, names); place != "" {
		return place, ""
	}
	for _, o := range otherFamilies {
		if p.schema.Kind(o.family, key) != nil {
			return fmt.Sprintf(o.hint, key), ""
		}
	}
	if n := p.nearest(key, names); n != "" {
		return fmt.Sprintf("did you mean %q?", n), n
	}
	if len(names) == 0 {
		return "it takes no attributes", ""
	}
	return "there are " + strings.Join(names, ", "), ""
}

// suggest returns `did you mean "…"?` for the nearest of the names, or "" if none is near.
func (p *parser) suggest(word string, names []string) string {
	if n := p.nearest(word, names); n != "" {
		return fmt.Sprintf("did you mean %q?", clip(n))
	}
	return ""
}

// Nearest returns the name that was probably meant by a word, or "" if none is near.
func Nearest(word string, names []string) string { return new(parser).nearest(word, names) }

// Edits returns the fewest changes that make b of a, where letters are put in, left out or replaced, or two neighbours
// change places (the optimal string alignment distance).
func Edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := [3][]int{make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := range x {
		before, last, row := rows[(i+2)%3], rows[i%3], rows[(i+1)%3]
		row[0] = i + 1
		for j := range y {
			replaced := last[j]
			if x[i] != y[j] {
				replaced++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, replaced)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return rows[len(x)%3][len(y)]
}

// nearest returns the name that is fewest edits from a word, or "" if none is near.
func (p *parser) nearest(word string, names []string) string {
	if p.looked += len(names); word == "" || len(word) > maxName || p.looked > maxLooked {
		return ""
	}
	norm := func(s string) string {
		return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
	}
	best, dist := "", 1+(utf8.RuneCountInString(word)+2)/3
	for _, n := range names {
		if len(n) > maxName {
			continue
		}
		d := Edits(word, n)
		switch {
		case norm(word) == norm(n):
			d = 0
		case len(word) > 2 && strings.HasPrefix(n, word):
			d = min(d, 1)
		}
		if d < dist && d < utf8.RuneCountInString(n) {
			best, dist = n, d
		}
	}
	return best
}

// hintFor says how to write a missing attribute.
func hintFor(a *Attr) string {
	if a.Doc == "" {
		return ""
	}
	return a.Name + ": " + strings.TrimSuffix(a.Doc, ".")
}

func contains(words []string, w string) bool {
	for _, x := range words {
		if x == w {
			return true
		}
	}
	return false
}

// noun is what a kind of the family makes, and kind what one chooses from, in messages.
func (f Family) noun() string {
	if f == PreprocessFamily {
		return "preprocessing step"
	}
	return strings.ReplaceAll(string(f), "_", " ")
}

func (f Family) kind() string {
	if f == LayerFamily {
		return "layer kind"
	}
	return f.noun()
}

func article(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}
