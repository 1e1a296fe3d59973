//go:build !amd64 || purego

package sparse

const noKernel = "sparse: no kernel in this build"

func oneAVX2(y, x, w *float32, start, index *int32) { panic(noKernel) }

func forward8AVX2(y, x, w *float32, start, index *int32, out int) { panic(noKernel) }

func forward16AVX2(y, x, w *float32, start, index *int32, out int) { panic(noKernel) }

func forward32AVX2(y, x, w *float32, start, index *int32, out int) { panic(noKernel) }

func forward64AVX2(y, x, w *float32, start, index *int32, out int) { panic(noKernel) }

func backward8AVX2(dx, dy, w *float32, start, index *int32, out int) { panic(noKernel) }

func backward16AVX2(dx, dy, w *float32, start, index *int32, out int) { panic(noKernel) }

func backward32AVX2(dx, dy, w *float32, start, index *int32, out int) { panic(noKernel) }

func backward64AVX2(dx, dy, w *float32, start, index *int32, out int) { panic(noKernel) }

func weights8AVX2(dw, x, dy *float32, start, index *int32, out int) { panic(noKernel) }

func weights16AVX2(dw, x, dy *float32, start, index *int32, out int) { panic(noKernel) }

func weights32AVX2(dw, x, dy *float32, start, index *int32, out int) { panic(noKernel) }

func weights64AVX2(dw, x, dy *float32, start, index *int32, out int) { panic(noKernel) }
