package kerneltest

import (
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// arenas are mappings between two pages that may not be touched, by number.
var (
	arenasMu sync.Mutex
	arenas   = map[int][]byte{}
)

// An Edge is the side of a slice that inaccessible memory touches.
type Edge bool

// The edges.
const (
	AtEnd   Edge = false
	AtStart Edge = true
)

// Fenced returns n elements, with any content, behind or before which the address space is inaccessible, so that a
// kernel that touches what is not its own crashes. The slices of one number share memory. It returns nil where no such
// memory can be had.
func Fenced(number, n int, edge Edge) []float32 {
	arenasMu.Lock()
	defer arenasMu.Unlock()
	page := os.Getpagesize()
	arena := arenas[number]
	if arena == nil || len(arena) < 4*n {
		pages := (8*n + page) / page
		mapped, err := syscall.Mmap(-1, 0, (pages+2)*page, syscall.PROT_READ|syscall.PROT_WRITE,
			syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil || syscall.Mprotect(mapped[:page], syscall.PROT_NONE) != nil ||
			syscall.Mprotect(mapped[(pages+1)*page:], syscall.PROT_NONE) != nil {
			return nil
		}
		arena = mapped[page : (pages+1)*page]
		arenas[number] = arena
	}
	switch {
	case n == 0:
		return []float32{}
	case edge == AtStart:
		return unsafe.Slice((*float32)(unsafe.Pointer(&arena[0])), n)
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&arena[len(arena)-4*n])), n)
}
