package data

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nngen/nngen/codegen/mapped"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Limits of the cache: a file for each large table that was read, of 4 bytes a number.
const (
	leastCached = 8 << 20  // bytes of a table, below which it is read in less than a second
	keyed       = 64 << 10 // bytes of a table that its key knows
	maxCached   = 16 << 30
	maxAge      = 30 * 24 * time.Hour
)

// cacheFolder returns the folder of caches; "" if there is none: NNGENCACHE names another, and off for none.
func cacheFolder() string {
	dir := os.Getenv("NNGENCACHE")
	if dir == "off" {
		return ""
	}
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(base, "nngen")
	}
	return filepath.Join(dir, "tables")
}

// kept is what a reading leaves beside the numbers.
type kept struct {
	N, Rows, Filled, Unlabeled  int
	Comments, Repeated, Empty   int
	Blank, FirstBlank           int
	Replaced, Dropped, Invented int
	Units, Below                map[string]string
	Comma                       *bool
	Dates                       *encode.Layout
	Cadence                     *Cadence
	Bad                         BadRows
	Fields                      [][]string  // of each fitting, by code
	Codes                       [][2]string // of each fitting, its coded and number
	Folded                      some
	Unsure, Unnamed, ByPlace    string
	Unseen                      []unseen
	Unknown                     []unknown
	Cut                         int
	Symbols                     symbols
	Total                       *Finding
}

// cached reads a table by f, or takes what f read of it before from the cache, which is mapped. Its name is the key of
// the reading and the checksum of the table. A table without an entry of its key is read before its checksum is taken,
// so that what is wrong with a large one is said at once.
func (r *reader) cached(f func() (fit.Set, error)) (fit.Set, error) {
	dir, path := cacheFolder(), r.path(r.src.Path)
	before, err := os.Stat(path)
	if dir == "" || err != nil || before.Size() < leastCached || r.o.Notes != nil || r.o.Groups != "" || r.o.Aligned ||
		r.o.Rows > 0 {
		return f()
	}
	key, err := r.cacheKey()
	if err != nil {
		return f()
	}
	sum := ""
	if hasEntry(dir, key) {
		if sum, err = sumOfTable(path); err != nil {
			return f()
		}
		name := filepath.Join(dir, key+sum)
		if set, ok := r.getCached(name); ok {
			now := time.Now()
			_ = os.Chtimes(name, now, now) // of its last use
			return set, nil
		}
	}
	set, err := f()
	if err != nil || set.N == 0 {
		return set, err
	}
	if sum == "" {
		if sum, err = sumOfTable(path); err != nil {
			return set, nil
		}
	}
	after, err := os.Stat(path)
	if err != nil || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return set, nil // written to meanwhile
	}
	name := filepath.Join(dir, key+sum)
	if r.putCached(name, set) != nil {
		return set, nil
	}
	prune(dir, name)
	if again, ok := r.getCached(name); ok {
		free(set)
		return again, nil
	}
	return set, nil
}

// hasEntry tells whether the cache holds a reading of the key.
func hasEntry(dir, key string) bool {
	entries, _ := os.ReadDir(dir)
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), key) })
}

// sumOfTable is sumOfFile of a table; tests count its calls.
var sumOfTable = sumOfFile

// sumOfFile returns the checksum of a file.
func sumOfFile(file string) (string, error) {
	f, err := regular.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil))[:32], err
}

// cacheKey returns the checksum of all that a reading depends on but what follows the beginning of its table.
func (r *reader) cacheKey() (string, error) {
	h := sha256.New()
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	sum, err := sumOfFile(exe)
	if err != nil {
		return "", err
	}
	f, err := regular.Open(r.path(r.src.Path))
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(h, "%s %d\n", sum, info.Size())
	if _, err := io.CopyN(h, f, keyed); err != nil && err != io.EOF {
		return "", err
	}
	src := *r.src
	src.Pos = spec.Pos{}
	fmt.Fprintf(h, "%s %t %t %t\n", r.net.ModelSum(), r.o.Unlabeled, r.o.Other, r.fits != nil)
	for _, o := range r.net.Outputs {
		fmt.Fprintf(h, "%q %q %d %d %q\n", o.Rule(), o.Task, o.TargetWidth(), o.Steps(), o.Classes)
	}
	var fields [][]string // of the files before
	for _, f := range r.fits {
		fields = append(fields, f.fields)
	}
	err = json.NewEncoder(h).Encode([]any{src, net.Format(r.net.Spec).Missing, r.o.Like, r.o.Decimal, r.o.Fitted, fields})
	return hex.EncodeToString(h.Sum(nil))[:32], err
}

