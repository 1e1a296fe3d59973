package emulate

import (
	"maps"
	"os"
	"path/filepath"
	"sync"
)

var programs sync.Map // folders to programs

// Of returns the program of all assembly for amd64 in a folder.
func Of(folder string) *Program {
	if p, ok := programs.Load(folder); ok {
		return p.(*Program)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*_amd64.s"))
	if err != nil {
		panic(err)
	}
	all := &Program{data: map[string][]byte{}, funcs: map[string]*function{}}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		p, err := Parse(string(text))
		if err != nil {
			panic("emulate: " + name + ": " + err.Error())
		}
		maps.Copy(all.funcs, p.funcs)
		for n, b := range p.data {
			all.data[name+n] = b // operands have its address, which does not keep it
		}
	}
	p, _ := programs.LoadOrStore(folder, all)
	return p.(*Program)
}
