// Package spec reads a network spec (YAML, and so JSON), checks it against schemas handed to it as
// data, and reports everything that is wrong at once, each error with its position, the source
// line and a hint. It also formats specs and prints their JSON Schema.
//
// The floor exists so that all above it works on values that are known to be well-formed: types,
// ranges and words are settled here; shapes and meaning are settled in codegen/net.
//
// Layers and other kinds come from the caller's Schema; the sections around them (training, data,
// limits, …) are described by the same Kind and Attr values in this package. So one mechanism checks
// them all, and JSONSchema describes just what Parse accepts.
//
// Files may be hostile: their size, depth, aliases and numbers are bounded before anything is built
// from them, and names become identifiers through Ident alone.
package spec

import (
	"slices"
	"strings"
)

// Pos is a place in a spec file. Line and Col count from 1, Col and Width in characters. The zero
// Pos means that no place is known.
type Pos struct {
	File  string
	Line  int
	Col   int
	Width int // of the word at that place, for the caret line; 0 if unknown
}

// Node is an instance of a kind with all its attributes checked and defaults filled in.
type Node struct {
	Kind string
	Pos  Pos // of the kind's name
	// Attrs holds the value of each attribute that was written or has a default, in the order of
	// the schema.
	Attrs []Value
}

// Value is the value of one attribute.
type Value struct {
	Name    string
	V       any  // of the Go type that Type documents
	Pos     Pos  // of the value; of the kind's name for a default
	Written bool // false if it was left out
	Default bool // V is the schema's default, written or not
	Beside  bool // of the attribute: see Attr
}

// Spec is a whole network spec, version 1.
type Spec struct {
	File   string // as given to Parse
	Source []byte

	Version    int
	Name       string // package name of the output
	NamePos    Pos
	Inputs     []Input
	Preprocess []Node // of PreprocessFamily; each may name its input with the attribute "input"
	Task       string // regression, binary, multiclass, or "" if the outputs are written in full
	TaskPos    Pos
	Classes    Classes
	Layers     []Layer
	DType      string // how weights are stored: float32, float16 or bfloat16
	Optimizer  Node   // of OptimizerFamily; adam with defaults if absent
	Schedule   *Node  // of ScheduleFamily; nil for a constant rate
	Training   Training
	Data       *Data // nil if absent
	Limits     Limits
	Quantize   Quantize
	Generate   Generate
}

// Input is one input of the network. Shape is that of one example: the batch axis is implied.
type Input struct {
	Name  string
	Shape []int
	// Columns names the data columns that feed this input; nil for all that no other input or
	// label takes.
	Columns []Column
	Tokens  *Tokens // nil for an input of other numbers
	// Layout says where the channels stand in Shape, and in what callers and files give: ChannelsFirst or ChannelsLast.
	Layout    string
	LayoutPos Pos
	Pos       Pos
	// ShapePos is where the shape is, or the input if it has none.
	ShapePos Pos
}

// LayersShape returns the shape of an example as layers see it, channels last.
func (in *Input) LayersShape() []int {
	if in.Layout != ChannelsFirst {
		return in.Shape
	}
	return append(slices.Clone(in.Shape[1:]), in.Shape[0])
}

// Tokens says what the numbers of an input stand for: 0 for the boundary of a text, the others for characters, bytes,
// or words of a file.
type Tokens struct {
	Characters string
	Bytes      bool
	Vocabulary string // path of the file
	Words      int    // in place of the others: as many of the most frequent words of the training rows
	Column     string // that holds the texts; "" for inputs of tokens
	Lowercase  bool   // whether the texts of the column are read in lower case
	Pos        Pos
}

// Column is a data column that feeds an input, and what its fields are: by default numbers.
type Column struct {
	Name      string
	Words     []string // it holds words: each becomes one number for each of these, 1 where it stands
	MaxWords  int      // in place of Words: as many of the most frequent words of the training rows; 0 for none
	Other     bool     // one more number for all other words
	Missing   bool     // one more number where the word is missing
	Flag      []string // it holds one of two words, which become 0 and 1
	Date      []string // it holds dates or times: the parts that become numbers
	Layout    string   // of dates: year_first, day_first, month_first, unix or unix_ms
	Fill      string   // the field in place of a missing one, median or mean of the training rows; "" for none
	Indicator bool     // one more number that tells whether the field is missing
	Unit      string   // of numbers: what may stand behind or before them; "duration" for durations, in seconds
	Pos       Pos
}

