package spec

// The sections of a spec outside its layers are described by the same data as the kinds, so that
// errors, defaults and the JSON Schema come from one mechanism.

// Missing are the fields that stand for no value unless a spec says otherwise.
var Missing = []string{"NA", "N/A", "n/a", "na", "NaN", "nan", "NULL", "null", "None", "?", "-"}

// Balanced is the word for class weights that make all classes count alike.
const Balanced = "balanced"

// rootKind is the schema of a whole spec.
var rootKind = Kind{
	Name: "spec",
	Doc:  "A network: its inputs, layers, training and budgets.",
	Attrs: []Attr{
		{Name: "version", Type: Int, Required: true, Min: Bound(1), Max: Bound(1),
			Doc: "Version of the spec format; it comes first."},
		{Name: "name", Type: String, Required: true, Doc: "Name of the generated Go package."},
		{Name: "input", Type: Section, Section: &inputKind, Doc: "The input, if there is one."},
		{Name: "inputs", Type: SectionList, Section: &inputKind, Doc: "The inputs, if there are several."},
		{Name: "preprocess", Type: NodeList, Family: PreprocessFamily,
			Doc: "What is done to the inputs before the first layer, in order."},
		{Name: "task", Type: Enum, Enum: []string{"regression", "binary", "multiclass"},
			Doc: "Chooses output layer, loss and metrics; left out if the outputs are written in full."},
		{Name: "classes", Type: Labels, Doc: "The names of the classes, or their number."},
		{Name: "blocks", Type: Blocks,
			Doc: "Lists of layers under names of their own: `layers` names such a list to repeat it, and in it `input` is " +
				"what it reads."},
		{Name: "layers", Type: Layers, Required: true,
			Doc: "The layers, each reading the one before it unless `from` says otherwise."},
		{Name: "weights", Type: Section, Section: &weightsKind,
			Doc: "How the weights are stored: kernels, recurrent kernels and tables of embeddings."},
		{Name: "optimizer", Type: Nodes, Family: OptimizerFamily, Doc: "The optimizer; adam if left out."},
		{Name: "schedule", Type: Nodes, Family: ScheduleFamily,
			Doc: "The schedule of the learning rate; constant if left out."},
		{Name: "training", Type: Section, Section: &trainingKind, Doc: "How the network is trained."},
		{Name: "data", Type: Section, Section: &dataKind, Doc: "Where the examples are; paths are relative to the spec."},
		{Name: "limits", Type: Section, Section: &limitsKind, Doc: "Budgets; exceeding one is an error at compile time."},
		{Name: "generate", Type: Section, Section: &generateKind, Doc: "What is generated."},
		{Name: "quantize", Type: Section, Section: &quantizeKind,
			Doc: "How nngen quantize makes a package of 8-bit integers."},
	},
	OneOf: [][]string{{"input", "inputs"}},
}

var inputKind = Kind{
	Name: "input",
	Doc:  "An input of the network.",
	Attrs: []Attr{
		{Name: "name", Type: String, Default: "x", Doc: "Name of the input, for `from`."},
		{Name: "shape", Type: Ints, Required: true, Min: Bound(1),
			Doc: "Shape of one example, channels last if layout says nothing else; the batch axis is implied."},
		{Name: "layout", Type: Enum, Enum: layouts, Default: ChannelsLast,
			Doc: "Where the channels of an example stand that callers and files give, and with it in shape: channels_first " +
				"for [channels, height, width] or [channels, steps], as PyTorch has them. Preprocessing sees that order; layers " +
				"see channels last, and outputs have them last. A sequence with channels first is not run step by step."},
		{Name: "columns", Type: SectionList, Section: &columnKind,
			Doc: "The data columns that feed this input, each a name or position (from 0), or a mapping that says what it " +
				"holds; all that are free if left out."},
		{Name: "one_hot", Type: SectionList, Section: &oneHotKind,
			Doc: "Those of the columns that hold words: each becomes one number for each word."},
		{Name: "tokens", Type: Section, Section: &tokensKind,
			Doc: "Says that the numbers stand for parts of a text, and for which."},
	},
}

