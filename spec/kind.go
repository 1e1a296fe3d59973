package spec

// A Family names one of the open tables of kinds that a spec may draw from. The tables themselves
// are handed to Parse as data, so this package knows how a kind is written and checked, and not
// which kinds there are.
type Family string

// The families of kinds.
const (
	LayerFamily       Family = "layer"
	ActivationFamily  Family = "activation"
	InitializerFamily Family = "initializer"
	RegularizerFamily Family = "regularizer"
	SparsityFamily    Family = "sparsity"
	LossFamily        Family = "loss"
	OptimizerFamily   Family = "optimizer"
	ScheduleFamily    Family = "schedule"
	PreprocessFamily  Family = "preprocess"
)

// Schema holds the kinds of each family, in any order.
type Schema map[Family][]Kind

// Kind is the schema of one kind: what a user writes as `name: {attribute: value, …}`, or as the
// bare word `name` if no attribute is required.
type Kind struct {
	Name  string // snake_case, unique in its family
	Doc   string // one sentence, shown by `nngen ops` and in the JSON Schema
	Attrs []Attr
	// Short names the attribute that a bare value sets, so that `dropout: 0.5` reads as
	// `dropout: {rate: 0.5}`. Empty if the kind has no such form.
	Short string
}

// Type is the type of an attribute's value.
type Type int

// The types of attributes. The Go type that Attrs holds is given for each.
const (
	Int     Type = iota // int
	Float               // float64
	Bool                // bool
	String              // string
	Enum                // string, one of Attr.Enum
	Ints                // []int; a single int is read as a list of one
	Floats              // []float64; a single number is read as a list of one
	Strings             // []string; a single string is read as a list of one
	Pairs               // [][2]int
	Nodes               // Node of Attr.Family: a bare word or a one-key mapping
	Weights             // map[string]float64, such as class weights
)

// Attr is the schema of one attribute.
type Attr struct {
	Name string
	Type Type
	Doc  string // one sentence with the unit if there is one

	// Required attributes must be written. Of the others, one with a nil Default is absent unless
	// written (Node.Has tells), and one with a Default always has a value.
	Required bool
	Default  any

	// Min and Max bound a number, or each number of a list; nil for no bound. OpenMin and OpenMax
	// exclude the bound itself. NaN and infinities are never accepted.
	Min, Max         *float64
	OpenMin, OpenMax bool
	// Len bounds the length of a list: exactly Len values if Len > 0.
	Len int

	Enum   []string // the words of an Enum; for an Int or Float: words accepted in place of a number
	Family Family   // the family of Nodes
}

// Bound returns a pointer to v, for Attr.Min and Attr.Max.
func Bound(v float64) *float64 { return &v }
