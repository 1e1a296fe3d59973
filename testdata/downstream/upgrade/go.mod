module github.com/nngen/nngen/generated

go 1.24