// MaxClasses is the most classes of an output: their names, which a package lists, and what is made of them take some
// hundred bytes each while it is compiled.
const MaxClasses = 1 << 20

// Classes are the class names, or only their number.
type Classes struct {
	Names []string // nil if only a count was given
	Count int      // 0 if absent
	Pos   Pos
}

// Layer is one entry of `layers:`. Beside the attributes of its kind every layer may have a name,
// the layers or inputs that it reads, a layer whose parameters it shares, and whether and how fast it is trained.
type Layer struct {
	Node
	Name    string // written, or made from the kind and a counter: dense1, dense2, …
	Named   bool   // whether the name was written
	NamePos Pos    // of the name, or of the kind
	From    []Ref  // nil for the layer before this one
	Share   *Ref   // nil if the layer has parameters of its own
	// Frozen says that training leaves the parameters as they are: trainable: false, of the layer itself or of the use
	// of a block that it stands in. Trainable is where that is written for the layer itself; without a line it is not.
	Frozen    bool
	Trainable Pos
	// LRFactor multiplies the learning rate for the parameters: that of the layer itself times those of the uses of
	// blocks that it stands in. LRFactorPos is where it is written for the layer itself; without a line it is not.
	LRFactor    float64
	LRFactorPos Pos
	// DType is how the weights are stored, as Spec.DType: that of the layer itself, else of the uses of blocks that it
	// stands in; "" for that of the spec. DTypePos is where it is written for the layer itself; without a line it is
	// not.
	DType    string
	DTypePos Pos
	// Faulty says that Parse reported something about the layer, so that what is written here may not be what was meant.
	Faulty bool
}

// reads returns the references of a layer to what it reads, by attribute.
func (l *Layer) reads() []Value {
	all := []Value{{Name: "from", V: l.From}}
	for _, v := range l.Attrs {
		if _, ok := v.V.([]Ref); ok {
			all = append(all, v)
		}
	}
	return all
}

// Path names a file, relative to that of the spec or absolute.
type Path string

// Ref names a layer or an input, or what a layer gives beside its output.
type Ref struct {
	Name string
	Pos  Pos
}

// Training says how the network is trained.
type Training struct {
	Epochs          int
	BatchSize       int // rows; 0 for the full training set
	Accumulate      int // batches of an update; at least 1
	Chunks          int // pieces of a batch whose gradients are added in a tree; 0 for a batch that is one
	Seed            uint64
	Shuffle         bool
	ValidationSplit float64 // share of the training rows that is held out, from the end after one shuffle
	EarlyStopping   *EarlyStopping
	EMA             *EMA // nil for none; at most one of EMA and SWA is set
	SWA             *SWA
	ClipNorm        float64  // limit of the global norm of the gradient; 0 for none
	ClipValue       float64  // limit of each element of the gradient; 0 for none
	Regularizer     *Node    // for every kernel that has none of its own; nil for none
	ClassWeights    []Weight // nil for none
	Balanced        bool     // in place of ClassWeights: all classes count alike
	BalancedPos     Pos
	Metrics         []string // beside the loss; nil for the task's own
	MetricsPos      Pos
	Pos             Pos
}

// Weight is the weight of one class in the loss.
type Weight struct {
	Class  string
	Weight float64
	Pos    Pos
}

// EarlyStopping ends the training when the monitored metric no longer improves.
type EarlyStopping struct {
	Monitor     string   // loss, val_loss, accuracy, val_accuracy, …
	Others      []string // whose improvement counts too; nil for none
	Patience    int      // epochs
	MinDelta    float64
	RestoreBest bool
	MinEpochs   int
	Pos         Pos
}

// EMA is an exponential moving average of the weights.
type EMA struct {
	Decay float64
	Start int // the epoch, from 1, in which it begins
}

// SWA is the mean of the weights at the ends of epochs.
type SWA struct {
	Start int     // the first epoch, from 1, whose weights are averaged
	LR    float64 // from then on; 0 for that of the schedule
}

// Examples returns the examples of one update; 0 for the full training set.
func (t *Training) Examples() int { return t.BatchSize * t.Accumulate }

// Data says where the examples are. Paths are relative to the spec's folder.
type Data struct {
	Train      *Source
	Validation *Source
	Test       *Source
	TestSplit  float64 // share of the rows of Train that is held out for testing, after one shuffle by Training.Seed
	Stratify   bool    // split so that each class keeps its share
	Target     string  // "input" if the targets are the preprocessed input; "" for labels
	// SkipBadRows is the share of the rows of a file up to which bad ones are left out.
	SkipBadRows float64
	Missing     []string // fields that stand for no value, beside empty ones
	Pos         Pos
}

