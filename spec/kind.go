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
	MetricFamily      Family = "metric"
	// RecurrentFamily and PerStepFamily are the layers that wrappers take: bidirectional, and time_distributed.
	RecurrentFamily Family = "recurrent_layer"
	PerStepFamily   Family = "layer_of_a_step"
)

// Schema holds the kinds of each family, in any order.
type Schema map[Family][]Kind

// Kind returns a kind of a family, or nil.
func (s Schema) Kind(f Family, name string) *Kind {
	for i := range s[f] {
		if s[f][i].Name == name {
			return &s[f][i]
		}
	}
	return nil
}

// names returns the names of the kinds of a family, in their order.
func (s Schema) names(f Family) []string {
	var names []string
	for _, k := range s[f] {
		names = append(names, k.Name)
	}
	return names
}

// Kind is the schema of one kind: what a user writes as `name: {attribute: value, …}`, or as the
// bare word `name` if no attribute is required.
type Kind struct {
	Name  string // snake_case, unique in its family
	Doc   string // one sentence, shown by `nngen ops` and in the JSON Schema
	Attrs []Attr
	// Short names the attribute that a bare value sets, so that `dropout: 0.5` reads as
	// `dropout: {rate: 0.5}`. Empty if the kind has no such form.
	Short string
	// OneOf lists groups of attributes of which exactly one must be written.
	OneOf [][]string
}

// short returns the attribute that Short names; nil if there is none.
func (k *Kind) short() *Attr {
	for i := range k.Attrs {
		if k.Attrs[i].Name == k.Short {
			return &k.Attrs[i]
		}
	}
	return nil
}

// Type is the type of an attribute's value.
type Type int

// The types of attributes. The Go type that Attrs holds is given for each.
const (
	Int         Type = iota // int
	Float                   // float64
	Bool                    // bool
	String                  // string
	File                    // Path of a file, relative to that of the spec
	Enum                    // string, one of Attr.Enum
	Ints                    // []int; a single int is read as a list of one
	Floats                  // []float64; a single number is read as a list of one
	Strings                 // []string; a single string is read as a list of one
	Pairs                   // [][2]int
	Nodes                   // Node of Attr.Family: a bare word or a one-key mapping
	NodeList                // []Node of Attr.Family; a single one is read as a list of one
	Weights                 // []Weight, such as class weights: a mapping from names to positive numbers
	Size                    // int64, a number of bytes: a whole number, or one with a unit such as 256KiB
	Uint64                  // uint64
	Labels                  // Classes: a count, or a list of names
	Section                 // Node without a kind: a mapping with the attributes of Attr.Section
	SectionList             // []Node, each as for Section; a single one is read as a list of one
	Layers                  // []Layer
	Blocks                  // []block
	// []Ref, layers or inputs that a layer reads beside those of `from`; a single one is read as a list of one
	Refs
)

// Attr is the schema of one attribute.
type Attr struct {
	Name string
	Type Type
	Doc  string // one sentence with the unit if there is one

	// Required attributes must be written. Of the others, one with a nil Default is absent unless
	// written (Node.Has tells), and one with a Default always has a value. The Default of Nodes may
	// be just the name of a kind, whose own defaults are then filled in.
	Required bool
	Default  any

	// Min and Max bound a number, or each number of a list; nil for no bound. OpenMin and OpenMax
	// exclude the bound itself. NaN and infinities are never accepted.
	Min, Max         *float64
	OpenMin, OpenMax bool
	// Len bounds the length of a list: exactly Len values if Len > 0. No list may be empty.
	Len int
	// Repeat says that a single number stands for Len equal ones, as in `strides: 2`.
	Repeat bool

	// Enum holds the words of an Enum or Strings; for an Int, Float, Ints, Pairs or Weights, words
	// accepted in place of a number, list or mapping.
	Enum []string
	// Aliases are other spellings of words of an Enum, as other tools have them: `nngen fmt` writes the words.
	Aliases map[string]string
	Loose   bool   // a String or Strings: numbers and booleans are taken as the text that was written
	Family  Family // the family of Nodes and NodeList; of Strings, those of its kinds that words name
	// Beside says that weights outlive a change of the value: ModelSum is not of it.
	Beside bool
	// Results of a Bool of a layer are what it gives beside its output where that is true: layer l then gives l.r for
	// each r.
	Results []string
	Section *Kind // the schema of a Section and SectionList
}

// maxInt bounds every Int and each number of Ints and Pairs, whatever their Max.
const maxInt = 1<<31 - 1

// Bound returns a pointer to v, for Attr.Min and Attr.Max.
func Bound(v float64) *float64 { return &v }
