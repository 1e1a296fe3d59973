package quant

// Rescale says how the sums of a product become int8 numbers: see the package.
type Rescale struct {
	Bias, Multiplier, Shift []int32 // one for each channel
	// Range holds the zero of the input, the zero of the output, and the lowest and the highest output.
	Range []int32
}

// Places in Range.
const (
	zeroX = iota
	zeroY
	low
	high
	rangeLen
)

const (
	badShape = "quant: a slice is shorter than its shape"
	badSize  = "quant: an extent is negative, or a geometry impossible"
	badToken = "quant: a token is not a whole number within the vocabulary"
)

// check panics unless there is a number for each of n channels.
func (r *Rescale) check(n int) {
	if len(r.Bias) < n || len(r.Multiplier) < n || len(r.Shift) < n || len(r.Range) < rangeLen {
		panic(badShape)
	}
}

// multiplyShift returns ⌊s·multiplier/2^shift + ½⌋. Adding 2⁶² and taking 2⁶²⁻ˢ away again makes a shift of numbers that are not
// negative of it, which vectors have for 64 bits; that is exact since |s·multiplier| < 2⁶².
func multiplyShift(s, multiplier, shift int32) int32 {
	t := uint64(uint32(shift))
	v := uint64(int64(s)*int64(multiplier)) + 1<<62 + 1<<(t-1)
	return int32(uint32(v>>t - 1<<62>>t))
}

// clamp returns v in [lo, hi], lo if that is above hi.
func clamp(v, lo, hi int32) int8 { return int8(max(lo, min(v, hi))) }

// bounds returns the lowest and the highest output, both in int8.
func (r *Rescale) bounds() (lo, hi int32) {
	return max(-128, min(r.Range[low], 127)), max(-128, min(r.Range[high], 127))
}

// rescaleGeneric turns sums of cols channels, from channel j on, into numbers of y, for some rows that are yRow and sRow
// numbers apart.
func (r *Rescale) rescaleGeneric(y []int8, s []int32, j, cols, rows, yRow, sRow int) {
	lo, hi := r.bounds()
	zero, m, t := r.Range[zeroY], r.Multiplier[j:][:cols], r.Shift[j:][:cols]
	for i := range rows {
		y, s := y[i*yRow:][:cols], s[i*sRow:][:cols]
		for c := range y {
			y[c] = clamp(zero+multiplyShift(s[c], m[c], t[c]), lo, hi)
		}
	}
}
