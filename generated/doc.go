// Package generated holds the example models: each folder has the spec, the packages that nngen makes
// of it, trained weights, and the history and curves of their training.
package generated

//go:generate go run ../cmd/nngen compile digits/digits.yaml
