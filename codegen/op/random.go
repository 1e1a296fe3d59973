package op

// Block is Philox 4×32-10 of Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011): ten
// rounds on the counter (index, step, stream) under the key seed. It is the reference's own.
func Block(seed uint64, stream uint32, step uint64, index uint32) [4]uint32 {
	c := [4]uint32{index, uint32(step), uint32(step >> 32), stream}
	k0, k1 := uint32(seed), uint32(seed>>32)
	for range 10 {
		a, b := uint64(c[0])*0xD2511F53, uint64(c[2])*0xCD9E8D57
		c = [4]uint32{uint32(b>>32) ^ c[1] ^ k0, uint32(b), uint32(a>>32) ^ c[3] ^ k1, uint32(a)}
		k0, k1 = k0+0x9E3779B9, k1+0xBB67AE85
	}
	return c
}

// Word returns random word i of a stream in a step: lane i mod 4 of block i/4.
func Word(seed uint64, stream uint32, step uint64, i int) uint32 {
	return Block(seed, stream, step, uint32(i/4))[i%4]
}
