package optim

// The directives stand apart, so that copies of the other files have none.

//go:generate go run ../../asm/optim/gen -kernel adamAVX2 -out adam_amd64.s -stubs zadam_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel sgdAVX2 -out sgd_amd64.s -stubs zsgd_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel momentumAVX2 -out momentum_amd64.s -stubs zmomentum_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel nesterovAVX2 -out nesterov_amd64.s -stubs znesterov_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel rmspropAVX2 -out rmsprop_amd64.s -stubs zrmsprop_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel adagradAVX2 -out adagrad_amd64.s -stubs zadagrad_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel adadeltaAVX2 -out adadelta_amd64.s -stubs zadadelta_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel amsgradAVX2 -out amsgrad_amd64.s -stubs zamsgrad_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel nadamAVX2 -out nadam_amd64.s -stubs znadam_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel adamaxAVX2 -out adamax_amd64.s -stubs zadamax_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel lionAVX2 -out lion_amd64.s -stubs zlion_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel rmspropCenteredAVX2 -out rmsprop_centered_amd64.s -stubs zrmsprop_centered_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel rmspropMomentumAVX2 -out rmsprop_momentum_amd64.s -stubs zrmsprop_momentum_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel rmspropCenteredMomentumAVX2 -out rmsprop_centered_momentum_amd64.s -stubs zrmsprop_centered_momentum_amd64.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel sumSquaresAVX2 -out clip_amd64.s -stubs zclip_amd64.go -pkg optim
