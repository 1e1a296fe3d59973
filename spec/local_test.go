package spec

// local is a schema of a few kinds, enough to write any form.
var local = Schema{
	LayerFamily: {
		{Name: "dense", Doc: "y = x·W + b", Attrs: []Attr{
			{Name: "units", Type: Int, Required: true, Min: Bound(1), Doc: "Number of outputs."},
			{Name: "activation", Type: Nodes, Family: ActivationFamily, Default: "linear", Doc: "Applied to the sum."},
			{Name: "use_bias", Type: Bool, Default: true, Doc: "Whether there is a bias."},
			{Name: "kernel_regularizer", Type: Nodes, Family: RegularizerFamily, Doc: "Penalty on the weights."},
			{Name: "sparsity", Type: Nodes, Family: SparsityFamily, Doc: "Which connections exist."},
		}, Short: "units"},
		{Name: "conv2d", Doc: "2-D convolution", Attrs: []Attr{
			{Name: "filters", Type: Int, Required: true, Min: Bound(1), Doc: "Number of filters."},
			{Name: "kernel_size", Type: Ints, Len: 2, Repeat: true, Required: true, Min: Bound(1), Doc: "Height and width."},
			{Name: "padding", Type: Pairs, Len: 2, Min: Bound(0), Enum: []string{"same", "valid"}, Default: "valid",
				Doc: "How the edge is padded."},
			{Name: "activation", Type: Nodes, Family: ActivationFamily, Default: "linear", Doc: "Applied to the sum."},
		}},
		{Name: "gru", Doc: "gated recurrent unit", Short: "units", Attrs: []Attr{
			{Name: "units", Type: Int, Required: true, Min: Bound(1), Doc: "units"},
			{Name: "return_state", Type: Bool, Default: false, Results: []string{"h"}, Doc: "whether others can read the state"},
			{Name: "initial_state", Type: Refs, Len: 1, Doc: "the state before the first step"},
		}},
		{Name: "time_distributed", Doc: "a layer on each step", Short: "layer", Attrs: []Attr{
			{Name: "layer", Type: Nodes, Family: LayerFamily, Required: true, Doc: "the layer"},
		}},
		{Name: "max_pool2d", Doc: "2-D max pooling", Attrs: []Attr{
			{Name: "pool_size", Type: Ints, Len: 2, Repeat: true, Default: []int{2, 2}, Min: Bound(1), Doc: "Height and width."},
		}, Short: "pool_size"},
		{Name: "flatten", Doc: "All axes but the batch become one"},
		{Name: "dropout", Doc: "Inverted dropout", Attrs: []Attr{
			{Name: "rate", Type: Float, Required: true, Min: Bound(0), Max: Bound(1), OpenMax: true,
				Doc: "Share of elements set to 0."},
		}, Short: "rate"},
		{Name: "add", Doc: "Sum of the inputs"},
		{Name: "reshape", Doc: "Another shape", Attrs: []Attr{
			{Name: "target_shape", Type: Ints, Required: true, Min: Bound(1), Doc: "Shape of one example."},
		}, Short: "target_shape"},
		{Name: "output", Doc: "The output layer that the task asks for", Attrs: []Attr{
			{Name: "loss", Type: Nodes, Family: LossFamily, Doc: "The loss."},
		}},
	},
	ActivationFamily: {
		{Name: "linear", Doc: "x"},
		{Name: "relu", Doc: "max(x, 0)"},
		{Name: "leaky_relu", Doc: "x where x > 0, else slope·x", Attrs: []Attr{
			{Name: "slope", Type: Float, Default: 0.01, Min: Bound(0), Doc: "Slope for x < 0."},
		}, Short: "slope"},
		{Name: "softmax", Doc: "exp(x)/Σexp(x)"},
	},
	RegularizerFamily: {
		{Name: "l2", Doc: "λ·Σw²", Short: "rate", Attrs: []Attr{
			{Name: "rate", Type: Float, Required: true, Min: Bound(0), OpenMin: true, Doc: "λ."},
		}},
	},
	SparsityFamily: {
		{Name: "pairs", Doc: "Explicit connections", Short: "of", Attrs: []Attr{
			{Name: "of", Type: Pairs, Required: true, Min: Bound(0), Doc: "Pairs of input and output."},
		}},
	},
	LossFamily: {
		{Name: "mse", Doc: "Mean squared error"},
		{Name: "huber", Doc: "Huber's loss", Attrs: []Attr{
			{Name: "delta", Type: Float, Default: 1.0, Min: Bound(0), OpenMin: true, Doc: "Where it becomes linear."},
		}},
	},
	MetricFamily: {{Name: "accuracy", Doc: "d"}, {Name: "rmse", Doc: "d"}, {Name: "r2", Doc: "d"}},
	OptimizerFamily: {
		{Name: "sgd", Doc: "θ ← θ − η·g", Attrs: []Attr{
			{Name: "lr", Type: Float, Default: 0.01, Min: Bound(0), OpenMin: true, Doc: "Learning rate."},
		}},
		{Name: "adam", Doc: "Adam", Attrs: []Attr{
			{Name: "lr", Type: Float, Default: 1e-3, Min: Bound(0), OpenMin: true, Doc: "Learning rate."},
			{Name: "betas", Type: Floats, Len: 2, Default: []float64{0.9, 0.999}, Min: Bound(0), Max: Bound(1), OpenMax: true,
				Doc: "Decay of the moments."},
		}},
	},
	ScheduleFamily: {
		{Name: "cyclical", Doc: "Cyclical learning rate", Attrs: []Attr{
			{Name: "mode", Type: Enum, Enum: []string{"triangular", "triangular2", "exp_range"},
				Default: "triangular", Doc: "Shape of a cycle."},
			{Name: "min_lr", Type: Float, Required: true, Min: Bound(0), Doc: "Lowest rate."},
			{Name: "max_lr", Type: Float, Required: true, Min: Bound(0), Doc: "Highest rate."},
			{Name: "step_size", Type: Int, Required: true, Min: Bound(1), Doc: "Steps of half a cycle."},
		}},
	},
	PreprocessFamily: {
		{Name: "rescale", Doc: "x·scale + offset", Attrs: []Attr{
			{Name: "scale", Type: Float, Required: true, Doc: "Factor."},
			{Name: "offset", Type: Float, Default: 0.0, Doc: "Added after."},
		}},
		{Name: "standardize", Doc: "(x − mean)/deviation"},
	},
}
