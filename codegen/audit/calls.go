package audit

import "strings"

// signatures are the shapes of the runtime's functions, by their documentation: an argument after the other.
//
//	n            an integer, which later sizes name
//	y>n*f        an array that is written, of just so many numbers
//	x<n*f        one that is read; len is the length of the first array
//	a<m:k:lda    rows of k numbers, m of them, lda from one to the next
//	?x<n         one that may be nil; any, of a length that is not known here
//	#            a constant of the layer; ## any number of them
//	{}           a struct of extents, whose fields sizes name; {shares} one that has the number of workers as Shares
//	ep:n         an epilogue, with a bias of n
//	=word        just this word; =steps how many steps of the examples count, of which there are n
//	half         the format of 16-bit weights that the spec has
//	stream       that of the layer's random numbers; first/f the number of the first of f that it draws for an example
//	[]           extents and strides of a transposition, of n examples
var signatures = map[string][]string{}

func init() {
	for _, row := range strings.Split(strings.TrimSpace(`
vec.Abs Ceil Cos Erf Exp Floor GELU GELUTanh HardSigmoid HardSwish Log LogCosh Mish QuickGELU ReLU Reciprocal Round SELU SiLU Sigmoid Sign Sin Softplus Softsign Sqrt Square Step Tanh: y>len x<len
vec.ELU LeakyReLU Scale AddScalar: y>len x<len #
vec.Clip: y>len x<len # #
vec.Add Sub Mul Max Min Div: y>len a<len b<len
vec.WhereLess WhereAtLeast: y>len x<len a<len b<len
vec.ReLUGrad TanhGrad SigmoidGrad SoftplusGrad SoftsignGrad SELUGrad ExpGrad SqrtGrad ReciprocalGrad: dx>len dy<len y<len
vec.GELUGrad GELUTanhGrad SiLUGrad MishGrad HardSigmoidGrad HardSwishGrad QuickGELUGrad AbsGrad LogGrad SquareGrad SinGrad CosGrad ErfGrad: dx>len dy<len x<len
vec.ELUGrad LeakyReLUGrad: dx>len dy<len y<len #
vec.ClipGrad: dx>len dy<len y<len # #
vec.Affine: n f y>n*f x<n*f c<f s<f
vec.AddRow MulRow: n f y>n*f x<n*f b<f
vec.MulAddRow: n f y+n*f x<n*f b<f
vec.PReLU: n f y>n*f x<n*f alpha<f
vec.PReLUGrad: n f dx>n*f dalpha>f dy<n*f x<n*f alpha<f
vec.Softmax LogSoftmax: n f y>n*f x<n*f
vec.SoftmaxGrad LogSoftmaxGrad: n f dx>n*f dy<n*f y<n*f
vec.SumRows: n f y>f x<n*f
vec.SumRowsAcc: n f y+f x<n*f
vec.SumCols: n f y>n x<n*f
vec.DotRows: n f y>f a<n*f b<n*f
vec.DotRowsAcc: n f y+f a<n*f b<n*f
vec.DotCols: n f y>n a<n*f b<n*f
vec.CopyCols: n f y>n:f:ldd ldd x<n:f:lds lds
gemm.NN: m n k a<m:k:lda lda b<k:n:ldb ldb y>m:n:ldc ldc ep:n
gemm.NT: m n k a<m:k:lda lda b<n:k:ldb ldb y>m:n:ldc ldc ep:n
gemm.TN: m n k a<k:m:lda lda b<k:n:ldb ldb y>m:n:ldc ldc ep:n
gemm.NNPacked: m n k a<m:k:lda lda p<k*PANELS y>m:n:ldc ldc ep:n
gemm.NNPackedHalf: half m n k a<m:k:lda lda p<k*PANELS y>m:n:ldc ldc ep:n
gemm.NTHalf: half m n k a<m:k:lda lda b<n:k:ldb ldb y>m:n:ldc ldc ep:n
gemm.BatchNN: c m n k a<c*m*k b<c*k*n y>c*m*n
gemm.BatchNT: c m n k a<c*m*k b<c*n*k y>c*m*n
gemm.BatchTN: c m n k a<c*k*m b<c*k*n y>c*m*n
conv.Forward: n {} y>n*OUT x<n*IN w<WT ep:OC
conv.Depthwise: n {} y>n*OUT x<n*IN w<DWT ep:OC
conv.ForwardPacked: n {} y>n*OUT x<n*IN p<PACKED ep:OC
conv.ForwardMaxPacked: n {} y>n*SQUARES x<n*IN p<PACKED ep:OC
conv.Steps: n {} y>n*OUT ?last+IN x<n*C w<WT ep:OC
conv.StepsPacked: n {} y>n*OUT ?last+IN x<n*C p<PACKED ep:OC
conv.Transposed: n {} y>n*IN x<n*OUT w<WT ep:C
conv.DX: n {} dx>n*IN d<n*OUT w<WT
conv.DepthwiseDX: n {} dx>n*IN dy<n*OUT w<DWT
conv.DW: n {} dw>WT x<n*IN d<n*OUT
conv.DWRows: n {} from to dw>rows x<n*IN d<n*OUT
conv.DepthwiseDW: n {} dw>DWT x<n*IN dy<n*OUT
conv.DepthwiseDWRows: n {} from to dw>rows x<n*IN dy<n*OUT
pool.Max Average: n {} y>n*OUT x<n*IN
pool.MaxGrad: n {} dx>n*IN dy<n*OUT x<n*IN y<n*OUT
pool.AverageGrad: n {} dx>n*IN dy<n*OUT
pool.MaskedMax MaskedAverage: n steps c y>n*c x<n*steps*c mask<n*steps
pool.MaskedMaxGrad: n steps c dx>n*steps*c dy<n*c x<n*steps*c mask<n*steps
pool.MaskedAverageGrad: n steps c dx>n*steps*c dy<n*c mask<n*steps
pool.Pad: n {} y>n*OUTER x<n*INNER
pool.Crop: n {} y>n*INNER x<n*OUTER
pool.Nearest Bilinear: n {} y>n*OUT x<n*IN
pool.NearestGrad BilinearGrad: n {} dx>n*IN dy<n*OUT
norm.LayerNorm: n f y>n*f x<n*f ?gamma<f ?beta<f ?mean>n ?rstd>n #
norm.LayerNormGrad: n f ?dx>n*f ?dgamma>f ?dbeta>f dy<n*f x<n*f ?gamma<f mean<n rstd<n bool
norm.RMSNorm: n f y>n*f x<n*f ?gamma<f ?rstd>n #
norm.RMSNormGrad: n f ?dx>n*f ?dgamma>f dy<n*f x<n*f ?gamma<f rstd<n
norm.UnitNorm: n f y>n*f x<n*f ?r>n #
norm.UnitNormGrad: n f dx>n*f dy<n*f y<n*f r<n #
norm.GroupNorm: n s c g y>n*s*c x<n*s*c ?gamma<c ?beta<c ?mean>n*g ?rstd>n*g #
norm.GroupNormGrad: n s c g ?dx>n*s*c ?dgamma>c ?dbeta>c dy<n*s*c x<n*s*c ?gamma<c mean<n*g rstd<n*g
norm.BatchNormInfer: n f y>n*f x<n*f ?gamma<f ?beta<f runMean<f runVar<f #
norm.BatchNormTrain: n f ?y>n*f x<n*f ?gamma<f ?beta<f mean>f rstd>f runMean+f runVar+f # #
norm.BatchNormApply: n f y>n*f x<n*f ?gamma<f ?beta<f mean<f rstd<f
norm.BatchNormSums: n f ?dgamma>f ?dbeta>f meanDY>f meanDYH>f dy<n*f x<n*f mean<f rstd<f
norm.BatchNormDX: n f dx>n*f dy<n*f x<n*f ?gamma<f mean<f rstd<f meanDY<f meanDYH<f
norm.BatchNormGrad: n f ?dx>n*f ?dgamma>f ?dbeta>f dy<n*f x<n*f ?gamma<f mean<f rstd<f bool
dropout.Apply: y>len x<len # =t.seed stream =t.step first/len
dropout.Steps: =steps t f y>n*t*f x<n*t*f # =t.seed stream =t.step first/len
dropout.Gaussian Noise: y>len x<len # =t.seed stream =t.step first/len
dropout.Channels: n s c y>n*s*c x<n*s*c # =t.seed stream =t.step first/c
lookup.Rows: n rows f padding y>n*f x<n w<rows*f
lookup.RowsHalf: half n rows f padding y>n*f x<n w<rows*f
lookup.RowsGrad: n rows f padding dw>rows*f dy<n*f x<n
layout.Transpose: n [] [] y>n*VOLUME x<n*VOLUME
attention.Forward: n {} y>n*Q q<n*Q k<n*K v<n*K ?mask<n*TK
attention.Step: =int(s.steps) {} y>W keys+K values+K q<W k<W v<W ?kept+TK ?mask<STEP
attention.Steps: =int(s.steps) n {} y>n*W keys+K values+K q<n*W k<n*W v<n*W ?kept+TK ?mask<n
attention.Backward: n {} dq>n*Q dk>n*K dv>n*K dy<n*Q q<n*Q k<n*K v<n*K ?mask<n*TK
sparse.Forward: n {} y>n*Out x<n*In w<NNZ
sparse.DX: n {} dx>n*In dy<n*Out w<NNZ
sparse.DW: n {} dw>NNZ x<n*In dy<n*Out
quant.Quantize: y>len x<len int8_scale<1 int8_zero<1
quant.Dequantize: y>len x<len float_scale<1 float_zero<1
quant.Dense: rows n k y>rows*n x<rows*k kernel<QW rescale:n
quant.DenseFloat: rows n k y>rows*n x<rows*k kernel<QW bias<n scale<n
quant.Conv: n {} y>n*OUT x<n*IN kernel<QW rescale:OC
quant.ConvFloat: n {} y>n*OUT x<n*IN kernel<QW bias<OC scale<OC zero<1
quant.Depthwise: n {} y>n*OUT x<n*IN kernel<DWT rescale:OC
quant.DepthwiseFloat: n {} y>n*OUT x<n*IN kernel<DWT bias<OC scale<OC zero<1
quant.Max Average: n {} y>n*OUT x<n*IN
quant.Pad: n {} y>n*OUTER x<n*INNER zero<1
quant.Crop: n {} y>n*INNER x<n*OUTER
quant.Nearest: n {} y>n*OUT x<n*IN
quant.Transpose: n [] [] y>n*VOLUME x<n*VOLUME
quant.Add: y>len a<len b<len sum<11
quant.Lookup: y>len x<len table<256
quant.Rows: n rows width y>n*width x<n kernel<rows*width
quant.Columns: rows total from y>rows:width:total width x<rows*width table<256
quant.LSTM GRU GRUBefore Simple: n {} y>n*YU x<n*TF ?mask<n*T kernel<QW recurrent_kernel<QV gates:
quant.FakeTrain: y>len x<len range+3 # #
quant.FakeGrad: dx>len dy<len x<len range<3
loss.MSE MAE LogCosh Poisson PoissonLog Hinge Perceptron KLDivergenceLogits BinaryCrossEntropyLogits: n f y<n*f t<n*TARGET ?w<n =scale ?dy>n*f
loss.Huber CategoricalCrossEntropyLogits: n f y<n*f t<n*TARGET ?w<n =scale ?dy>n*f #
loss.BinaryFocalCrossEntropyLogits CategoricalFocalCrossEntropyLogits: n f y<n*f t<n*TARGET ?w<n =scale ?dy>n*f # #
loss.Pinball: n f y<n*f t<n*TARGET ?w<n =scale ?dy>n*f ##
rnn.LSTM: n {} h>n*TU ?gates>n*5TU cells>n*TU x<n*TF w<4FU v<4UU ?b<4U ?mask<n*T
rnn.LSTMFrom: n {} h>n*TU ?gates>n*5TU cells>n*TU x<n*TF w<4FU v<4UU ?b<4U ?mask<n*T ?h0<n*U ?c0<n*U
rnn.LSTMGrad: n {} ?dx>n*TF ?dw>4FU ?dv>4UU ?db>4U dy<n*TU h<n*TU gates<n*5TU cells<n*TU x<n*TF w<4FU v<4UU ?mask<n*T
rnn.LSTMGradFrom: n {} ?dx>n*TF ?dw>4FU ?dv>4UU ?db>4U ?deltas>any ?dh0>n*U ?dc0>n*U dy<n*TU ?dlast<n*U h<n*TU gates<n*5TU cells<n*TU x<n*TF w<4FU v<4UU ?mask<n*T ?h0<n*U ?c0<n*U
rnn.LSTMWeights: n {shares} from to ?dw>any ?dv>any ?db>any deltas<any h<n*TU x<n*TF ?h0<n*U
rnn.GRU: n {} h>n*TU ?gates>n*3TU ?q>n*TU x<n*TF w<3FU v<3UU ?b<b ?mask<n*T
rnn.GRUFrom: n {} h>n*TU ?gates>n*3TU ?q>n*TU x<n*TF w<3FU v<3UU ?b<b ?mask<n*T ?h0<n*U
rnn.GRUGrad: n {} ?dx>n*TF ?dw>3FU ?dv>3UU ?db>b dy<n*TU h<n*TU gates<n*3TU q<n*TU x<n*TF w<3FU v<3UU ?mask<n*T
rnn.GRUGradFrom: n {} ?dx>n*TF ?dw>3FU ?dv>3UU ?db>b ?deltas>any ?dh0>n*U dy<n*TU h<n*TU gates<n*3TU q<n*TU x<n*TF w<3FU v<3UU ?mask<n*T ?h0<n*U
rnn.GRUWeights: n {shares} from to ?dw>any ?dv>any ?db>any deltas<any h<n*TU x<n*TF ?h0<n*U
rnn.GRUSteps: =steps {} h>n*TU gates>n*3TU q>n*TU x<n*TF w<3FU v<3UU ?b<b
rnn.GRUStepsGrad: =steps {} ?dx>n*TF deltas>any dy<n*TU h<n*TU gates<n*3TU q<n*TU x<n*TF w<3FU v<3UU
rnn.GRUStepsWeights: =steps {shares} from to ?dw>any ?dv>any ?db>any deltas<any h<n*TU x<n*TF
rnn.GRUBefore: n {} h>n*TU ?gates>n*3TU ?q>n*TU x<n*TF w<3FU v<3UU ?b<b ?mask<n*T
rnn.GRUBeforeFrom: n {} h>n*TU ?gates>n*3TU ?q>n*TU x<n*TF w<3FU v<3UU ?b<b ?mask<n*T ?h0<n*U
rnn.GRUBeforeGrad: n {} ?dx>n*TF ?dw>3FU ?dv>3UU ?db>b dy<n*TU h<n*TU gates<n*3TU q<n*TU x<n*TF w<3FU v<3UU ?mask<n*T
rnn.GRUBeforeGradFrom: n {} ?dx>n*TF ?dw>3FU ?dv>3UU ?db>b ?deltas>any ?dh0>n*U dy<n*TU h<n*TU gates<n*3TU q<n*TU x<n*TF w<3FU v<3UU ?mask<n*T ?h0<n*U
rnn.GRUBeforeWeights: n {shares} from to ?dw>any ?dv>any ?db>any deltas<any h<n*TU x<n*TF ?h0<n*U
rnn.Simple: n {} h>n*TU x<n*TF w<FU v<UU ?b<U ?mask<n*T
rnn.SimpleFrom: n {} h>n*TU x<n*TF w<FU v<UU ?b<U ?mask<n*T ?h0<n*U
rnn.SimpleGrad: n {} ?dx>n*TF ?dw>FU ?dv>UU ?db>U dy<n*TU h<n*TU x<n*TF w<FU v<UU ?mask<n*T
rnn.SimpleGradFrom: n {} ?dx>n*TF ?dw>FU ?dv>UU ?db>U ?deltas>any ?dh0>n*U dy<n*TU h<n*TU x<n*TF w<FU v<UU ?mask<n*T ?h0<n*U
rnn.SimpleWeights: n {shares} from to ?dw>any ?dv>any ?db>any deltas<any h<n*TU x<n*TF ?h0<n*U
`), "\n") {
		names, args, _ := strings.Cut(row, ": ")
		pkg, list, _ := strings.Cut(names, ".")
		for _, name := range strings.Fields(list) {
			signatures[pkg+"."+name] = strings.Fields(args)
		}
	}
}