var tokensKind = Kind{
	Name: "tokens",
	Doc: "What the numbers of an input stand for: 0 for the boundary, before and behind a text, the others for its " +
		"parts. Byte pairs are no such parts; a vocabulary of words in a file may hold those that another tool found.",
	Attrs: []Attr{
		{Name: "characters", Type: String, Loose: true, Doc: "The characters of the vocabulary: the first is token 1."},
		{Name: "bytes", Type: Bool, Doc: "Whether the vocabulary is that of all bytes: b is token b + 1."},
		{Name: "vocabulary", Type: String,
			Doc: "Path of a file with the words of the vocabulary, one a line: the first is token 1."},
		{Name: "words", Type: Int, Min: Bound(1), Max: Bound(1 << 20),
			Doc: "As many of the most frequent words of the training rows, of a column: they are found in training and " +
				"become part of the package."},
		{Name: "column", Type: String, Loose: true,
			Doc: "Column of a table that holds texts: the input has its first tokens, 0 behind them, and a token more for " +
				"all words or characters that the vocabulary lacks; where no training text has one, they are left out in use. A " +
				"letter in one character with its mark (NFC of Unicode) and in two (NFD) are different. " +
				"Of words each is a run of letters, digits and their marks, apostrophes within it; what stands between, " +
				"such as punctuation and emoji, counts for nothing."},
		{Name: "lowercase", Type: Bool, Default: false,
			Doc: "Whether the texts of the column are read in lower case, and its words or characters with them."},
		{Name: "steps", Type: Int, Min: Bound(1),
			Doc: "Tokens of a text, as the shape says too: longer ones are cut off, shorter ones padded with 0."},
	},
	OneOf: [][]string{{"characters", "bytes", "vocabulary", "words"}},
}

// The words of layout, for an input and for files of arrays.
const (
	ChannelsFirst = "channels_first"
	ChannelsLast  = "channels_last"
)

var layouts = []string{ChannelsFirst, ChannelsLast}

// dateParts are the words of `columns: [{date: […]}]`, and dateLayouts those of its layout, in the order of package
// encode.
var (
	dateParts   = []string{"year", "month", "day", "weekday", "hour", "year_day"}
	dateLayouts = []string{"year_first", "day_first", "month_first", "unix", "unix_ms"}
)

var columnKind = Kind{
	Name: "column",
	Doc: "A data column, and what its fields are: numbers if nothing else is said. " +
		"One of its numbers that is the same in all training rows stays so in use, since nothing is learned of another: " +
		"a word that none of them has is then all zeros, and changes nothing. The steps of a series stay as they are.",
	Short: "name",
	Attrs: []Attr{
		{Name: "name", Type: String, Required: true, Loose: true,
			Doc: "Name of the column, or its position: a number from 0, or \"#1\" for the first and \"#-1\" for the last."},
		{Name: "words", Type: Strings, Loose: true,
			Doc: "The words that it holds: each becomes one number, 1 where it stands, else 0. A field that is none of them " +
				"counts as the one that differs from it in case alone."},
		{Name: "max_words", Type: Int, Min: Bound(1),
			Doc: "In place of words: as many of the most frequent words of the training rows, which are found in training " +
				"and become part of the package."},
		{Name: "other", Type: Bool, Default: false,
			Doc: "Whether all further words become one more number; else they are errors."},
		{Name: "missing", Type: Bool, Default: false, Doc: "Whether a missing word becomes one more number."},
		{Name: "flag", Type: Strings, Loose: true, Len: 2, Doc: "The two words that it holds: they become 0 and 1."},
		{Name: "date", Type: Strings, Enum: dateParts,
			Doc: "It holds dates or times, of which these parts become numbers: year one, the others the sine and cosine of " +
				"2π times a share: (month − 1)/12, (day − 1)/31, days since Monday/7, seconds of the day/86400, and of year_day " +
				"days since January 1/366, in every year. " +
				"They are those of UTC where a field has an offset, else as it stands."},
		{Name: "layout", Type: Enum, Enum: dateLayouts, Default: "year_first",
			Doc: "How dates are written: 2020-12-31 or 20201231, 31.12.2020, 12/31/2020, seconds or milliseconds since 1970."},
		{Name: "unit", Type: String, Loose: true,
			Doc: "What may stand behind or before its numbers, such as kg, $ or %, and nothing else may; of money $3.5M is " +
				"read too. duration for durations, which become seconds: 1h 30m, 1:30:00, PT90M; 1:47 is 1 minute and 47 " +
				"seconds, also among those with hours."},
		{Name: "fill", Type: String, Loose: true,
			Doc: "What takes the place of a missing field, written as a field; median or mean for that of the training rows, " +
				"of numbers or dates."},
		{Name: "indicator", Type: Bool, Default: false, Doc: "Whether one more number tells that the field was missing."},
	},
}

