// Package generated holds the example models: each folder has the spec, the packages that nngen makes
// of it, trained weights, and the history and curves of their training.
//
// perceptron, digits and names_transformer hold copies of what they use of the runtime, as a package does by default;
// the others import it.
package generated

//go:generate go run ../cmd/nngen compile breast_cancer/breast_cancer.yaml diabetes/diabetes.yaml digits/digits.yaml
//go:generate go run ../cmd/nngen compile fashion/fashion.yaml fashion_deep/fashion_deep.yaml iris/iris.yaml
//go:generate go run ../cmd/nngen compile lenet_digits/lenet_digits.yaml names/names.yaml names_gru/names_gru.yaml
//go:generate go run ../cmd/nngen compile names_transformer/names_transformer.yaml perceptron/perceptron.yaml
//go:generate go run ../cmd/nngen compile skip/skip.yaml sparse/sparse.yaml sunspots/sunspots.yaml
//go:generate go run ../cmd/nngen compile sunspots_conv/sunspots_conv.yaml sunspots_lstm/sunspots_lstm.yaml xor/xor.yaml
