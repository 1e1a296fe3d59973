package gemm

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets tests, which are of small products, take AVX-512 for all that it may be taken for.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" && os.Getenv("TUNE") == "" {
		wideWork, wideRowWork = 0, 0
	}
	os.Exit(m.Run())
}
