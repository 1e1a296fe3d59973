package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// editor is a client of yaml-language-server, which editors ask for what they show of a spec.
type editor struct {
	t      *testing.T
	in     io.Writer
	out    *bufio.Reader
	asked  int
	faults []fault // of the document
}

// fault is a diagnostic of the server.
type fault struct {
	Message string
	Range   struct{ Start struct{ Line int } }
}

// send writes a message.
func (e *editor) send(m map[string]any) {
	e.t.Helper()
	m["jsonrpc"] = "2.0"
	b, err := json.Marshal(m)
	if err == nil {
		_, err = fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(b), b)
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

// ask sends a request and returns its answer; it answers what the server asks in between.
func (e *editor) ask(method string, params any) json.RawMessage {
	e.t.Helper()
	e.asked++
	e.send(map[string]any{"id": e.asked, "method": method, "params": params})
	for {
		head, err := textproto.NewReader(e.out).ReadMIMEHeader()
		if err != nil {
			e.t.Fatal(err)
		}
		n, err := strconv.Atoi(head.Get("Content-Length"))
		if err != nil {
			e.t.Fatal(err)
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(e.out, b); err != nil {
			e.t.Fatal(err)
		}
		var m struct {
			ID     *int
			Method string
			Result json.RawMessage
			Params struct {
				Items       []struct{ Section string }
				Diagnostics []fault
			}
		}
		if err := json.Unmarshal(b, &m); err != nil {
			e.t.Fatal(err)
		}
		switch {
		case m.Method == "workspace/configuration":
			settings := make([]any, len(m.Params.Items))
			for i, item := range m.Params.Items {
				if item.Section == "yaml" {
					settings[i] = map[string]any{"hover": true, "completion": true, "validate": true}
				}
			}
			e.send(map[string]any{"id": *m.ID, "result": settings})
		case m.Method == "textDocument/publishDiagnostics":
			e.faults = m.Params.Diagnostics
		case m.Method != "" && m.ID != nil:
			e.send(map[string]any{"id": *m.ID, "result": nil})
		case m.ID != nil && *m.ID == e.asked:
			return m.Result
		}
	}
}

// TestEditorsExplainKinds asks yaml-language-server with the schema that init writes: it shows the doc of the kind
// below the cursor, calls a typo of a kind what is none of the kinds, and completes kinds. NNGEN_YLS names the
// node_modules that hold it.
func TestEditorsExplainKinds(t *testing.T) {
	modules := os.Getenv("NNGEN_YLS")
	if modules == "" {
		t.Skip("NNGEN_YLS does not name node_modules with yaml-language-server")
	}
	dir := t.TempDir()
	var schema bytes.Buffer
	if code := run([]string{"schema"}, nil, &schema, &schema); code != 0 {
		t.Fatal(&schema)
	}
	schemaFile := filepath.Join(dir, "nngen.schema.json")
	if err := os.WriteFile(schemaFile, schema.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	const source = `version: 1
name: x
input: {shape: [8, 8, 1]}
layers:
  - flatten
  - dense: {units: 3, activation: relu}
  - denze: {units: 3}
  - dense: {unitz: 3}
  - conv
  - output: {task: regression}
`
	text := "# yaml-language-server: $schema=file://" + filepath.ToSlash(schemaFile) + "\n" + source
	cmd := exec.Command("node", filepath.Join(modules, "yaml-language-server", "bin", "yaml-language-server"), "--stdio")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	e := &editor{t: t, in: in, out: bufio.NewReader(out)}
	e.ask("initialize", map[string]any{"processId": nil, "rootUri": nil, "capabilities": map[string]any{
		"workspace": map[string]any{"configuration": true}}})
	e.send(map[string]any{"method": "initialized", "params": map[string]any{}})
	doc := map[string]any{"uri": "file://" + filepath.ToSlash(filepath.Join(dir, "x.yaml"))}
	e.send(map[string]any{"method": "textDocument/didOpen", "params": map[string]any{"textDocument": map[string]any{
		"uri": doc["uri"], "languageId": "yaml", "version": 1, "text": text}}})
	at := func(line, word string) map[string]any {
		for i, l := range strings.Split(text, "\n") {
			if k := strings.Index(l, word); strings.Contains(l, line) && k >= 0 {
				return map[string]any{"textDocument": doc, "position": map[string]int{"line": i, "character": k + len(word)}}
			}
		}
		t.Fatalf("no %q in the spec", word)
		return nil
	}
	for word, want := range map[string]string{
		"flatten": "All axes of an example in one", "dense": "y = x·W", "units": "utput",
		"layers": "each reading the one before it",
	} {
		if got := string(e.ask("textDocument/hover", at(word, word))); !strings.Contains(got, want) {
			t.Errorf("above %s editors show %s, want %q", word, got, want)
		}
	}
	if got := string(e.ask("textDocument/completion", at("- conv", "- conv"))); !strings.Contains(got, "conv2d") ||
		!strings.Contains(got, "Filters that move over images") {
		t.Errorf("editors complete conv by %.300s", got)
	}
	for start := time.Now(); len(e.faults) == 0 && time.Since(start) < 30*time.Second; {
		e.ask("textDocument/hover", at("layers", "layers")) // the faults come with what else there is to read
		time.Sleep(100 * time.Millisecond)
	}
	found := map[int]string{}
	for _, f := range e.faults {
		found[f.Range.Start.Line] += f.Message + "\n"
	}
	for line, want := range map[int]string{7: `"flatten"`, 8: "unitz is not allowed"} {
		if !strings.Contains(found[line], want) {
			t.Errorf("line %d has the faults %q, want %q", line+1, found[line], want)
		}
	}
	for line := range found {
		if line < 7 || line > 9 {
			t.Errorf("line %d has the fault %q", line+1, found[line])
		}
	}
}
