// Package initial draws initial values of parameters. Element i of an array is a function of (seed,
// stream, i): number i of rng.Float64 or rng.Normal at step 0, scaled in float64 with each operation
// rounded by itself, then rounded to float32. So the same seed gives the same bits on every machine.
//
// Sources: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
// networks, 2010; He et al., Delving deep into rectifiers, 2015; LeCun et al., Efficient backprop,
// 1998; Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning, 2014.
package initial
