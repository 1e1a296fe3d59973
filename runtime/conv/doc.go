// Package conv convolves float32 images with filters, channels last, on one goroutine, and
// forms the gradients of that.
//
//	Forward    y  = x ∗ w        x n×h×w×c   w fh×fw×(c/groups)×oc   y n×oh×ow×oc
//	DX         dx from dy and w
//	DW         dw from x and dy
//
// Depthwise, DepthwiseDX and DepthwiseDW are the same for as many groups as x has channels,
// where w is fh×fw×c×m, c·m = oc. A [Geometry] holds the extents. Sequences are images of
// height 1. The transposed convolution is DX, with an epilogue Transposed, and its gradients are Forward and DW.
//
// What a filter reads outside of the image is +0. With Y = oy·sh + fy·dh − pt and
// X = ox·sw + fx·dw − pl, with ci counting the c/groups channels of oc's group:
//
//	y[oy,ox,oc] = Σ x[Y,X,ci]·w[fy,fx,ci,oc]   over fy, fx, ci
//
// # The same bits everywhere
//
// The Go twins are the definition; the kernels give the same bits. Each element of a result
// is one chain of fused multiply-adds that begins at +0 (or, in Forward, at y with
// gemm.Accumulate), in this order:
//
//	y[n,oy,ox,oc]    fy, fx, ci, each upwards
//	dx[n,Y,X,ci]     fy downwards, fx downwards, oc of ci's group upwards; for each pair of fy and
//	                 fx for which Y + pt − fy·dh is a multiple of sh and X + pl − fx·dw one of sw,
//	                 so that there is an (oy, ox), which grows
//	dw[fy,fx,ci,oc]  n, oy, ox, each upwards
//
// Where x has one group of less than 8 channels, for which registers would be mostly empty, dx is a sum of
// rounded chains instead, one for each (oy, ox) in dy and its (fy, fx), in the order above; a chain runs over
// oc and begins at +0.
//
// Factors outside of x, in y and dw, and of dy, in dx, are +0 and multiplied like others: a weight
// that is infinite or NaN makes the border NaN. No tile, vector width or group of rows changes a
// chain, so an example gives the same bits alone as in a batch. In y, and in what Transposed writes, the steps of the
// [gemm.Epilogue] follow, each rounded.
//
// # Lanes
//
// The lanes of a register are output channels of a pixel, or where filters are few, six at most, pixels of a row of y.
// On amd64 both have kernels for AVX2 and for AVX-512 at full width: of more than 8 channels, and of six. Others take
// AVX2, whose registers they fill as well. On arm64 the lanes are channels. Where filters have 3 or 5 taps in a row that read neighbouring pixels, and y
// four rows or more, Forward reads an element of x once for all of them by AVX-512 at full width: see gemm.Sweep.
// Of six channels ForwardMaxPacked takes the maxima of squares of pixels there before it turns the lanes of these to
// channels: see gemm.SlideMax.
//
// To first order the error of an element is at most k·u·Σ|products| with k the length of
// its chain and u = 2⁻²⁴ (Higham, Accuracy and Stability of Numerical Algorithms, §3.1).
package conv
