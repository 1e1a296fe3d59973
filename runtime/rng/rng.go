// Package rng gives random numbers that are functions of (seed, stream, step, index) and of nothing
// else: no state, so that they don't depend on the number of workers, and can be drawn again.
//
// Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011:
// Philox 4×32 with 10 rounds.
package rng

// Block returns four words of 32 random bits: Philox 4×32-10 of the counter (index, low and high half
// of step, stream) under the key seed.
func Block(seed uint64, stream uint32, step uint64, index uint32) [4]uint32 {
	c0, c1, c2, c3 := index, uint32(step), uint32(step>>32), stream
	k0, k1 := uint32(seed), uint32(seed>>32)
	for range 10 {
		a, b := uint64(c0)*0xD2511F53, uint64(c2)*0xCD9E8D57
		c0, c1, c2, c3 = uint32(b>>32)^c1^k0, uint32(b), uint32(a>>32)^c3^k1, uint32(a)
		k0 += 0x9E3779B9
		k1 += 0xBB67AE85
	}
	return [4]uint32{c0, c1, c2, c3}
}

// Word returns word i: lane i mod 4 of block i/4.
func Word(seed uint64, stream uint32, step uint64, i int) uint32 {
	return Block(seed, stream, step, uint32(i/4))[i%4]
}

// Float64 returns number i in [0, 1): the upper 53 bits of words 2i and 2i + 1.
func Float64(seed uint64, stream uint32, step uint64, i int) float64 {
	b := Block(seed, stream, step, uint32(i/2))
	k := i % 2 * 2
	return float64((uint64(b[k])<<32|uint64(b[k+1]))>>11) / (1 << 53)
}
