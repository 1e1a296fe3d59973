package project

import "testing"

// TestFilesThatOnlyGrowAreTold compares files of Go and of assembly with those that have more, less or other declarations.
func TestFilesThatOnlyGrowAreTold(t *testing.T) {
	const head = "package a\n\nimport \"math\"\n\n"
	const f, g = "// F is one.\nfunc F() int {\n\treturn 1\n}\n\n", "func g() {}\n\n"
	for _, c := range []struct {
		name, old, now string
		want           bool
	}{
		{"a.go", head + f, head + f, true},
		{"a.go", head + f, "package a\n\n" + g + f, true},
		{"a.go", head + f + g, head + f, false},
		{"a.go", head + f, head + "func F() int {\n\treturn 2\n}\n", false},
		{"a.go", head + "var a, b = 1, 2\n", head + "var (\n\ta, b = 1, 2\n\tc = 3\n)\n", true},
		{"a.go", head + "const (\n\ta = iota\n\tb\n)\n", head + "const (\n\tc = iota\n\ta\n\tb\n)\n", false},
		{"a.go", head + f, head + "//go:build arm64\n\n" + f, true},
		{"a.go", "//go:build arm64\n\n" + head + f, head + f, false},
		{"a.go", head + f, "no Go", false},
		{"a.s", "TEXT f\n\tRET\n\n", "TEXT g\n\tRET\n\nTEXT f\n\tRET\n", true},
		{"a.s", "TEXT f\n\tRET\n\n", "TEXT f\n\tNOP\n\tRET\n", false},
	} {
		if got := onlyGrown(c.name, []byte(c.old), []byte(c.now)); got != c.want {
			t.Errorf("%s from\n%s to\n%s: %t, want %t", c.name, c.old, c.now, got, c.want)
		}
	}
}
