// Package norm normalises rows of float32: layer norm over the features of an example, batch
// norm over the examples of a feature.
//
// All matrices are n rows of f elements; slices may be longer than needed, and a function
// panics if one is too short. An output may be the same slice as the input of its shape,
// but must not overlap it in part. Nothing allocates.
//
// Means and variances are found in two passes. Sums over a row run in 32 lanes, element j in
// lane j mod 32, each in order from +0, folded by halves; sums over rows are one chain in the
// order of the rows. Each function's Go twin, xGeneric, defines its bits.
package norm

//go:generate go run ../../asm/vec/gen -runtime norm
