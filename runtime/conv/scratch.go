package conv

import (
	"sync"

	"github.com/nngen/nngen/runtime/gemm"
)

// room is scratch space: an image with its border, a filter in panels or on the way there, steps of a sequence, and
// where the rows of a product lie.
type room struct {
	image, matrix, panels, sequence []float32
	places                          gemm.Places
	// forwardPlaces are the places of gathered for the geometry placed: single images of one layer find them again.
	forwardPlaces gemm.Places
	placed        Geometry
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// bytes returns the bytes of the parts of a room, which hold so many elements.
func bytes(image, matrix, panels, sequence, places, forwardPlaces int) []int {
	return []int{4 * image, 4 * matrix, 4 * panels, 4 * sequence, places, forwardPlaces}
}

// ForwardPackedScratch returns the bytes of scratch space that [ForwardPacked] keeps for later calls on a machine with AVX2,
// with an epilogue that holds no saved output: of each part of a room, of which calls of this package share what the
// largest needs.
func ForwardPackedScratch(g Geometry) []int {
	f := g.reads()
	if g.slides(gemm.None()) {
		image, matrix := g.slideLens()
		return bytes(image, matrix, 0, 0, gemm.PlacesBytes(0, g.FH*g.FW*g.C), 0)
	}
	places := 0
	if g.gathers(gemm.None()) {
		places = gemm.PlacesBytes(g.gatherLens())
	}
	return bytes(f.copyLen(g.H, g.W, g.C), 0, 0, 0, 0, places)
}

// ForwardScratch is ForwardPackedScratch for [Forward].
func ForwardScratch(g Geometry) []int {
	return with(ForwardPackedScratch(g), bytes(0, 0, PackedLen(&g), 0, 0, 0))
}

// StepsPackedScratch is ForwardPackedScratch for n steps of [StepsPacked].
func StepsPackedScratch(n int, g Geometry) []int {
	return with(ForwardPackedScratch(g.steps(n)), bytes(0, 0, 0, g.sequenceLen(n), 0, 0))
}

// StepsScratch is ForwardPackedScratch for n steps of [Steps].
func StepsScratch(n int, g Geometry) []int {
	return with(ForwardScratch(g.steps(n)), bytes(0, 0, 0, g.sequenceLen(n), 0, 0))
}

// DepthwiseScratch is ForwardPackedScratch for [Depthwise].
func DepthwiseScratch(g Geometry) []int {
	f, pixels := g.reads(), 0
	if g.OC%lane != 0 {
		pixels = everyLen(g.OW, g.OC, g.SW)
	}
	return bytes(f.copyLen(g.H, g.W, g.C), f.repeatedLen(&g), pixels, 0, 0, 0)
}

// TransposedScratch is ForwardPackedScratch for [DX] and [Transposed].
func TransposedScratch(g Geometry) []int {
	if g.narrow() {
		matrix, panels, image := g.spreadLens()
		return bytes(image, matrix, panels, 0, 0, 0)
	}
	matrix, panels := g.gradientLens()
	places := 0
	if g.gathersGradient(gemm.None()) {
		places = gemm.PlacesBytes(g.gatherGradientLens())
	}
	f := g.gradientReads()
	return bytes(f.copyLen(g.OH, g.OW, g.OC), matrix, panels, 0, places, 0)
}

// with returns the sums of two lists.
func with(a, b []int) []int {
	for i := range a {
		a[i] += b[i]
	}
	return a
}