var oneHotKind = Kind{
	Name: "one_hot",
	Doc:  "A column of words, which becomes one number for each of them: 1 for the word that stands there, else 0.",
	Attrs: []Attr{
		{Name: "column", Type: String, Required: true, Loose: true, Doc: "The column, as in `columns`."},
		{Name: "values", Type: Strings, Required: true, Loose: true, Doc: "The words, in the order of the numbers."},
	},
}

var trainingKind = Kind{
	Name: "training",
	Doc:  "How the network is trained.",
	Attrs: []Attr{
		{Name: "epochs", Type: Int, Default: 10, Min: Bound(1), Doc: "Passes over the training set."},
		{Name: "batch_size", Type: Int, Default: 32, Min: Bound(1), Enum: []string{"full"},
			Doc: "Rows per step; full for the whole training set."},
		{Name: "accumulate", Type: Int, Default: 1, Min: Bound(1),
			Doc: "Batches whose gradients are added before an update: each step is one of batch_size times as many examples, " +
				"with their mean as objective, in the memory of batch_size. The bits are those of that larger batch where it " +
				"too is worked off in pieces of batch_size, else its gradients up to rounding; a batch_norm takes each piece " +
				"for a batch."},
		{Name: "chunks", Type: Int, Min: Bound(1), Max: Bound(1024),
			Doc: "A power of two: pieces of each batch whose gradients are added in a balanced tree, so that up to so many " +
				"processes (1, 2, 4, …) share a training with the same bits; see Join of the training package. Left out, a " +
				"batch is one piece, for one process. The bits differ from those of another number of chunks; a batch_norm " +
				"takes each chunk for a batch, and its running statistics become the mean of what the chunks make of them."},
		{Name: "seed", Type: Uint64, Default: uint64(0), Doc: "Seed of initialisation, shuffles, splits and dropout."},
		{Name: "shuffle", Type: Bool, Default: true, Doc: "Whether the rows are shuffled in each epoch."},
		{Name: "validation_split", Type: Float, Default: 0.0, Min: Bound(0), Max: Bound(1), OpenMax: true,
			Doc: "Share of the training rows held out for validation: drawn at random, of a series the last ones, and " +
				"windows whose labels reach into those are left out."},
		{Name: "early_stopping", Type: Section, Section: &earlyStoppingKind,
			Doc: "Ends the training when the monitored metric no longer improves."},
		{Name: "ema", Type: Section, Section: &emaKind,
			Doc: "Evaluates and keeps an exponential moving average of the weights in place of the last ones."},
		{Name: "swa", Type: Section, Section: &swaKind,
			Doc: "Evaluates and keeps the mean of the weights at the ends of the last epochs (stochastic weight averaging)."},
		{Name: "clip_norm", Type: Float, Min: Bound(0), OpenMin: true,
			Doc: "Limit of the global norm of the gradient, penalties included, after clip_value."},
		{Name: "clip_value", Type: Float, Min: Bound(0), OpenMin: true,
			Doc: "Limit of each element of the gradient, penalties included, before clip_norm."},
		{Name: "kernel_regularizer", Type: Nodes, Family: RegularizerFamily,
			Doc: "Regularizer of every kernel that has none of its own."},
		{Name: "class_weights", Type: Weights, Enum: []string{Balanced},
			Doc: "Weight of each class in the loss that is trained on, by class name; 1 for those left out. balanced gives a " +
				"class n/(k·m), m of the n training rows being of it and k the number of classes. The objective is Σw·loss/Σw " +
				"over the examples, w being their weight times that of their class. Evaluations, val_loss too, go without. With " +
				"several outputs of classes, output has it."},
		{Name: "metrics", Type: Strings, Family: MetricFamily,
			Doc: "Metrics beside the loss; accuracy, or rmse and r2, if left out. A training package measures no others " +
				"but what its training goes by. In metrics each example counts once, whatever its weight."},
	},
}

