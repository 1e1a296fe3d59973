package op

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Initializer is a kind of initializer: the values that parameters have before the first step. All are in files of
// their own, initializer_<kind>.go.
type Initializer struct {
	Kind spec.Kind
	// Inner says that no spec may write the kind: layers give it to their parameters.
	Inner bool
	// Runtime returns the calls of package initial, in order, that fill a parameter of zeros in generated code. It is
	// nil for auto, in whose place Build puts another.
	Runtime func(p *ir.Param) []InitialCall
	// Spread returns the middle of the values, and the half width of the uniform distribution that has their deviation.
	// Those that all have one value have one of filledSpread. Golden vectors draw the numbers of untrained networks so.
	Spread func(p *ir.Param) (center, radius float64)
	// Whole says that a value depends on its place, so that Fill wants the memory of all; else it fills any x by the
	// numbers that it is given.
	Whole bool
	// Fill writes the values in float64, by the numbers of the parameter's stream.
	Fill func(p *ir.Param, d Draws, x []float64)
	// Check returns what is wrong with the kind for a parameter, called role in messages; "" if nothing is. It may be
	// nil.
	Check func(p *ir.Param, role string) string
}

// InitialCall is a call of package initial: Func(values, args…), and behind those seed and stream if it draws at
// random.
type InitialCall struct {
	Func     string
	From, To int // the part of the parameter that is filled; all of it if To is 0
	Args     []any
	Random   bool
}

// Draws gives number i in [0, 1) of a parameter's stream.
type Draws func(i int) float64

// normal returns the normal number at a quantile; that of 0 is taken at 2⁻⁵⁴.
func normal(p float64) float64 { return distuv.UnitNormal.Quantile(math.Max(p, 0x1p-54)) }

// defineInitializer checks a row and adds it to the table.
func defineInitializer(i Initializer) *Initializer {
	if i.Kind.Name == "" || i.Kind.Doc == "" || (i.Runtime == nil) != (i.Fill == nil) ||
		(i.Runtime == nil) != (i.Spread == nil) {
		panic("BUG: initializer " + i.Kind.Name + " has an empty cell")
	}
	initializers = append(initializers, &i)
	return &i
}

var initializers []*Initializer

// Initializers returns the kinds that a spec may write, sorted by name.
func Initializers() []*Initializer {
	all := slices.DeleteFunc(slices.Clone(initializers), func(i *Initializer) bool { return i.Inner })
	slices.SortFunc(all, func(a, b *Initializer) int { return cmp.Compare(a.Kind.Name, b.Kind.Name) })
	return all
}

// InitializerByName returns a row of the table; it panics if there is none.
func InitializerByName(name string) *Initializer {
	for _, i := range initializers {
		if i.Kind.Name == name {
			return i
		}
	}
	panic("BUG: no initializer " + name)
}

// gainAttr multiplies the deviation or the range.
var gainAttr = spec.Attr{Name: "gain", Type: spec.Float, Default: 1.0, Min: spec.Bound(0), OpenMin: true,
	Doc: "Multiplies the range or deviation."}

// defineSpread adds an initializer whose range or deviation is gain times a function of fan-in and fan-out; uniform is
// on (−r, r), else it is normal. name is that of the function of package initial.
func defineSpread(k spec.Kind, name string, uniform bool, spread func(in, out float64) float64) *Initializer {
	k.Attrs = append(k.Attrs, gainAttr)
	return defineInitializer(Initializer{
		Kind: k,
		Runtime: func(p *ir.Param) []InitialCall {
			return []InitialCall{{Func: name, Args: []any{p.FanIn, p.FanOut, p.Init.Float("gain")}, Random: true}}
		},
		Spread: func(p *ir.Param) (center, radius float64) {
			radius = p.Init.Float("gain") * spread(float64(max(p.FanIn, 1)), float64(max(p.FanOut, 1)))
			if !uniform {
				radius *= math.Sqrt(3)
			}
			return 0, radius
		},
		Fill: func(p *ir.Param, d Draws, x []float64) {
			s := p.Init.Float("gain") * spread(float64(p.FanIn), float64(p.FanOut))
			for i := range x {
				if uniform {
					x[i] = s * (2*d(i) - 1)
				} else {
					x[i] = s * normal(d(i))
				}
			}
		},
	})
}

// defineFilled adds an initializer that gives all elements one number. name is that of the function of package initial,
// "" for none.
func defineFilled(k spec.Kind, name string, args func(n spec.Node) []any,
	value func(n spec.Node) float64) *Initializer {
	return defineInitializer(Initializer{
		Kind: k,
		Runtime: func(p *ir.Param) []InitialCall {
			if name == "" {
				return nil
			}
			return []InitialCall{{Func: name, Args: args(p.Init)}}
		},
		Spread: func(p *ir.Param) (center, radius float64) { return value(p.Init), filledSpread },
		Fill: func(p *ir.Param, _ Draws, x []float64) {
			for i := range x {
				x[i] = value(p.Init)
			}
		},
	})
}

// filledSpread is the radius of numbers that stand for equal ones: so large that one that is left out or taken twice
// shows, and so small that a factor about 1 keeps its sign.
const filledSpread = 0.25

// semiOrthogonal is Spread of matrices that keep lengths: of rows, or columns, of length gain, the elements of fan_in
// have the variance gain²/fan_in.
func semiOrthogonal(p *ir.Param) (center, radius float64) {
	return 0, p.Init.Float("gain") * math.Sqrt(3/float64(max(p.FanIn, 1)))
}

// noArgs is for initializers without attributes.
func noArgs(spec.Node) []any { return nil }
