package codegen

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestALimitOfFlashCountsCode compiles a network of 600 parameters, whose weights alone are within any of the limits.
func TestALimitOfFlashCountsCode(t *testing.T) {
	for limit, want := range map[string]bool{"48KiB": true, "256KiB": false} {
		src := "version: 1\nname: m\ninput: {shape: [4]}\ntask: binary\n" +
			"layers: [{dense: {units: 100}}, output]\nlimits: {flash: " + limit + "}\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() == nil {
			_, problems = Compile(s, nil, Options{ImportPath: "m"})
		}
		text := ""
		if err := problems.Err(); err != nil {
			text = err.Error()
		}
		if got := strings.Contains(text, "bytes of flash (code about "); got != want {
			t.Errorf("flash: %s: %q, want an error: %t", limit, text, want)
		}
	}
}