var earlyStoppingKind = Kind{
	Name: "early_stopping",
	Doc:  "Ends the training when the monitored metric no longer improves.",
	Attrs: []Attr{
		{Name: "monitor", Type: Strings, Default: []string{"val_loss"},
			Doc: "The loss or a metric, of several outputs with the name of one in front; val_ before all is for the " +
				"validation set. loss is the mean objective of the steps, with penalties, dropout and class_weights; val_loss " +
				"is the loss alone, as in predictions. Of several, the training ends when none improves any longer, and the " +
				"first says which epoch is the best."},
		{Name: "patience", Type: Int, Default: 5, Min: Bound(0), Doc: "Epochs without improvement before the training ends."},
		{Name: "min_delta", Type: Float, Default: 0.0, Min: Bound(0), Doc: "The least change that counts as an improvement."},
		{Name: "restore_best", Type: Bool, Default: true,
			Doc: "Whether the best epoch's weights are kept instead of the last."},
		{Name: "min_epochs", Type: Int, Default: 0, Min: Bound(0),
			Doc: "Epochs before whose end the training does not stop."},
	},
}

var emaKind = Kind{
	Name: "ema",
	Doc: "An exponential moving average of all weights, running statistics of norms included: after each step a ← a " +
		"+ (1 − decay)·(w − a), from a = w after the first. It is what validation measures, early stopping keeps, and the " +
		"package gets; the training goes on with w.",
	Short: "decay",
	Attrs: []Attr{
		{Name: "decay", Type: Float, Default: 0.999, Min: Bound(0), Max: Bound(1), OpenMin: true, OpenMax: true,
			Doc: "What the average keeps of itself in each step: it looks back over about 1/(1 − decay) steps."},
		{Name: "start_epoch", Type: Int, Default: 1, Min: Bound(1),
			Doc: "The epoch, from 1, in which it begins; weights before are evaluated as they are."},
	},
}

var swaKind = Kind{
	Name: "swa",
	Doc: "The mean of the weights at the ends of epochs, from start_epoch on. It is what validation measures, early " +
		"stopping keeps, and the package gets; the training goes on with the last weights. Running statistics of norms " +
		"are computed anew for it, over the training set. Izmailov and others, Averaging weights leads to wider optima " +
		"and better generalization, 2018.",
	Short: "start_epoch",
	Attrs: []Attr{
		{Name: "start_epoch", Type: Int, Required: true, Min: Bound(1),
			Doc: "The first epoch, from 1, whose weights are averaged."},
		{Name: "lr", Type: Float, Min: Bound(0), OpenMin: true,
			Doc: "Learning rate from start_epoch on, in place of that of the schedule."},
	},
}

