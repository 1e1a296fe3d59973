package op

import (
	"cmp"
	"slices"

	"github.com/nngen/nngen/spec"
)

// Optimizer is a kind of optimizer: what becomes of a parameter and its gradient in each step. All are of one file
// each, optimizer_<kind>.go, and have PyTorch's names, definitions and defaults where it has them.
type Optimizer struct {
	Kind spec.Kind
	// States returns the names of the arrays that it keeps, each with an element for every parameter, in the order in
	// which Step of the runtime takes them; "" stands for one that a use does without, for which Step gets nil.
	States func(n spec.Node) []string
	// Runtime returns the value whose method Step(w, g, states…, k, lr, clip) is the update in generated code.
	Runtime func(n spec.Node) Literal
	// Update returns what step k, counted from 1, with a learning rate does to one parameter, in float64.
	Update func(n spec.Node, k int, lr float64) func(p *Point)
}

// Point is one parameter in an update of the reference.
type Point struct {
	W, G  float64
	State []float64 // as States names them, those that are kept
}

// Kept returns the names of the states that a use of the optimizer keeps.
func (o *Optimizer) Kept(n spec.Node) []string {
	return slices.DeleteFunc(o.States(n), func(name string) bool { return name == "" })
}

// defineOptimizer checks a row and adds it to the table.
func defineOptimizer(o Optimizer) *Optimizer {
	if o.Kind.Name == "" || o.Kind.Doc == "" || o.Runtime == nil || o.Update == nil {
		panic("BUG: optimizer " + o.Kind.Name + " has an empty cell")
	}
	if o.States == nil {
		o.States = func(spec.Node) []string { return nil }
	}
	optimizers = append(optimizers, &o)
	return &o
}

var optimizers []*Optimizer

// Optimizers returns the kinds of optimizers, sorted by name.
func Optimizers() []*Optimizer {
	return slices.SortedFunc(slices.Values(optimizers), func(a,
		b *Optimizer) int {
		return cmp.Compare(a.Kind.Name, b.Kind.Name)
	})
}

// OptimizerByName returns a row of the table; it panics if there is none.
func OptimizerByName(name string) *Optimizer {
	for _, o := range optimizers {
		if o.Kind.Name == name {
			return o
		}
	}
	panic("BUG: no optimizer " + name)
}

// states returns names that do not depend on attributes.
func states(names ...string) func(spec.Node) []string {
	return func(spec.Node) []string { return slices.Clone(names) }
}

// stateIf returns the name of a state that is kept only if it is used.
func stateIf(used bool, name string) string {
	if used {
		return name
	}
	return ""
}

// Attributes that several optimizers share.
var (
	nonNegative = spec.Bound(0)
	decay       = spec.Attr{Name: "weight_decay", Type: spec.Float, Default: 0.0, Min: nonNegative,
		Doc: "Added times w to the gradient."}
	decoupled = spec.Attr{Name: "weight_decay", Type: spec.Float, Default: 0.01, Min: nonNegative,
		Doc: "Each step first shrinks w by lr times this."}
)

func rate(def float64) spec.Attr {
	return spec.Attr{Name: "lr", Type: spec.Float, Default: def, Min: nonNegative,
		Doc: "η: the learning rate before any schedule."}
}

func fraction(name string, def float64, doc string) spec.Attr {
	return spec.Attr{Name: name, Type: spec.Float, Default: def, Min: nonNegative,
		Max: spec.Bound(1), OpenMax: true, Doc: doc}
}

func eps(def float64) spec.Attr {
	return spec.Attr{Name: "eps", Type: spec.Float, Default: def, Min: nonNegative, Doc: "ε: added to the divisor."}
}

// betaAttr returns the attribute of two decays of running means.
func betaAttr(b1, b2 float64, doc string) spec.Attr {
	return spec.Attr{Name: "betas", Type: spec.Floats, Len: 2, Default: []float64{b1, b2}, Min: nonNegative,
		Max: spec.Bound(1), OpenMax: true, Doc: doc}
}

var betas = betaAttr(0.9, 0.999, "β₁, β₂: decay of the running means of g and g².")

// floatField returns the field of the runtime that an attribute fills.
func floatField(n spec.Node, field, attr string) Field { return Field{field, n.Float(attr)} }

// weightDecay returns the field of the weight decay.
func weightDecay(n spec.Node) Field { return floatField(n, "WeightDecay", "weight_decay") }

// adamFields returns those of optimizers like Adam.
func adamFields(n spec.Node) []Field {
	b := n.Floats("betas")
	return []Field{{"Beta1", b[0]}, {"Beta2", b[1]}, floatField(n, "Eps", "eps"), weightDecay(n)}
}
