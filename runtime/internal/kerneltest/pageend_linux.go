package kerneltest

import (
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// arenas are mappings whose last page may not be touched, by number.
var (
	arenasMu sync.Mutex
	arenas   = map[int][]byte{}
)

// pageEnd returns n elements, with any content, that end where the address space becomes
// inaccessible, so that a kernel that reads past its input crashes. The slices of one
// number share memory. It returns nil where no such memory can be had.
func pageEnd(number, n int) []float32 {
	arenasMu.Lock()
	defer arenasMu.Unlock()
	page := os.Getpagesize()
	arena := arenas[number]
	if len(arena) < 4*n {
		pages := (8*n + page) / page
		mapped, err := syscall.Mmap(-1, 0, (pages+1)*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil || syscall.Mprotect(mapped[pages*page:], syscall.PROT_NONE) != nil {
			return nil
		}
		arena = mapped[:pages*page]
		arenas[number] = arena
	}
	if n == 0 {
		return []float32{}
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&arena[len(arena)-4*n])), n)
}
