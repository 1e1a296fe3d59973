package golden

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// editionFile holds the edition that checksums of vectors are of, and those: one for the network of each layer kind, of
// testdata/op.
const editionFile = "../../testdata/golden/edition.txt"

// TestEditionIsRaisedWhenVectorsChange computes the vectors of a network for each layer kind: if one of them differs
// from what it was, edition must be another too, since vectors in users' folders are kept while it stays. Kinds that
// are new join the file at the next update.
func TestEditionIsRaisedWhenVectorsChange(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("processors that fuse products with sums round a few numbers otherwise: see coarse")
	}
	kept := map[string]string{}
	old, oldProbe := 0, 0
	b, err := os.ReadFile(editionFile)
	if err == nil {
		if _, err := fmt.Sscanf(string(b), "edition %d, of probes %d\n", &old, &oldProbe); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
			kind, sum, _ := strings.Cut(line, " ")
			kept[kind] = sum
		}
	}
	now := vectorSums(t)
	var changed []string
	raised := true // the editions of all that changed
	for _, kind := range slices.Sorted(maps.Keys(kept)) {
		if now[kind] == kept[kind] {
			continue
		}
		if changed = append(changed, kind); strings.HasSuffix(kind, ".probe") {
			raised = raised && oldProbe != probeEdition
		} else {
			raised = raised && old != edition
		}
	}
	update := os.Getenv("NNGEN_UPDATE") != ""
	switch {
	case !raised:
		t.Fatalf("vectors of editions %d and %d changed: those of %s. Raise edition, or that of probes, in sum.go, then "+
			"run this test with NNGEN_UPDATE=1",
			edition, probeEdition, strings.Join(changed, ", "))
	case !update && (len(kept) == 0 || len(changed) > 0 || old != edition || oldProbe != probeEdition):
		t.Fatalf("%s is of editions %d and %d, with the vectors of %d kinds; these are %d and %d, of %d: run this test "+
			"with NNGEN_UPDATE=1",
			editionFile, old, oldProbe, len(kept), edition, probeEdition, len(now))
	case !update:
		return
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "edition %d, of probes %d\n", edition, probeEdition)
	for _, kind := range slices.Sorted(maps.Keys(now)) {
		fmt.Fprintf(&out, "%s %s\n", kind, now[kind])
	}
	if err := os.MkdirAll(filepath.Dir(editionFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(editionFile, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// vectorSums returns the checksums of the tensors of all vectors, by layer kind.
func vectorSums(t *testing.T) map[string]string {
	files, err := filepath.Glob("../../testdata/op/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no networks: %v", err)
	}
	sums := map[string]string{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kind := strings.TrimSuffix(filepath.Base(file), ".txtar")
		s, problems := spec.Parse(kind+".yaml", archive.Files[0].Data, op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		network, problems := net.Build(s, nil)
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		vectors, remarks, err := Files(Request{Net: network})
		if err != nil || len(remarks) > 0 {
			t.Fatal(kind, remarks, err)
		}
		all := ""
		for _, path := range slices.Sorted(maps.Keys(vectors)) {
			f, err := safetensors.Open(vectors[path])
			if err != nil {
				t.Fatal(err)
			}
			if path == ProbeFile {
				sums[kind+".probe"] = f.Meta["sum"][:16]
				continue
			}
			all += path + " " + f.Meta["sum"] + " " + f.Meta["weights"] + " " + f.Meta["seed"] + "\n"
		}
		sums[kind] = digest([]byte(all))[:16]
	}
	return sums
}
