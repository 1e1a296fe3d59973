package bundle

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nngen/nngen/runtime/abi"
)

// block is a function in assembly, or the lines that make up a datum.
type block struct {
	name    string // ·name, or name<> for what is local to a file
	text    string // with the comment above
	data    bool
	file    int    // number of the file
	machine string // one of machines
}

// blockStart is the line that starts a function or belongs to a datum.
var blockStart = regexp.MustCompile(`^(TEXT|DATA|GLOBL) ([·\w]+(?:<>)?)`)

// symbols returns the symbols that a text of assembly names, each once: ·name, and name<>.
func symbols(text string) []string {
	word := func(r rune) bool {
		return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	var all []string
	note := func(s string) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for rest := text; ; {
		i := strings.Index(rest, "<>")
		if i < 0 {
			break
		}
		from := i
		for from > 0 && word(rune(rest[from-1])) {
			from--
		}
		note(rest[from : i+2])
		rest = rest[i+2:]
	}
	for rest := text; ; {
		i := strings.Index(rest, "·")
		if i < 0 {
			break
		}
		rest = rest[i+len("·"):]
		n := strings.IndexFunc(rest, func(r rune) bool { return !word(r) })
		note("·" + rest[:max(n, 0)])
	}
	return all
}

// addAssembly cuts a file of a machine into blocks.
func (p *pkg) addAssembly(machine, src string) {
	file := 0
	if n := len(p.blocks); n > 0 {
		file = p.blocks[n-1].file + 1
	}
	var comment strings.Builder
	var now *block
	texts := map[*block]*strings.Builder{}
	add := func(b *block, line string) {
		if texts[b] == nil {
			texts[b] = &strings.Builder{}
		}
		texts[b].WriteString(line)
	}
	for _, line := range strings.SplitAfter(src, "\n") {
		var m []string
		if len(line) > 4 && (line[0] == 'T' || line[0] == 'D' || line[0] == 'G') {
			m = blockStart.FindStringSubmatch(line)
		}
		switch {
		case m != nil && m[1] != "TEXT":
			i := slices.IndexFunc(p.blocks, func(b *block) bool { return b.file == file && b.name == m[2] })
			if i < 0 {
				i = len(p.blocks)
				p.blocks = append(p.blocks, &block{name: m[2], data: true, file: file, machine: machine})
			}
			add(p.blocks[i], line)
			now = nil
			comment.Reset()
		case m != nil:
			now = &block{name: m[2], file: file, machine: machine}
			add(now, comment.String()+line)
			p.blocks = append(p.blocks, now)
			comment.Reset()
		case strings.HasPrefix(line, "//"):
			comment.WriteString(line) // of the next function
		case now != nil:
			add(now, line)
		default:
			comment.Reset()
		}
	}
	for b, text := range texts {
		b.text = text.String()
	}
}

// takeFunction takes a function of assembly with what it reads, and tells of the names of Go that it mentions. It
// returns false if there is no such function.
func (b *bundler) takeFunction(p *pkg, name string, mentioned func(string)) bool {
	found := false
	for _, x := range p.blocks {
		if x.name == name {
			found = true
			b.takeBlock(p, x, mentioned)
		}
	}
	return found
}

func (b *bundler) takeBlock(p *pkg, x *block, mentioned func(string)) {
	if b.blocks[x] {
		return
	}
	b.blocks[x] = true
	for _, s := range symbols(x.cut(b.fits, false)) {
		if goName, ok := strings.CutPrefix(s, "·"); ok {
			mentioned(goName)
			continue
		}
		for _, other := range p.blocks {
			if other.file == x.file && other.name == s {
				b.takeBlock(p, other, mentioned)
			}
		}
	}
}

// fits tells whether a copy may have a section of a kernel, whatever the plan comes to.
func (b *bundler) fits(_, kernel, section string) bool {
	return section != abi.PartAVX512 || !b.Plain && (!b.Narrow || abi.InHalves[kernel])
}

// cut returns the text of a function without what nothing comes to: the sections that are not wanted, or all of its
// body, of which a trap is left; and without the comments that name sections, or all if brief.
func (b *block) cut(wanted func(machine, kernel, section string) bool, brief bool) string {
	kernel := strings.TrimPrefix(b.name, "·")
	whole := wanted(b.machine, kernel, "")
	var out strings.Builder
	left := "" // the section that is being left out
	for line := range strings.SplitAfterSeq(b.text, "\n") {
		text := strings.TrimSpace(line)
		name, begins := strings.CutPrefix(text, "// section ")
		end, ends := strings.CutPrefix(text, "// end ")
		switch {
		case ends && end == left:
			left = ""
		case left != "" || ends:
		case begins:
			if !wanted(b.machine, kernel, name) {
				left = name
			}
		case brief && (text == "" || strings.HasPrefix(text, "//")):
		default:
			out.WriteString(line)
			if !whole && strings.HasPrefix(line, "TEXT ") {
				return out.String() + "\tUNDEF\n"
			}
		}
	}
	return out.String()
}

// assembly returns the blocks of a machine that were taken, with what is wanted of them, as one file; nil if there are
// none. Data of one name and content that several files had is there once; that of one name and another content gets a
// name of its own.
func (b *bundler) assembly(p *pkg, machine string) []byte {
	var data, text strings.Builder
	known := map[string]string{} // names of data to contents
	renamed := map[int]map[string]string{}
	read := map[string]bool{} // data that the functions read
	texts := map[*block]string{}
	for _, x := range p.blocks {
		if b.blocks[x] && !x.data && x.machine == machine {
			texts[x] = x.cut(func(machine, kernel, section string) bool {
				return b.fits(machine, kernel, section) && b.wanted(machine, kernel, section)
			}, b.brief)
			for _, s := range symbols(texts[x]) {
				read[fmt.Sprint(x.file, s)] = true
			}
		}
	}
	for _, x := range p.blocks {
		if !x.data || x.machine != machine || !read[fmt.Sprint(x.file, x.name)] {
			continue
		}
		name, content := x.name, x.text
		for i := 2; known[name] != "" && known[name] != content; i++ {
			name = fmt.Sprintf("%s%d<>", strings.TrimSuffix(x.name, "<>"), i)
			content = strings.ReplaceAll(x.text, " "+x.name, " "+name)
		}
		if name != x.name {
			if renamed[x.file] == nil {
				renamed[x.file] = map[string]string{}
			}
			renamed[x.file][x.name] = name
		}
		if known[name] == "" {
			known[name] = content
			data.WriteString(content)
			if !b.brief {
				data.WriteString("\n")
			}
		}
	}
	for _, x := range p.blocks {
		if b.blocks[x] && !x.data && x.machine == machine {
			t := strings.TrimRight(texts[x], "\n") + "\n\n"
			for _, s := range symbols(t) {
				if to, ok := renamed[x.file][s]; ok {
					t = strings.ReplaceAll(t, " "+s, " "+to)
				}
			}
			text.WriteString(t)
		}
	}
	if text.Len() == 0 {
		return nil
	}
	if b.brief && data.Len() > 0 {
		data.WriteString("\n") // before the functions
	}
	all := data.String() + strings.TrimRight(text.String(), "\n") + "\n"
	if b.brief {
		all = Compact(all)
	}
	return []byte("//go:build " + machine + " && !purego\n\n#include \"textflag.h\"\n\n" + all)
}
