package footprint

import "testing"

// TestDataBytesSeesMacros counts the data of assembly as copies have it.
func TestDataBytesSeesMacros(t *testing.T) {
	const src = `#define COPIES(s, x) PAIR(s, 0, x); PAIR(s, 8, x); GLOBL s<>(SB), RODATA|NOPTR, $32
COPIES(a, 0x12345678); COPIES(b, 0x12345678); GLOBL c<>(SB), RODATA|NOPTR, $64; PAIR(d, 0, 0x12345678)
GLOBL d<>(SB), RODATA|NOPTR, $8
`
	if got := dataBytes(src); got != 2*32+64+8 {
		t.Errorf("%d bytes, want %d", got, 2*32+64+8)
	}
}
