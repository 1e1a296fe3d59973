// Package tools has a network, and its tools in tools.mod.
package tools

//go:generate go tool -modfile=tools.mod nngen compile net.yaml