// arraysOf lists the arrays of a set.
func arraysOf(s fit.Set) (list []safetensors.Tensor) {
	add := func(name string, x []float32) {
		list = append(list, safetensors.Tensor{Name: name, Shape: []int{len(x)}, Data: x})
	}
	for i, x := range s.X {
		add(fmt.Sprint("x", i), x)
	}
	for i, y := range s.Y {
		add(fmt.Sprint("y", i), y)
	}
	if s.W != nil {
		add("w", s.W)
	}
	return list
}

func (r *reader) putCached(name string, s fit.Set) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	k := kept{N: s.N, Rows: r.rows, Filled: r.filled, Unlabeled: r.unlabeled, Bad: r.bad, Folded: r.folded,
		Unsure: r.unsure, Unnamed: r.unnamed, ByPlace: r.saysByPlace(), Total: r.total, Comments: r.comments, Repeated: r.repeated,
		Blank: r.blank, FirstBlank: r.firstBlank, Empty: r.empty, Unseen: r.unseen,
		Unknown: r.unknown,
		Cut:     r.cut, Symbols: r.symbols, Replaced: r.replaced, Dropped: r.dropped, Invented: r.invented,
		Units: r.units, Below: r.below, Comma: r.comma, Dates: r.dates, Cadence: r.cadence}
	for _, f := range r.fits {
		k.Fields, k.Codes = append(k.Fields, f.fields), append(k.Codes, [2]string{f.coded, f.number})
	}
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once the file has been renamed
	err = safetensors.Write(f, map[string]string{"kept": string(text)}, arraysOf(s))
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	return err
}

// getCached returns what is in a file of the cache. What is damaged is as if it was not there.
func (r *reader) getCached(name string) (s fit.Set, ok bool) {
	b := mapped.File(name)
	if b == nil {
		var err error
		if b, err = os.ReadFile(name); err != nil {
			return s, false
		}
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return s, false
	}
	var k kept
	if json.Unmarshal([]byte(f.Meta["kept"]), &k) != nil || len(k.Fields) != len(r.fits) || len(k.Codes) != len(r.fits) {
		return s, false
	}
	var list []safetensors.Tensor
	whole := k.N > 0
	add := func(name string, width int) { // numbers of a row
		shape, found := f.ShapeOf(name)
		whole = whole && found && len(shape) == 1 && shape[0]%width == 0 && shape[0]/width == k.N
		list = append(list, safetensors.Tensor{Name: name, Shape: shape})
	}
	for i, in := range r.net.Inputs {
		add(fmt.Sprint("x", i), in.Shape.Size())
	}
	if !r.o.Unlabeled {
		for i, o := range r.net.Outputs {
			add(fmt.Sprint("y", i), o.TargetWidth())
		}
	}
	if _, weighted := f.ShapeOf("w"); weighted {
		add("w", 1)
	}
	if !whole {
		return s, false
	}
	if safetensors.View(b, "kept", f.Meta["kept"], list) != nil {
		return s, false
	}
	s.N = k.N
	for _, t := range list {
		switch t.Name[0] {
		case 'x':
			s.X = append(s.X, t.Data)
		case 'y':
			s.Y = append(s.Y, t.Data)
		default:
			s.W = t.Data
		}
	}
	r.rows, r.filled, r.empty, r.unlabeled, r.bad = k.Rows, k.Filled, k.Empty, k.Unlabeled, k.Bad
	r.folded, r.unsure, r.unnamed, r.placed = k.Folded, k.Unsure, k.Unnamed, k.ByPlace
	r.total, r.comments, r.repeated = k.Total, k.Comments, k.Repeated
	r.blank, r.firstBlank = k.Blank, k.FirstBlank
	r.replaced, r.dropped, r.invented = k.Replaced, k.Dropped, k.Invented
	r.unseen, r.unknown, r.cut, r.symbols = k.Unseen, k.Unknown, k.Cut, k.Symbols
	r.units, r.below, r.comma, r.dates, r.cadence = k.Units, k.Below, k.Comma, k.Dates, k.Cadence
	for i, f := range r.fits {
		f.fields, f.codes = k.Fields[i], map[string]float32{}
		f.coded, f.number = k.Codes[i][0], k.Codes[i][1]
		for code, field := range f.fields {
			f.codes[field] = float32(code)
		}
	}
	return s, true
}

// prune removes from a folder what was not used for long, and the oldest above a size, but not one file.
func prune(dir, but string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var files []os.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && e.Name() != filepath.Base(but) {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	size := int64(0)
	for _, f := range files {
		if size += f.Size(); size > maxCached || time.Since(f.ModTime()) > maxAge {
			os.Remove(filepath.Join(dir, f.Name()))
		}
	}
}
