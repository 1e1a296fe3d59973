package optim

// The directives stand apart, so that copies of the other files have none.

//go:generate go run ../../asm/optim/gen -kernel adamSIMD -out adam_amd64.s -arm64 adam_arm64.s -stubs zadam_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel sgdSIMD -out sgd_amd64.s -arm64 sgd_arm64.s -stubs zsgd_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel momentumSIMD -out momentum_amd64.s -arm64 momentum_arm64.s -stubs zmomentum_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel nesterovSIMD -out nesterov_amd64.s -arm64 nesterov_arm64.s -stubs znesterov_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel rmspropSIMD -out rmsprop_amd64.s -arm64 rmsprop_arm64.s -stubs zrmsprop_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel adagradSIMD -out adagrad_amd64.s -arm64 adagrad_arm64.s -stubs zadagrad_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel adadeltaSIMD -out adadelta_amd64.s -arm64 adadelta_arm64.s -stubs zadadelta_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel amsgradSIMD -out amsgrad_amd64.s -arm64 amsgrad_arm64.s -stubs zamsgrad_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel nadamSIMD -out nadam_amd64.s -arm64 nadam_arm64.s -stubs znadam_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel adamaxSIMD -out adamax_amd64.s -arm64 adamax_arm64.s -stubs zadamax_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel lionSIMD -out lion_amd64.s -arm64 lion_arm64.s -stubs zlion_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel rmspropCenteredSIMD -out rmsprop_centered_amd64.s -arm64 rmsprop_centered_arm64.s -stubs zrmsprop_centered_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel rmspropMomentumSIMD -out rmsprop_momentum_amd64.s -arm64 rmsprop_momentum_arm64.s -stubs zrmsprop_momentum_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel rmspropCenteredMomentumSIMD -out rmsprop_centered_momentum_amd64.s -arm64 rmsprop_centered_momentum_arm64.s -stubs zrmsprop_centered_momentum_simd.go -pkg optim
//go:generate go run ../../asm/optim/gen -kernel sumSquaresSIMD -out clip_amd64.s -arm64 clip_arm64.s -stubs zclip_simd.go -pkg optim
