//go:build !linux

package kerneltest

// pageEnd returns nil: memory that ends at an inaccessible page is made on Linux only.
func pageEnd(int, int) []float32 { return nil }
