package spec

// Code is a kind of mistake.
type Code struct {
	Name string
	// Floor is the package that raises it: "spec" before anything is known about shapes, "op" after.
	// Each code of spec has an example in testdata/spec/<code>.txtar that spec's own test reads; those
	// of op are read by a test of codegen, where the kinds are known.
	Floor   string
	Warning bool   // whether it is a warning and not an error
	Doc     string // what it means and what to do
}

// Codes are all codes that errors about a spec may have, sorted by floor and name.
var Codes = []Code{
	{"activation", "op", false, "The activation does not fit the layer, as softmax over a single unit."},
	{"arity", "op", false, "A layer reads more or fewer layers than its kind takes."},
	{"batch-pieces", "op", true, "A batch is worked off in pieces, each of which batch_norm normalises by itself."},
	{"classes", "op", false, "The number of classes does not fit the task or the output."},
	{"decision", "op", false,
		"How an output chooses, calibrates or bounds its predictions does not fit it, or has no rows to be fitted to."},
	{"gradient-kernels", "op", true,
		"`generate: {kernels: made}`, and kernels are made for predictions or steps, but none can be for gradients."},
	{"guard", "op", false,
		"`generate: {guard: true}`, but the last hidden layer is too wide, or there are no rows to fit it to."},
	{"init", "op", false,
		"The initializer does not fit the shape of the parameter, as identity for one that is not square."},
	{"input", "op", false, "An input is named by nothing, or data columns do not fit it."},
	{"kernels", "op", false, "`generate: {kernels: made}`, but no kernels can be made for the network."},
	{"limit", "op", false, "The network exceeds a budget of `limits`, or the weights that the tiny profile takes."},
	{"metric", "op", false, "A metric, or the monitor of early stopping, does not fit the task."},
	{"no-output", "op", false, "No layer is an output: nothing says what to train or predict."},
	{"output-pair", "op", false, "Output activation and loss do not go together, as a cross-entropy on linear units."},
	{"pixels", "op", true, "An output has a prediction for each pixel of an image, where one for the image may be meant."},
	{"preprocess", "op", false, "A preprocessing step does not fit its input."},
	{"quantize", "op", false, "A layer has no form in 8-bit integers, or no layer is left that has one."},
	{"schedule", "op", false, "The schedule contradicts itself, the optimizer or the length of the training."},
	{"shape", "op", false, "The shapes of a layer's inputs do not fit the layer or each other."},
	{"share-kind", "op", false, "A layer shares the parameters of one of another kind or without any."},
	{"share-shape", "op", false, "A layer shares parameters that have another shape than its own would have."},
	{"size", "op", false, "The network is larger than any machine: a product of sizes overflows."},
	{"sparsity", "op", false, "A mask does not fit its parameter, or leaves no connection."},
	{"stream", "op", false, "`generate: {stream: always}`, but the network cannot be run step by step."},
	{"tokens", "op", true, "A layer other than an embedding reads tokens, as if they were quantities."},
	{"trainable", "op", false,
		"A layer without parameters of its own says whether or how fast they are trained, one that is frozen says how " +
			"fast, or all parameters of a network are frozen."},
	{"unlikely-pair", "op", true, "Output activation and loss can be trained together, but are hardly meant."},
	{"unused-input", "op", true, "No layer reads an input."},
	{"unused-layer", "op", true, "Nothing reads a layer, and it is no output: it is not computed."},
	{"weights", "op", false, "A layer says how its weights are stored, but has no kernel or table of its own."},

	{"aliases", "spec", false, "A YAML alias contains itself, or aliases expand to more values than a spec may hold."},
	{"conflict", "spec", false, "Two values are fine each by itself, but not together."},
	{"cycle", "spec", false, "A layer reads, by way of others, its own output, or shares its own parameters."},
	{"documents", "spec", false, "The file holds several YAML documents."},
	{"duplicate-key", "spec", false, "A key is written twice in one mapping."},
	{"duplicate-name", "spec", false, "Two layers, inputs or classes have the same name."},
	{"empty", "spec", false, "The file holds nothing but comments."},
	{"encoding", "spec", false, "The file is not UTF-8."},
	{"form", "spec", false, "A layer or another kind is written neither as a word nor as a mapping with one key."},
	{"format", "spec", false,
		"`nngen fmt` can't keep all that the file holds, as comments between parts of a multi-line text."},
	{"length", "spec", false, "A list has too few or too many values."},
	{"missing", "spec", false, "A required key was left out."},
	{"name", "spec", false, "A name cannot become an identifier."},
	{"name-clash", "spec", false, "Two names become the same identifier in Go."},
	{"package-name", "spec", false, "The name of the spec cannot be that of a Go package."},
	{"range", "spec", false, "A value is outside its bounds."},
	{"reserved-name", "spec", false, "A name means something else in Go."},
	{"syntax", "spec", false, "The file is not YAML."},
	{"tag", "spec", false, "A value has a YAML tag."},
	{"too-deep", "spec", false, "Lists and mappings are nested too deep."},
	{"too-large", "spec", false, "The file is larger than a spec may be."},
	{"type", "spec", false, "A value is of another type than its key takes."},
	{"unknown-key", "spec", false, "A key is none of those that its mapping takes."},
	{"unknown-kind", "spec", false, "A word is none of the kinds of its family."},
	{"unknown-ref", "spec", false, "A reference names no layer, input or class of the spec."},
	{"version", "spec", false, "The spec is of a version that this nngen does not read."},
	{"version-first", "spec", false, "Another key comes before `version`."},
	{"word", "spec", false, "A value is none of the words that its key takes."},
}
