package spec

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// ownersSections are those of a spec that say where its owner keeps what, and how packages are made of it: they have no
// meaning for somebody who gets the network alone.
var ownersSections = []string{"data", "limits", "quantize"}

// ModelText returns the text of a spec for others to go on with, as Format writes it: without comments, and without the
// sections data, limits and quantize. Of generate it keeps whether there is a training.
func (s *Spec) ModelText() ([]byte, error) {
	root, errs := load(s.File, s.Source)
	if root == nil {
		return nil, errs
	}
	uncomment(root)
	keep(root, func(key string) bool { return !slices.Contains(ownersSections, key) })
	if g := pair(root, "generate"); g != nil {
		keep(g, func(key string) bool { return key == "train" })
		keep(root, func(key string) bool { return key != "generate" || len(g.Content) > 0 })
	}
	text, err := yaml.Marshal(root)
	if err != nil {
		return nil, err
	}
	return Format(s.File, text)
}

// WithoutPreprocess returns the text of a spec whose inputs are what the steps of preprocessing give.
func WithoutPreprocess(text []byte) ([]byte, error) {
	root, errs := load("", text)
	if root == nil {
		return nil, errs
	}
	keep(root, func(key string) bool { return key != "preprocess" })
	return yaml.Marshal(root)
}

// keep leaves those keys of a mapping.
func keep(m *yaml.Node, wanted func(key string) bool) {
	var kept []*yaml.Node
	for i := 0; m.Kind == yaml.MappingNode && i+1 < len(m.Content); i += 2 {
		if wanted(m.Content[i].Value) {
			kept = append(kept, m.Content[i], m.Content[i+1])
		}
	}
	m.Content = kept
}

// uncomment removes the comments of a value and of all in it.
func uncomment(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, c := range n.Content {
		uncomment(c)
	}
}
