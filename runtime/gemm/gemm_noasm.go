//go:build !amd64 || purego

package gemm

// Never called: cpu.HasAVX2FMA is false.

func gemmSmallAVX2(_, _, _ int, _ *float32, _, _ int, _ *float32, _ int, _ *float32, _ int, _ *float32, _ int, _ float32) {
}

func gemmCubeAVX2(_ int, _ *float32, _ int, _ *float32, _ int, _ *float32, _ int) {}

func gemmWhole4AVX2(_, _, _ *float32) {}

func gemmWhole8AVX2(_, _, _ *float32) {}

func gemmWhole16AVX512(_, _, _ *float32) {}

func gemmWhole32AVX512(_, _, _ *float32) {}

func gemmFull8AVX512(_, _, _ *float32) {}

func gemmFull16AVX512(_, _, _ *float32) {}

func gemmFull32AVX512(_, _, _ *float32) {}

func gemmSmallTAVX2(_, _, _ int, _ *float32, _, _ int, _ *float32, _ int, _ *float32, _ int, _ *float32, _ int, _ float32) {
}

// Never called: cpu.HasSplitAVX512 is false.

func gemm14x32AVX512(*tileArgs) {}

func gemvAVX512(*rowArgs, *float32, *float32) {}

func gatherAVX512(*gatherArgs) {}

func slideAVX2(*slideArgs) {}

func slide6AVX512(*slideArgs) {}

func slideMax6AVX512(*slideMaxArgs) {}

func sweep3x4AVX512(*sweepArgs) {}

func sweep3x5AVX512(*sweepArgs) {}

func sweep5x4AVX512(*sweepArgs) {}

func sweep5x5AVX512(*sweepArgs) {}

func slimAVX2(*slimArgs) {}

func nonzeroAVX2(*nonzeroArgs) {}

func nonzeroSumsAVX2(*nonzeroSumsArgs) {}

func nonzeroListAVX2(*nonzeroListArgs) {}

func nonzeroAVX512(*nonzeroArgs) {}

func nonzeroSumsAVX512(*nonzeroSumsArgs) {}

func nonzeroListAVX512(*nonzeroListArgs) {}

func countNonzeroAVX2(int, *float32) int { return 0 }

func finiteAVX2(int, *float32) bool { return false }
