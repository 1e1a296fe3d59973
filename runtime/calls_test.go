package runtime_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// bounds are the names by which functions bound what one call of a kernel does.
var bounds = []string{
	"slice", "chunk", "callRows", "CallRows", "callCols", "callSteps", "oneCall", "longChains", "work", "rowWork", "most",
	"callEnd", "EachCall",
}

// TestLongRowsAreCut finds functions that hand kernels whole rows, however long: CallRows, and a slice over the length of
// a row, are one row at least. They are to have another way, behind longRows, for rows of more elements than a call may.
func TestLongRowsAreCut(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.HasPrefix(path, "cpu/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			rows, long := false, false
			ast.Inspect(f.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Ident:
					rows, long = rows || n.Name == "CallRows", long || n.Name == "longRows"
				case *ast.BinaryExpr:
					x, ok := n.X.(*ast.Ident)
					_, size := n.Y.(*ast.Ident)
					rows = rows || n.Op == token.QUO && ok && x.Name == "slice" && size
				}
				return true
			})
			if rows && !long {
				t.Errorf("%s: %s hands rows of any length to a kernel", path, f.Name.Name)
			}
			if rows {
				seen++
			}
		}
		return nil
	})
	if err != nil || seen < 9 {
		t.Errorf("%d functions with rows were seen: %v", seen, err)
	}
}

// boundedOtherwise tells why the calls of kernels in some functions need none of the bounds.
var boundedOtherwise = map[string]string{
	"gemm.gemmTileSIMD":     "chooses the kernel for its callers, which this test sees by its name",
	"gemm.gemvRowSIMD":      "chooses the kernel for its callers, which this test sees by its name",
	"gemm.Apply":            "NewLayer and NewChain prepare only products of one call",
	"gemm.multiplyWhole32":  "a cube of 32 rows",
	"gemm.Sweep":            "Sweeps takes only tiles of one call",
	"gemm.runRows":          "runTiles sets the rows of a call",
	"gemm.run":              "runRows sets the columns and the terms of a call",
	"gemm.runHalf":          "halfCalls sets the columns and the terms of a call",
	"gemm.runTransposed":    "blocks of mc rows, and as many columns as fit in a panel",
	"gemm.turned":           "at most turnedRows rows, and Aᵀ fits in a block",
	"sparse.one":            "eight outputs, each of at most In connections",
	"cpu.chooseAVX512":      "asks the processor",
	"cpu.chooseSplitAVX512": "asks the processor",
	"rnn.Step":              "newStepper sets single for cells whose units one call takes",
	"rnn.one":               "as rnn.Step",
	"rnn.kernel":            "some returns the units of a call, by rowWork",
	"hw.load":               "measures the machine",
	"hw.multiplyAdd":        "measures the machine",
	"quant.multiply":        "stripOf and deep set the rows, terms and panels of a call, by chunk and work",
	"quant.row":             "rowCols sets the columns of a call, by work, for at most rowMost terms",
	"quant.widen":           "a line of a strip, of at most a chunk of numbers",
	"quant.unsigned":        "as quant.widen",
	"quant.apply":           "the sums of a call of multiply, or of a block of channels",
	"quant.gates":           "the sums of a call of multiply",
	"quant.largest":         "as many numbers as maxRows has memory for, at most a chunk",
	"quant.windows":         "what maxRows has memory for",
	"loss.Huber":            "pointwise hands its kernel a slice at a time",
	"vec.LSTMForward":       "cells hands its kernel a slice of units at a time",
	"vec.LSTMBackward":      "as vec.LSTMForward",
	"vec.GRUForward":        "as vec.LSTMForward",
	"vec.GRUBackward":       "as vec.LSTMForward",
	"vec.SimpleForward":     "as vec.LSTMForward",
	"vec.SimpleBackward":    "as vec.LSTMForward",
}