var dataKind = Kind{
	Name: "data",
	Doc:  "Where the examples are.",
	Attrs: []Attr{
		{Name: "train", Type: Section, Section: &sourceKind, Required: true, Doc: "The training set."},
		{Name: "validation", Type: Section, Section: &sourceKind,
			Doc: "The validation set, in place of training.validation_split."},
		{Name: "test", Type: Section, Section: &sourceKind, Doc: "The test set, in place of test_split."},
		{Name: "test_split", Type: Float, Default: 0.0, Min: Bound(0), Max: Bound(1), OpenMax: true,
			Doc: "Share of the rows of train held out for testing: drawn at random, of a series the last ones, and windows " +
				"whose labels reach into those are left out."},
		{Name: "stratify", Type: Bool, Default: false, Doc: "Whether splits keep each class's share."},
		{Name: "target", Type: Enum, Enum: []string{"input"},
			Doc: "input for an autoencoder: its targets are its input, as preprocessed, channels last."},
		{Name: "skip_bad_rows", Type: Float, Default: 0.0, Min: Bound(0), Max: Bound(1),
			Doc: "The share of the rows of a file up to which bad ones are left out; more, or any if it is 0, are an error."},
		{Name: "missing", Type: Strings, Loose: true, Default: Missing,
			Doc: "Fields of tables that stand for no value, beside empty ones."},
	},
}

var sourceKind = Kind{
	Name: "source",
	Doc:  "A set of examples in one format.",
	Attrs: []Attr{
		{Name: "csv", Type: String,
			Doc: "Path of a table: CSV with any delimiter, or JSON lines if its name ends in .jsonl; gzipped or not."},
		{Name: "idx", Type: String, Doc: "Path of the features in IDX format, gzipped or not."},
		{Name: "npy", Type: String, Doc: "Path of the features in npy format."},
		{Name: "text", Type: String,
			Doc: "Path of texts, one a line, gzipped or not, of which the network foretells each token from those before it."},
		{Name: "image", Type: Section, Section: &imageKind, Doc: "A folder of pictures: PNG, JPEG or GIF."},
		{Name: "labels", Type: String,
			Doc: "Path of the labels, for idx and npy: the names of the classes, or their numbers from 0 if no name is a " +
				"number; one for each place of an output of shape […, classes], as masks have."},
		{Name: "header", Type: Bool, Doc: "Whether the first row of a CSV table holds names; found out if left out."},
		{Name: "delimiter", Type: String,
			Doc: "One character between the columns of a CSV table, or spaces for runs of them; found out if left out."},
		{Name: "decimal", Type: Enum, Enum: []string{".", ","},
			Doc: "What stands before the decimals of a number; found out if left out. With a comma a dot stands between " +
				"thousands."},
		{Name: "layout", Type: Enum, Enum: layouts,
			Doc: "Where the channels of the examples in IDX or npy stand: before height and width, or behind; as in the " +
				"input if left out."},
		{Name: "encoding", Type: String,
			Doc: "Encoding of a CSV table, such as windows-1252 or utf-16; found out if left out."},
		{Name: "label", Type: Strings, Loose: true,
			Doc: "CSV column of the label: a name, a position (from 0, or \"#1\" for the first and \"#-1\" for the last), or " +
				"else last or first; several for several outputs."},
		{Name: "features", Type: Strings, Loose: true,
			Doc: "CSV columns of the features, by name or position; all others if left out."},
		{Name: "weight", Type: String, Loose: true, Doc: "CSV column of sample weights, by name or position."},
		{Name: "series", Type: Section, Section: &seriesKind,
			Doc: "The rows of a CSV table are steps in time: an example is a window of them, its label comes after it."},
	},
	OneOf: [][]string{{"csv", "idx", "npy", "text", "image"}},
}

