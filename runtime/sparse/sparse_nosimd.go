//go:build (!amd64 && !arm64) || purego

package sparse

const noKernel = "sparse: no kernel in this build"

func oneSIMD(y, x, w *float32, start, index *int32) { panic(noKernel) }

func forward8SIMD(y, x, w *float32, start, index *int32, out int) { panic(noKernel) }

func forward16SIMD(y, x, w *float32, start, index *int32, out int) { panic(noKernel) }

func forward32SIMD(y, x, w *float32, start, index *int32, out int) { panic(noKernel) }

func forward64SIMD(y, x, w *float32, start, index *int32, out int) { panic(noKernel) }

func backward8SIMD(dx, dy, w *float32, start, index *int32, out int) { panic(noKernel) }

func backward16SIMD(dx, dy, w *float32, start, index *int32, out int) { panic(noKernel) }

func backward32SIMD(dx, dy, w *float32, start, index *int32, out int) { panic(noKernel) }

func backward64SIMD(dx, dy, w *float32, start, index *int32, out int) { panic(noKernel) }

func weights8SIMD(dw, x, dy *float32, start, index *int32, out int) { panic(noKernel) }

func weights16SIMD(dw, x, dy *float32, start, index *int32, out int) { panic(noKernel) }

func weights32SIMD(dw, x, dy *float32, start, index *int32, out int) { panic(noKernel) }

func weights64SIMD(dw, x, dy *float32, start, index *int32, out int) { panic(noKernel) }
