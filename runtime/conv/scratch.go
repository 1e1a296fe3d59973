package conv

import (
	"sync"

	"github.com/nngen/nngen/runtime/gemm"
)

// room is scratch space: an image with its border, a filter in panels or on the way there, steps of a sequence, an
// image of y whose squares are reduced, and where the rows of a product lie.
type room struct {
	image, matrix, panels, sequence, squares []float32
	places                                   gemm.Places
	// forwardPlaces are the places of gathered for the geometry placed: single images of one layer find them again.
	forwardPlaces gemm.Places
	placed        Geometry
	nonzero       *nonzeroRoom // nil before there are gradients, whose room figures of predictions leave out
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// placesBytes are those of the rows and of the terms of places.
type placesBytes struct{ rows, terms int }

func newPlacesBytes(rows, terms int) (b placesBytes) {
	b.rows, b.terms = gemm.PlacesBytes(rows, terms)
	return b
}

// bytes returns the bytes of the parts of a room, which hold so many elements.
func bytes(image, matrix, panels, sequence int, places, forwardPlaces placesBytes) []int {
	return []int{4 * image, 4 * matrix, 4 * panels, 4 * sequence, places.rows, places.terms, forwardPlaces.rows, forwardPlaces.terms}
}

// ForwardPackedScratch returns the bytes of scratch space that [ForwardPacked] keeps for later calls on a machine with AVX2 or NEON,
// with an epilogue that holds no saved output: of each part of a room, of which calls of this package share what the
// largest needs.
func ForwardPackedScratch(g Geometry) []int {
	f := g.reads()
	if g.slides(gemm.None()) {
		image, matrix := g.slideLens()
		return bytes(image, matrix, 0, 0, newPlacesBytes(0, g.FH*g.FW*g.C), placesBytes{})
	}
	var places placesBytes
	if g.gathers(gemm.None()) {
		places = newPlacesBytes(g.gatherLens())
	}
	return bytes(f.copyLen(g.H, g.W, g.C), 0, 0, 0, placesBytes{}, places)
}

// ForwardMaxPackedScratch is ForwardPackedScratch for [ForwardMaxPacked].
func ForwardMaxPackedScratch(g Geometry) []int {
	return append(ForwardPackedScratch(g), 4*g.OH*g.OW*g.OC)
}

// ForwardScratch is ForwardPackedScratch for [Forward].
func ForwardScratch(g Geometry) []int {
	return with(ForwardPackedScratch(g), bytes(0, 0, PackedLen(&g), 0, placesBytes{}, placesBytes{}))
}

// StepsPackedScratch is ForwardPackedScratch for n steps of [StepsPacked].
func StepsPackedScratch(n int, g Geometry) []int {
	return with(ForwardPackedScratch(g.steps(n)), bytes(0, 0, 0, g.sequenceLen(n), placesBytes{}, placesBytes{}))
}

// StepsScratch is ForwardPackedScratch for n steps of [Steps].
func StepsScratch(n int, g Geometry) []int {
	return with(ForwardScratch(g.steps(n)), bytes(0, 0, 0, g.sequenceLen(n), placesBytes{}, placesBytes{}))
}

// DepthwiseScratch is ForwardPackedScratch for [Depthwise].
func DepthwiseScratch(g Geometry) []int {
	f, pixels := g.reads(), 0
	if g.OC%lane != 0 {
		pixels = everyLen(g.OW, g.OC, g.SW)
	}
	return bytes(f.copyLen(g.H, g.W, g.C), f.repeatedLen(&g), pixels, 0, placesBytes{}, placesBytes{})
}

// TransposedScratch is ForwardPackedScratch for [DX] and [Transposed].
func TransposedScratch(g Geometry) []int {
	if g.narrow() {
		matrix, panels, image := g.spreadLens()
		return bytes(image, matrix, panels, 0, placesBytes{}, placesBytes{})
	}
	matrix, panels := g.gradientLens()
	var places placesBytes
	if g.gathersGradient(gemm.None()) {
		places = newPlacesBytes(g.gatherGradientLens())
	}
	f := g.gradientReads()
	return bytes(f.copyLen(g.OH, g.OW, g.OC), matrix, panels, 0, places, placesBytes{})
}

// with returns the sums of two lists.
func with(a, b []int) []int {
	for i := range a {
		a[i] += b[i]
	}
	return a
}