var imageKind = Kind{
	Name: "image",
	Doc: "Pictures of a folder, read as numbers from 0 to 255, in the layout of the input. Transparent pixels are " +
		"black, as Go's image/color has it. " +
		"EXIF orientation is not applied: pictures are read as they are stored, as image.Decode does. The package has " +
		"EncodeImage, which gives the same numbers.",
	Short: "folder",
	Attrs: []Attr{
		{Name: "folder", Type: String, Required: true,
			Doc: "The folder. What is hidden in it, and files that are no pictures, are left out."},
		{Name: "classes", Type: Enum, Enum: []string{"by_folder"}, Default: "by_folder",
			Doc: "by_folder: a folder in it for each class, with its name, which holds the pictures, at any depth."},
		{Name: "resize", Type: Ints, Min: Bound(1), Len: 2,
			Doc: "Height and width, those of the input if left out: pictures are brought to them by the weights of a " +
				"triangle, as Pillow's BILINEAR, whatever their proportions."},
		{Name: "channels", Type: Int, Min: Bound(1), Max: Bound(4),
			Doc: "1 for brightness, 3 for red, green and blue, 4 for alpha too; those of the input if left out."},
	},
}

// seriesKind uses the words of Keras' timeseries_dataset_from_array. The length of a window follows from the shape of
// the input.
var seriesKind = Kind{
	Name: "series",
	Doc:  "Windows over the rows of a table, which are steps in time.",
	Attrs: []Attr{
		{Name: "columns", Type: Strings, Loose: true, Required: true,
			Doc: "Columns that make up a step of the input, by name or position. They are also the labels if label is " +
				"left out."},
		{Name: "horizon", Type: Section, Section: &horizonKind,
			Doc: "Which rows are foretold: the next one if left out; a number for the row so far ahead; {steps: 12} for the " +
				"next twelve. " +
				"See nngen ops horizon."},
		{Name: "sampling_rate", Type: Int, Default: 1, Min: Bound(1), Doc: "Rows from a step of a window to the next."},
		{Name: "sequence_stride", Type: Int, Default: 1, Min: Bound(1),
			Doc: "Rows from the start of a window to that of the next."},
		{Name: "index", Type: String, Loose: true,
			Doc: "Column of growing numbers, such as years, or dates, that from and to are given in, dates as 20201231; the " +
				"number of the row, from 0, if left out."},
		{Name: "gaps", Type: Enum, Enum: []string{"error", "ignore", "fill"}, Default: "error",
			Doc: "What is done where an index of whole numbers or dates leaves some out: fill puts rows there, on the line " +
				"between their neighbours, and numbers where a row lacks some: what it has stays. They are steps of windows, " +
				"but no label and no last step: such windows are left out, but for those of predict, whose column filled says " +
				"in how many rows of a window something was put there. Rows to predict for must follow each other by the step " +
				"of the training rows."},
		{Name: "from", Type: Float,
			Doc: "Where labels begin: examples whose label is earlier are left out, but windows reach back further."},
		{Name: "to", Type: Float, Doc: "Where labels end, inclusive."},
	},
}

var horizonKind = Kind{
	Name:  "horizon",
	Doc:   "Which rows are foretold from a window.",
	Short: "rows",
	Attrs: []Attr{
		{Name: "rows", Type: Int, Default: 1, Min: Bound(1),
			Doc: "Rows from the last step of a window to the first that is foretold."},
		{Name: "steps", Type: Int, Default: 1, Min: Bound(1),
			Doc: "How many rows are foretold, one after another: the output has units for each."},
	},
}

var limitsKind = Kind{
	Name: "limits",
	Doc: "Budgets; exceeding one is an error at compile time. Those of memory hold for the package in float32 and for that " +
		"of 8-bit integers, if there is one.",
	Attrs: []Attr{
		{Name: "params", Type: Int, Min: Bound(1), Doc: "Number of learned parameters."},
		{Name: "flash", Type: Size,
			Doc: "Bytes of code, on amd64, and of weights by which a program grows that predicts, such as 256KiB."},
		{Name: "ram", Type: Size,
			Doc: "Bytes of memory of predictions one by one: of the model, its activations and scratch memory, such as 64KiB."},
		{Name: "accuracy_drop", Type: Float, Min: Bound(0),
			Doc: "Points of accuracy, in percent of the held-out rows, that nngen quantize may lose; more is an error, and " +
				"nothing is written."},
	},
}

