package gemm

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/abi"
)

// TestRowsAlikeComeToTheSameTiles compares the tiles of many rows with those of the few that stand for them, also where
// the first tile is another kernel's.
func TestRowsAlikeComeToTheSameTiles(t *testing.T) {
	tiles := func(table *abi.Tile, left int) []int {
		rows := map[int]bool{}
		for left > 0 {
			n := table.Rows(left)
			rows[n] = true
			left -= n
		}
		return slices.Sorted(maps.Keys(rows))
	}
	for _, table := range slices.Concat(abi.Tiles[:], abi.WideTiles[:]) {
		if tileCycle%table.MR != 0 {
			t.Errorf("%s has %d rows, of which %d is no multiple", table.Name, table.MR, tileCycle)
		}
		for m := 1; m < 6*tileCycle; m++ {
			for _, packed := range []int{0, abi.Tiles[0].MR} {
				if got, want := fmt.Sprint(tiles(&table, alike(m)-packed)), fmt.Sprint(tiles(&table, m-packed)); got != want {
					t.Fatalf("%s of %d rows, %d before: tiles of %s rows, want %s", table.Name, m, packed, got, want)
				}
			}
		}
	}
}

// TestVariantsOfLongProductsAreFew asks for each number of rows that workers may have of a parameter of a million.
func TestVariantsOfLongProductsAreFew(t *testing.T) {
	var v Variants
	for m := 6; m <= 1_000_000; m += 6 {
		v.TN(m, 3, []int{16}, 1_000_000, 3, 3, None())
	}
	if len(v.seen) > 10*tileCycle {
		t.Errorf("%d calls are kept", len(v.seen))
	}
}
