package audit

import (
	"strconv"
	"strings"
)

// kind is what the paragraphs of a kind of layer do.
type kind struct {
	calls    []string // functions that its paragraph may call; the first it must, or one of either
	either   []string
	backward []string // those that the paragraphs of its gradient may call
	// identity says that it changes no number, and has no paragraph; trainingOnly that this is so outside of training.
	identity, trainingOnly bool
	passes                 bool // its gradient is that of its inputs as it is
	passesFirst            bool // so is that of its first input
	some                   bool // not all of its inputs need a gradient
	partial                bool // it takes some of the numbers of its inputs
	tied                   bool // its matrix is that of another layer, transposed
	maybe                  bool // with some attributes it changes nothing, or no gradient
	noGradient             bool
	constants              map[float64]bool // that its calls may hold beside its attributes
}

// foldable are the kinds whose parameters a batch norm behind them takes in.
var foldable = map[string]bool{"dense": true, "conv1d": true, "conv2d": true, "depthwise_conv1d": true,
	"depthwise_conv2d": true, "conv2d_transpose": true,
	"separable_conv1d": true, "separable_conv2d": true}

// lossCalls are the functions that compute a loss.
var lossCalls = map[string][]string{
	"mse": {"loss.MSE"}, "mae": {"loss.MAE"}, "huber": {"loss.Huber"}, "log_cosh": {"loss.LogCosh"},
	"poisson": {"loss.Poisson", "loss.PoissonLog"},
	"hinge":   {"loss.Hinge"}, "perceptron": {"loss.Perceptron"}, "pinball": {"loss.Pinball"},
	"kl_divergence":                  {"loss.KLDivergenceLogits"},
	"binary_crossentropy":            {"loss.BinaryCrossEntropyLogits"},
	"categorical_crossentropy":       {"loss.CategoricalCrossEntropyLogits"},
	"binary_focal_crossentropy":      {"loss.BinaryFocalCrossEntropyLogits"},
	"categorical_focal_crossentropy": {"loss.CategoricalFocalCrossEntropyLogits"},
}

var kinds = map[string]kind{}

func init() {
	whole := strings.NewReplacer(",\n\t", ",", "\n\t", " ").Replace(strings.TrimSpace(rows))
	for _, row := range strings.Split(whole, "\n") {
		f := strings.Split(row, "|")
		for len(f) < 4 {
			f = append(f, "")
		}
		k := kind{calls: strings.Fields(f[1]), backward: strings.Fields(f[2]), constants: map[float64]bool{}}
		for _, flag := range strings.Fields(f[3]) {
			switch name, value, _ := strings.Cut(flag, "="); name {
			case "identity":
				k.identity = true
			case "training":
				k.trainingOnly = true
			case "passes":
				k.passes = true
			case "first":
				k.passesFirst = true
			case "some":
				k.some = true
			case "partial":
				k.partial = true
			case "tied":
				k.tied = true
			case "maybe":
				k.maybe = true
			case "none":
				k.noGradient = true
			case "either":
				k.either = strings.Split(value, ",")
			case "const":
				v, _ := strconv.ParseFloat(value, 64)
				k.constants[v] = true
			}
		}
		for _, name := range strings.Fields(f[0]) {
			kinds[name] = k
		}
	}
}

