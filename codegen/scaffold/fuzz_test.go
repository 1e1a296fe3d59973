package scaffold

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
)

// FuzzLook: whatever a table holds, init says what it is not, or writes a spec that is one, and tries the data that it
// names without a panic.
func FuzzLook(f *testing.F) {
	for _, seed := range []string{"a,b,y\n1,2,no\n3,4,yes\n5,6,no\n7,8,yes\n",
		"t,x\n2024-01-01,1\n2024-01-02,2\n2024-01-03,4\n",
		"Sepal Length;Größe;\"a\"\"b\"\n1,5;2;p\n2,5;;q\n3,5;4;p\n", "1 2 3\n4 5 6\n7 8 9\n",
		"{\"a\": 1, \"y\": \"p\"}\n{\"a\": 2, \"y\": \"q\"}\n",
		"func,type,y: z\n1,true,1\n2,false,2\n3,true,3\n", "a,a\n1,1\n", "id,price,y\n1,$5,10 %\n2,$6.50,20 %\n3,$7,30 %\n",
		"# c\nx\ty\n-\t1\n2\tNA\n3\t3\n", "${x},{{y}},`\n1,2,3\n2,3,4\n3,4,5\n"} {
		f.Add([]byte(seed))
	}
	root := f.TempDir()
	table := filepath.Join(root, "t.csv")
	folder := filepath.Join(root, "net")
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		if err := os.WriteFile(table, b, 0o644); err != nil {
			t.Fatal(err)
		}
		d := &draft{Options: Options{Folder: folder, Data: table, Log: io.Discard}, name: "net", inputs: 4, units: []int{32},
			classes: []string{"a", "b", "c"}}
		if d.look() != nil {
			return
		}
		src := d.spec()
		s, err := parse("net.yaml", src)
		if err != nil {
			t.Fatalf("%q: %v of\n%s", b, err, src)
		}
		if d.try(s) == nil {
			d.report()
		}
	})
}