var generateKind = Kind{
	Name: "generate",
	Doc:  "What is generated.",
	Attrs: []Attr{
		{Name: "profile", Type: Enum, Enum: []string{Full, Tiny}, Default: Full,
			Doc: "What the package is for: tiny is for machines with little memory. It predicts alone, with the same " +
				"bits: weights " +
				"are constants in read-only data, memory is the caller's, and it has no heap, goroutines, assembly or " +
				"text; of the " +
				"standard library it imports math. That is what TinyGo needs, by which it was not tried."},
		{Name: "runtime", Type: Enum, Enum: []string{"copy", "shared", "import"}, Default: "copy",
			Doc: "Where the runtime is: what the package uses of it copied below the package; all of it copied to " +
				"internal/nnrt of the module, for several packages; or imported."},
		{Name: "train", Type: Bool, Default: true, Doc: "Whether the training package is generated."},
		{Name: "stream", Type: Enum, Enum: []string{"auto", "always", "never"}, Default: "auto",
			Doc: "Whether the package can run the network step by step; auto does where the layers allow it."},
		{Name: "kernels", Type: Enum, Enum: []string{"auto", "library", "made"}, Default: "auto",
			Doc: "Kernels of predictions, of steps, and of gradients: those of the runtime, layer by layer; or made for the " +
				"network, which small layers and recurrent cells of at most 24 units allow, and for gradients small dense " +
				"layers, with the same bits; auto takes those where they should be faster, by measurements of such networks."},
		{Name: "guard", Type: Bool, Default: false,
			Doc: "Whether the package has Check, which tells whether an input is unlike the training data: beyond the " +
				"ranges of " +
				"its numbers, or far off in the last hidden layer. Train fits it."},
	},
}

// weightsKind uses the names of types that NumPy, PyTorch and Keras have.
var weightsKind = Kind{
	Name: "weights",
	Doc: "How kernels, recurrent kernels and tables of embeddings are stored in weights.safetensors and, where there " +
		"is a kernel for it, in the memory of a model. Predictions are those of a float32 network whose weights were " +
		"rounded to the type, to nearest even, bit by bit. Training keeps float32 weights, which are rounded when they " +
		"are saved; biases, norms and constants stay float32.",
	Short: "dtype",
	Attrs: []Attr{
		{Name: "dtype", Type: Enum, Enum: []string{"float32", "float16", "bfloat16"},
			Aliases: map[string]string{"f32": "float32", "fp32": "float32", "f16": "float16", "fp16": "float16",
				"half": "float16", "bf16": "bfloat16"},
			Default: "float32",
			Doc: "float16 (IEEE 754 binary16) has 11 bits of precision up to 65504, bfloat16 8 bits and the range of " +
				"float32; both take half the room of float32."},
	},
}

// formless are the layers that package quant of the compiler has no integers for.
const formless = "add of more than two, affine, average, conv1d and conv2d in groups, conv2d_transpose, dense with " +
	"sparsity, dot, " +
	"global_average_pool1d and global_max_pool1d with a mask, group_norm, gru, lstm and simple_rnn whose states others " +
	"give or read, " +
	"layer_norm, log_softmax, masking, maximum, minimum, multi_head_attention, multiply, padding_mask, " +
	"positional_encoding, prelu, " +
	"rms_norm, separable_conv1d and separable_conv2d (write depthwise_conv2d and conv2d of one pixel), softmax, " +
	"subtract, " +
	"tied_dense, time_distributed of such, unit_norm, up_sampling1d and up_sampling2d by bilinear"