// rows are the kinds, each names|calls|backward|flags. A line that begins with a tab goes on with the one before.
const rows = `
input flatten reshape linear|||identity
erf|vec.Erf|vec.ErfGrad vec.Add|
exp|vec.Exp|vec.ExpGrad vec.Add|
gelu|vec.GELU vec.GELUTanh|vec.GELUGrad vec.GELUTanhGrad vec.Add|either=vec.GELUTanh
hard_sigmoid|vec.HardSigmoid|vec.HardSigmoidGrad vec.Add|
hard_swish|vec.HardSwish|vec.HardSwishGrad vec.Add|
log|vec.Log|vec.LogGrad vec.Add|
mish|vec.Mish|vec.MishGrad vec.Add|
quick_gelu|vec.QuickGELU|vec.QuickGELUGrad vec.Add|
relu|vec.ReLU|vec.ReLUGrad vec.Add|
reciprocal|vec.Reciprocal|vec.ReciprocalGrad vec.Add|
selu|vec.SELU|vec.SELUGrad vec.Add|
sigmoid|vec.Sigmoid|vec.SigmoidGrad vec.Add|
silu|vec.SiLU|vec.SiLUGrad vec.Add|
softplus|vec.Softplus|vec.SoftplusGrad vec.Add|
softsign|vec.Softsign|vec.SoftsignGrad vec.Add|
sqrt|vec.Sqrt|vec.SqrtGrad vec.Add|
square|vec.Square|vec.SquareGrad vec.Add|
tanh|vec.Tanh|vec.TanhGrad vec.Add|
abs|vec.Abs|vec.AbsGrad vec.Add|
elu celu|vec.ELU|vec.ELUGrad vec.Add|
leaky_relu|vec.LeakyReLU|vec.LeakyReLUGrad vec.Add|
clip|vec.Clip|vec.ClipGrad vec.Add|
relu6|vec.Clip|vec.ClipGrad vec.Add|const=6
step|vec.Step||none
floor|vec.Floor||none
ceil|vec.Ceil||none
round|vec.Round||none
sin|vec.Sin|vec.SinGrad vec.Add|
cos|vec.Cos|vec.CosGrad vec.Add|
thresholded_relu|vec.WhereLess vec.Clip|vec.WhereLess vec.Clip vec.Add|
softmax|vec.Softmax|vec.SoftmaxGrad vec.Add|
log_softmax|vec.LogSoftmax|vec.LogSoftmaxGrad vec.Add|
fake_quant|quant.FakeTrain|quant.FakeGrad vec.Add|training
prelu|vec.PReLU|vec.PReLUGrad vec.Add|
add|vec.Add|vec.Add|passes
subtract|vec.Sub|vec.Scale vec.Add vec.Sub|first
multiply|vec.Mul|vec.Mul vec.Add|
average|vec.Scale vec.Add|vec.Scale vec.Add|
maximum|vec.Max|vec.WhereLess vec.WhereAtLeast vec.Add|
minimum|vec.Min|vec.WhereLess vec.WhereAtLeast vec.Add|
dot|gemm.BatchNT layout.Transpose norm.UnitNorm|gemm.BatchNN gemm.BatchNT gemm.BatchTN layout.Transpose
	norm.UnitNormGrad vec.Add|const=1e-12
concatenate|vec.CopyCols|vec.CopyCols vec.Add|some
slice|vec.CopyCols|vec.CopyCols vec.Add|partial
affine|vec.AddRow vec.MulRow|vec.MulRow vec.DotRows vec.SumRows vec.Add|either=vec.MulRow
dense|gemm.NN gemm.NNPacked gemm.NNPackedHalf sparse.Forward vec.AddRow|gemm.NT gemm.TN vec.SumRows vec.Add
	sparse.DX sparse.DW|either=gemm.NNPacked,gemm.NNPackedHalf,sparse.Forward
tied_dense|gemm.NT gemm.NTHalf|gemm.NN gemm.TN vec.SumRows vec.Add|tied either=gemm.NTHalf
embedding|lookup.Rows lookup.RowsHalf|lookup.RowsGrad|none either=lookup.RowsHalf
positional_encoding|vec.AddRow vec.Add|vec.SumRows vec.Add|passes either=vec.Add
batch_norm|norm.BatchNormInfer norm.BatchNormTrain norm.BatchNormApply conv.Forward conv.ForwardPacked conv.ForwardMaxPacked
	conv.Steps conv.StepsPacked conv.Depthwise conv.Transposed gemm.NN gemm.NNPacked gemm.NNPackedHalf|norm.BatchNormGrad norm.BatchNormSums
	norm.BatchNormDX vec.Add|either=norm.BatchNormTrain,conv.Forward,conv.ForwardPacked,conv.ForwardMaxPacked,conv.Steps,
	conv.StepsPacked,conv.Depthwise,conv.Transposed,
	gemm.NN,gemm.NNPacked,gemm.NNPackedHalf
layer_norm|norm.LayerNorm|norm.LayerNormGrad vec.Add|
rms_norm|norm.RMSNorm|norm.RMSNormGrad vec.Add|
group_norm|norm.GroupNorm|norm.GroupNormGrad vec.Add|
unit_norm|norm.UnitNorm|norm.UnitNormGrad vec.Add|
rescale standardize min_max|vec.Affine vec.Sub vec.Mul||none either=vec.Sub
targets temperature|vec.Affine|vec.MulRow vec.Add|
quantiles|vec.CopyCols vec.Softplus vec.Add|vec.CopyCols vec.SoftplusGrad vec.Add|
rescaling|vec.Scale vec.AddScalar|vec.Scale vec.Add|either=vec.AddScalar maybe
conv1d conv2d|conv.Forward conv.ForwardPacked conv.ForwardMaxPacked conv.Steps conv.StepsPacked|conv.DX conv.DW
	conv.DWRows vec.SumRows vec.Add|either=conv.ForwardPacked,conv.ForwardMaxPacked,conv.Steps,conv.StepsPacked
conv2d_transpose|conv.Transposed conv.DX|conv.Forward conv.DW conv.DWRows vec.SumRows vec.Add|either=conv.DX
depthwise_conv1d depthwise_conv2d|conv.Depthwise|conv.DepthwiseDX conv.DepthwiseDW conv.DepthwiseDWRows vec.SumRows
	vec.Add|
separable_conv1d separable_conv2d|conv.Depthwise gemm.NN gemm.NNPacked gemm.NNPackedHalf|conv.DepthwiseDX
	conv.DepthwiseDW conv.DepthwiseDWRows gemm.NT gemm.TN vec.SumRows vec.Add|
max_pool1d max_pool2d|pool.Max|pool.MaxGrad vec.Add|
average_pool1d average_pool2d|pool.Average|pool.AverageGrad vec.Add|
global_max_pool1d global_max_pool2d|pool.Max pool.MaskedMax|pool.MaxGrad pool.MaskedMaxGrad
	vec.Add|either=pool.MaskedMax
global_average_pool1d global_average_pool2d|pool.Average pool.MaskedAverage|pool.AverageGrad pool.MaskedAverageGrad
	vec.Add|either=pool.MaskedAverage
cropping1d cropping2d|pool.Crop|pool.Pad vec.Add|partial
zero_padding1d zero_padding2d|pool.Pad|pool.Crop vec.Add|
up_sampling1d up_sampling2d|pool.Nearest pool.Bilinear|pool.NearestGrad pool.BilinearGrad vec.Add|either=pool.Bilinear
repeat_vector|pool.Nearest|pool.NearestGrad vec.Add|
permute depth_to_space space_to_depth|layout.Transpose|layout.Transpose vec.Add|maybe
masking|vec.Affine pool.Max vec.Step vec.Abs||none
padding_mask|vec.Affine vec.Step||none
dropout|dropout.Apply dropout.Steps|dropout.Apply dropout.Steps
	vec.Add|training either=dropout.Steps
gaussian_dropout|dropout.Gaussian|dropout.Gaussian vec.Add|training
gaussian_noise|dropout.Noise||training passes
spatial_dropout1d spatial_dropout2d|dropout.Channels|dropout.Channels vec.Add|training
lstm|rnn.LSTM rnn.LSTMFrom vec.CopyCols|rnn.LSTMGrad rnn.LSTMGradFrom rnn.LSTMWeights vec.CopyCols
	vec.Add|either=rnn.LSTMFrom
gru|rnn.GRU rnn.GRUFrom rnn.GRUSteps rnn.GRUBefore rnn.GRUBeforeFrom vec.CopyCols|rnn.GRUGrad rnn.GRUGradFrom
	rnn.GRUWeights rnn.GRUStepsGrad rnn.GRUStepsWeights rnn.GRUBeforeGrad rnn.GRUBeforeGradFrom rnn.GRUBeforeWeights
	vec.CopyCols
	vec.Add|either=rnn.GRUFrom,rnn.GRUSteps,rnn.GRUBefore,rnn.GRUBeforeFrom
simple_rnn|rnn.Simple rnn.SimpleFrom vec.CopyCols|rnn.SimpleGrad rnn.SimpleGradFrom rnn.SimpleWeights vec.CopyCols
	vec.Add|either=rnn.SimpleFrom
multi_head_attention|attention.Forward attention.Step attention.Steps gemm.NN gemm.NNPacked gemm.NNPackedHalf|attention.Backward
	gemm.NT gemm.TN vec.SumRows vec.Add|mask either=attention.Step,attention.Steps
`
