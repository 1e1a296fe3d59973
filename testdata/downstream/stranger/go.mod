module example.com/you

go 1.24.0

require github.com/nngen/nngen v0.0.0

replace github.com/nngen/nngen => ../../..
