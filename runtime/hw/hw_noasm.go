//go:build !amd64 || purego

package hw

func available() bool { return false }

func lanes() int { return 0 }

func multiplyAdd(int) {}

func load([]float32, int, int) {}
