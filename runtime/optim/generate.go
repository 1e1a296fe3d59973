package optim

// The directives stand apart, so that copies of the other files have none.

//go:generate go run ../../asm/optim/gen -kernel adamAVX2 -out adam_amd64.s -stubs zadam_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel sgdAVX2 -out sgd_amd64.s -stubs zsgd_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel momentumAVX2 -out momentum_amd64.s -stubs zmomentum_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel nesterovAVX2 -out nesterov_amd64.s -stubs znesterov_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel rmspropAVX2 -out rmsprop_amd64.s -stubs zrmsprop_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel adagradAVX2 -out adagrad_amd64.s -stubs zadagrad_amd64.go -pkg optim
