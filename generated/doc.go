// Package generated holds the example models: each folder has the spec, the packages that nngen makes
// of it, trained weights, and the history and curves of their training.
//
// perceptron, digits and names_transformer hold copies of what they use of the runtime, as a package does by default;
// the others import it.
package generated

//go:generate go run ../cmd/nngen compile breast_cancer/breast_cancer.yaml
//go:generate go run ../cmd/nngen compile diabetes/diabetes.yaml
//go:generate go run ../cmd/nngen compile digits/digits.yaml
//go:generate go run ../cmd/nngen compile fashion/fashion.yaml
//go:generate go run ../cmd/nngen compile fashion_deep/fashion_deep.yaml
//go:generate go run ../cmd/nngen compile iris/iris.yaml
//go:generate go run ../cmd/nngen compile lenet_digits/lenet_digits.yaml
//go:generate go run ../cmd/nngen compile names/names.yaml
//go:generate go run ../cmd/nngen compile names_gru/names_gru.yaml
//go:generate go run ../cmd/nngen compile names_transformer/names_transformer.yaml
//go:generate go run ../cmd/nngen compile perceptron/perceptron.yaml
//go:generate go run ../cmd/nngen compile skip/skip.yaml
//go:generate go run ../cmd/nngen compile sparse/sparse.yaml
//go:generate go run ../cmd/nngen compile sunspots/sunspots.yaml
//go:generate go run ../cmd/nngen compile sunspots_conv/sunspots_conv.yaml
//go:generate go run ../cmd/nngen compile sunspots_lstm/sunspots_lstm.yaml
//go:generate go run ../cmd/nngen compile xor/xor.yaml