// derive adds the sizes that follow from the extents of a struct, by its fields.
func derive(ints, s map[string]int) {
	for k, v := range s {
		ints[k] = v
	}
	at := func(k string) int { return s[k] }
	if _, ok := s["Top"]; ok {
		ints["INNER"] = at("H") * at("W") * at("C")
		ints["OUTER"] = (at("Top") + at("H") + at("Bottom")) * (at("Left") + at("W") + at("Right")) * at("C")
		return
	}
	if _, ok := s["Heads"]; ok {
		ints["Q"], ints["K"] = at("TQ")*at("Heads")*at("Dim"), at("TK")*at("Heads")*at("Dim")
		ints["W"], ints["STEP"] = at("Heads")*at("Dim"), 1
		return
	}
	if u, ok := s["U"]; ok {
		t, f := at("T"), at("F")
		for name, v := range map[string]int{"TU": t * u, "TF": t * f, "FU": f * u, "UU": u * u, "U": u} {
			ints[name], ints["3"+name], ints["4"+name], ints["5"+name] = v, 3*v, 4*v, 5*v
		}
		return
	}
	if _, ok := s["H"]; !ok {
		return
	}
	ints["IN"] = at("H") * at("W") * at("C")
	switch oc, ok := s["OC"]; {
	case ok:
		ints["OUT"] = at("OH") * at("OW") * oc
		ints["SQUARES"] = at("OH") / 2 * (at("OW") / 2) * oc
		groups := max(1, at("Groups"))
		ints["WT"] = at("FH") * at("FW") * (at("C") / groups) * oc
		ints["DWT"] = at("FH") * at("FW") * oc
		ints["PACKED"] = groups * at("FH") * at("FW") * (at("C") / groups) * panels(oc/groups)
	case s["OH"] > 0:
		ints["OUT"] = at("OH") * at("OW") * at("C")
	default:
		ints["OUT"] = at("H") * at("FH") * at("W") * at("FW") * at("C")
	}
}

// panels rounds columns up to whole panels of 16, as package gemm packs them.
func panels(n int) int { return (n + 15) / 16 * 16 }
