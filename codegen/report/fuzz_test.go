package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/runs"
)

// markup finds what would run or load something.
var markup = regexp.MustCompile(`(?i)<script|<link|<iframe|@import|url\(`)

// FuzzRun: no bytes of the files of a run make its reader, or the report on it, panic or take more than they are worth;
// no text of them becomes markup.
func FuzzRun(f *testing.F) {
	r := example()
	record, err := json.Marshal(r)
	if err != nil {
		f.Fatal(err)
	}
	detail, err := json.Marshal(r.Detail)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(record, detail, []byte("{\"epoch\":1,\"loss\":2,\"lr\":0.1}\n{\"epoch\":2,\"loss\":null}\n"))
	f.Add([]byte(`{"name": "a"}`), []byte(`{"update_ratio": [[1, 2]], "updates": []}`), []byte("{}"))
	f.Add([]byte("{}"),
		[]byte(`{"outputs": [{"task": "multiclass", "confusion": [[1], []], "worst": [{"input": [1], "shape": [9, 9, 9]}]}]}`),
		[]byte("null"))
	f.Add([]byte("{}"),
		[]byte(`{"weights": [{"name": "<script>", "low": 1, "high": -1, "counts": [-1]}], "outputs": [{"points": [{}]}]}`),
		[]byte("{\"epoch\":1e300}"))
	f.Add([]byte("{}"),
		[]byte(`{"updates": ["w"], "update_ratio": [[1], [1], [1], [1]], "update_every": 4611686018427387904}`),
		[]byte("{\"epoch\":1}\n{\"epoch\":2}\n{\"epoch\":3}\n{\"epoch\":4}"))
	var many []byte // names, more than are drawn
	for i := range 4000 {
		many = fmt.Appendf(many, "{\"epoch\":%d,\"m%[1]d\":1}\n", i)
	}
	f.Add([]byte("{}"), []byte("{}"), many)
	dir := f.TempDir()
	fuzzing.Fuzz(f, func(t *testing.T, record, detail, history []byte) {
		for name, b := range map[string][]byte{"run.json": record, "detail.json": detail, "history.jsonl": history} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r, err := runs.Open(dir)
		if err != nil {
			return
		}
		page, err := HTML([]*runs.Run{r, r})
		if err != nil {
			return
		}
		if n := bytes.Count(page, []byte(`class="curve"`)); n > 1000 {
			t.Errorf("%d curves of %q, %q, %q", n, record, detail, history)
		}
		if m := markup.Find(page); m != nil {
			t.Errorf("the page has %q of %q, %q, %q", m, record, detail, history)
		}
	})
}
