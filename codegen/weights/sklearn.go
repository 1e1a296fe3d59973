package weights

import (
	"regexp"
	"slices"

	"github.com/nngen/nngen/codegen/op"
)

// sklearn is scikit-learn, whose MLPClassifier and MLPRegressor have a list coefs_ of matrices and a list intercepts_ of
// biases; their arrays are numbered in the order of the layers.
var sklearn = &framework{
	name:   "scikit-learn",
	roles:  []string{"kernel", "bias"},
	layout: "scikit-learn keeps a matrix as in × out",
}

func init() {
	sklearn.kinds = map[string]func(c *conversion){"dense": keras.kinds["dense"]}
}

// sklearnArray is the name of an array of scikit-learn.
var sklearnArray = regexp.MustCompile(`^(coefs|intercepts)_(\d+)$`)

// sklearnNames tells whether the names of all arrays are those of scikit-learn.
func sklearnNames(f *File) bool {
	return len(f.Arrays) > 0 && !slices.ContainsFunc(f.Arrays, func(a *Array) bool { return !sklearnArray.MatchString(a.Name) })
}

// sklearnLayer returns module and role of an array of scikit-learn.
func sklearnLayer(name string) (path []string, role string) {
	m := sklearnArray.FindStringSubmatch(name)
	if role = "bias"; m[1] == "coefs" {
		role = "kernel"
	}
	return []string{"mlp", m[2]}, role
}

// byChain pairs layers that follow one another with modules in the order of their numbers, if there are as many of both
// and each pair fits: a perceptron of scikit-learn is such a chain.
func (m *matcher) byChain() {
	layers, modules := m.free()
	slices.SortFunc(modules, func(a, b *module) int { return compareNatural(a.String(), b.String()) })
	if len(layers) == 0 || len(layers) != len(modules) || len(layers) != len(m.layers) || !chained(layers) {
		return
	}
	for i, l := range layers {
		if !m.fits(l, modules[i]) {
			return
		}
	}
	for i, l := range layers {
		m.pair(l, modules[i], "by order of numbers")
	}
}

// chained tells whether each of some layers gets what the one before it gives, through layers without weights.
func chained(layers []*op.Layer) bool {
	for i, l := range layers[1:] {
		for l = l.In[0]; l != layers[i]; l = l.In[0] {
			if len(l.In) != 1 {
				return false
			}
		}
	}
	return true
}