// TestKernelCallsAreBounded finds calls of kernels in assembly in functions that bound them by nothing: Go does not interrupt
// a kernel, and the garbage collector waits for it.
func TestKernelCallsAreBounded(t *testing.T) {
	kernel := regexp.MustCompile(`^[a-z]\w*(AVX2|AVX512|NEON|SIMD|VNNI)$`)
	excused := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "z") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			calls, bounded := "", false
			ast.Inspect(f.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if id, ok := n.Fun.(*ast.Ident); ok && kernel.MatchString(id.Name) {
						calls = id.Name
					}
				case *ast.Ident:
					bounded = bounded || slices.Contains(bounds, n.Name)
				}
				return true
			})
			where := file.Name.Name + "." + f.Name.Name
			switch {
			case calls == "" || bounded:
			case boundedOtherwise[where] == "":
				t.Errorf("%s: %s calls %s with as many rows or elements as it is given", path, where, calls)
			default:
				excused[where] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for where := range boundedOtherwise {
		if !excused[where] {
			t.Errorf("%s needs no excuse", where)
		}
	}
}

// TestLoopsOfKernelCallsCanBeStopped finds loops that call kernels without cpu.Preempt between two calls: Go stops a
// goroutine in no kernel, so that it would hardly ever stop such a loop, however short each call is.
func TestLoopsOfKernelCallsCanBeStopped(t *testing.T) {
	kernel := regexp.MustCompile(`^([a-z]\w*(AVX2|AVX512|NEON|SIMD|VNNI)|kernel)$`)
	loops := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "z") {
			return err
		}
		if strings.HasPrefix(path, "internal/") || strings.HasPrefix(path, "hw/") {
			return nil // measures, and tests
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				var body *ast.BlockStmt
				switch n := n.(type) {
				case *ast.ForStmt:
					body = n.Body
				case *ast.RangeStmt:
					body = n.Body
				default:
					return true
				}
				calls, stops := false, false
				ast.Inspect(body, func(n ast.Node) bool {
					switch n := n.(type) {
					case *ast.ForStmt, *ast.RangeStmt:
						return false // a loop of its own
					case *ast.CallExpr:
						switch f := n.Fun.(type) {
						case *ast.Ident:
							calls = calls || kernel.MatchString(f.Name)
						case *ast.IndexExpr: // a table of kernels
							calls = true
						case *ast.SelectorExpr:
							stops = stops || f.Sel.Name == "Preempt"
						}
					}
					return true
				})
				switch {
				case !calls:
				case stops:
					loops++
				default:
					t.Errorf("%s: %s has a loop of kernel calls without cpu.Preempt", fset.Position(n.Pos()), f.Name.Name)
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if loops < 100 {
		t.Errorf("%d loops of kernel calls were seen", loops)
	}
}

// TestSlicesAreNotCutBeyondTheirLength finds x[:len(y)] of a slice that a function was given: x may have room behind its
// end, as a part of an array does, and then nothing panics that is too short. x[:len(y):len(x)] does.
func TestSlicesAreNotCutBeyondTheirLength(t *testing.T) {
	kept := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			a, ok := n.(*ast.AssignStmt)
			if !ok || len(a.Lhs) != len(a.Rhs) {
				return true
			}
			for i := range a.Rhs { // x = x[:len(y)]
				x, ok := a.Lhs[i].(*ast.Ident)
				s, cut := a.Rhs[i].(*ast.SliceExpr)
				if !ok || !cut || s.Low != nil || s.High == nil {
					continue
				}
				of, ok := s.X.(*ast.Ident)
				call, length := s.High.(*ast.CallExpr)
				if !ok || of.Name != x.Name || !length {
					continue
				}
				if f, ok := call.Fun.(*ast.Ident); !ok || f.Name != "len" {
					continue
				}
				if !s.Slice3 {
					t.Errorf("%s: %s may be cut beyond its length", fset.Position(n.Pos()), x.Name)
				}
				kept++
			}
			return true
		})
		return nil
	})
	if err != nil || kept < 20 {
		t.Errorf("%d cuts were seen: %v", kept, err)
	}
}