// Source is one set of examples in one format.
type Source struct {
	Format string // csv, idx, npy, text or image
	Path   string // csv: the table; idx, npy: the features; text: the lines; image: the folder
	Image  *Image // nil for other formats
	Labels string // idx, npy: the file of labels
	// Header tells whether the first row of a CSV file holds names; nil to look.
	Header    *bool
	Delimiter string   // one character, or "spaces" for runs of them; "" to look
	Decimal   string   // "." or ","; "" to look
	Layout    string   // idx, npy: ChannelsFirst, ChannelsLast, or "" for that of the input
	Encoding  string   // such as windows-1252; "" to look
	Label     []string // csv: last, first, names or positions (from 0); several for several outputs
	Features  []string // csv: names or positions of the features; nil for all the others
	Weight    string   // csv: the column of sample weights; "" for none
	Series    *Series  // csv: nil if each row is an example
	Pos       Pos
}

// Image says how the pictures of a folder are read.
type Image struct {
	Resize                 []int // height and width; nil for those of the input
	Channels               int   // 0 for those of the input
	ResizePos, ChannelsPos Pos
}

// Series says that examples are windows over the rows of a table, which are steps in time. The label of a
// window is Horizon rows after its last step.
type Series struct {
	Columns        []string // of a step
	Horizon        int      // rows from the last step of a window to its label
	Steps          int      // labels of a window, one after another
	Gaps           string   // error, ignore or fill
	SamplingRate   int      // rows from a step to the next
	SequenceStride int      // rows from a window to the next
	Index          string   // the column that From and To are given in; "" for the number of the row
	From, To       *float64 // bounds of the index of labels, inclusive; nil for none
	Pos            Pos
}

// Limits are budgets; exceeding one is an error at compile time. 0 means no limit.
type Limits struct {
	Params int64
	Flash  int64 // bytes of code and weights by which a program grows that predicts
	RAM    int64 // bytes of model, activations and scratch memory of predictions one by one
	// AccuracyDrop is how many points of accuracy, in percent, quantisation may lose; nil for any.
	AccuracyDrop    *float64
	ParamsPos       Pos
	FlashPos        Pos
	RAMPos          Pos
	AccuracyDropPos Pos
}

// The numbers that a package of 8-bit integers takes and gives: float32, or int8 numbers too.
const (
	FloatIO = "float"
	Int8IO  = "int8"
)

// Quantize says how a package of 8-bit integers is made.
type Quantize struct {
	Rows       int    // of the calibration
	Observer   string // min_max | percentile | mse
	Percentile float64
	Skip       []string // layers that stay in float32
	SkipPos    Pos
	Aware      bool   // training rounds as the package will
	Freeze     int    // steps after which the ranges stay; 0 for never
	IO         string // FloatIO or Int8IO
	IOPos      Pos    // of io, the zero Pos if the spec leaves it out
	// Written says that the spec has the section.
	Written bool
	Pos     Pos
}

// Skips tells whether layers that stay in float32 have a layer among them, or what it was made from: a block, or a
// layer that brings others.
func Skips(skip []string, layer string) bool {
	return slices.ContainsFunc(skip, func(name string) bool {
		return layer == name || strings.HasPrefix(layer, name+".")
	})
}

// LayerOf returns the name of the layer of the spec that a layer was made from, which is its own or the beginning of
// it.
func (s *Spec) LayerOf(layer string) string {
	for name := layer; ; {
		if slices.ContainsFunc(s.Layers, func(l Layer) bool { return l.Name == name }) {
			return name
		}
		i := strings.LastIndex(name, ".")
		if i < 0 {
			return name
		}
		name = name[:i]
	}
}

// Full and Tiny are the profiles of packages.
const (
	Full = "full"
	Tiny = "tiny"
)

// Generate steers the output.
type Generate struct {
	Profile string // full | tiny
	Runtime string // copy | shared | import
	Train   bool   // whether the training package is wanted
	Stream  string // auto | always | never: whether the network can be run step by step
	// Kernels says whose kernels predictions and gradients call: auto | library | made. KernelsPos is where that is
	// written.
	Kernels    string
	KernelsPos Pos
	// Guard asks for what tells whether an input is unlike the training data; GuardPos is where that is written.
	Guard    bool
	GuardPos Pos
	Pos      Pos
}
