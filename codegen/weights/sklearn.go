package weights

import (
	"regexp"
	"slices"
	"strconv"

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
	return len(f.Arrays) > 0 &&
		!slices.ContainsFunc(f.Arrays, func(a *Array) bool { return !sklearnArray.MatchString(a.Name) })
}

// sklearnLayer returns module and role of an array of scikit-learn.
func sklearnLayer(name string) (path []string, role string) {
	m := sklearnArray.FindStringSubmatch(name)
	if role = "bias"; m[1] == "coefs" {
		role = "kernel"
	}
	return []string{"mlp", m[2]}, role
}

// byChain pairs layers that follow one another with the modules of their numbers, unless Map has paired them otherwise, if
// each pair fits: a perceptron of scikit-learn is such a chain.
func (m *matcher) byChain() {
	layers, modules := m.free()
	if len(layers) != len(modules) || !chained(m.layers) {
		return
	}
	pairs := map[*op.Layer]*module{}
	for _, x := range modules {
		k, err := strconv.Atoi(x.path[1])
		if err != nil || k >= len(m.layers) || !slices.Contains(layers, m.layers[k]) || !m.fits(m.layers[k], x) {
			return
		}
		pairs[m.layers[k]] = x
	}
	for l, x := range pairs {
		m.pair(l, x, "by order of numbers")
	}
}

// chained tells whether each of some layers gets what the one before it gives, through layers without weights.
func chained(layers []*op.Layer) bool {
	for i, l := range layers[min(1, len(layers)):] {
		for l = l.In[0]; l != layers[i]; l = l.In[0] {
			if len(l.In) != 1 {
				return false
			}
		}
	}
	return true
}