var quantizeKind = Kind{
	Name: "quantize",
	Doc: "How nngen quantize makes a package of 8-bit integers from trained weights: int8 weights with a scale for " +
		"each channel, " +
		"int8 activations with ranges from a calibration on training rows, int32 sums; the states of recurrent layers have " +
		"16 bits.",
	Attrs: []Attr{
		{Name: "rows", Type: Int, Default: 512, Min: Bound(1),
			Doc: "Training rows that the calibration runs on, evenly spread."},
		{Name: "observer", Type: Enum, Enum: []string{"min_max", "percentile", "mse"}, Default: "min_max",
			Doc: "What the range of an activation is: min_max, all that calibration saw, and what few rows let expect beyond " +
				"it of inputs, of pictures within 0 to 255, and of all layers where an output is a number; percentile, without " +
				"the ends; mse, that with the least mean squared error."},
		{Name: "percentile", Type: Float, Default: 99.99, Min: Bound(50), Max: Bound(100), OpenMin: true,
			Doc: "Share of the numbers in the range, in percent, for observer: percentile."},
		{Name: "skip", Type: Strings, Loose: true,
			Doc: "Layers that stay in float32, such as block.1.attend of a block, or all of it by its name. Those without a " +
				"form in integers must be named, unless only such stand behind them that compute outputs: " + formless + "."},
		{Name: "aware", Type: Bool, Default: false,
			Doc: "Quantization-aware training: training steps round the weights of dense layers and convolutions, and what " +
				"these read, as the package of 8-bit integers does, with the gradient passing straight through (fake " +
				"quantization); recurrent layers and embeddings train as ever. nngen quantize takes the ranges that " +
				"training found. Evaluations and predictions in float32 do not round."},
		{Name: "freeze", Type: Int, Min: Bound(1),
			Doc: "With aware: training steps after which the ranges no longer follow what layers compute; " +
				"never if left out."},
		{Name: "io", Type: Enum, Enum: []string{FloatIO, Int8IO},
			Doc: "What the package takes and gives: float, float32 numbers, which is so if left out; int8, int8 numbers too, " +
				"by PredictInt8, which computes with whole numbers alone. The last product then has an int8 result, and " +
				"what float32 makes of it, such as softmax, is behind that."},
	},
}

// layerAttrs are the attributes that every layer has beside those of its kind.
var layerAttrs = []Attr{
	{Name: "name", Type: String, Doc: "Name of the layer; made from its kind if left out."},
	{Name: "from", Type: Refs, Doc: "The layers or inputs that it reads; the layer before it if left out."},
	{Name: "share", Type: String, Doc: "A layer of the same kind whose parameters it uses."},
	{Name: "trainable", Type: Bool, Default: true,
		Doc: "Whether training changes its parameters. A batch_norm that is not trained normalises by its running " +
			"statistics, also in training."},
	{Name: "lr_factor", Type: Float, Default: 1.0, Min: Bound(0), OpenMin: true,
		Doc: "Factor of the learning rate for its parameters, as 0.1 for layers that are fine-tuned; that of a block is " +
			"for all its layers."},
	{Name: "weights", Type: Section, Section: &weightsKind,
		Doc: "How its weights are stored, in place of what the spec says; that of a block is for all its layers that " +
			"do not say."},
}

// Sections describes the parts of a spec that are no kinds, in the order of a spec: each by its own keys.
func Sections() []Kind {
	layer := Kind{Name: "layers", Doc: "What every layer may have beside the attributes of its kind.", Attrs: layerAttrs}
	return []Kind{rootKind, inputKind, columnKind, oneHotKind, tokensKind, layer, weightsKind, trainingKind,
		earlyStoppingKind, emaKind, swaKind, dataKind, sourceKind, imageKind, seriesKind, horizonKind, limitsKind,
		generateKind, quantizeKind}
}
