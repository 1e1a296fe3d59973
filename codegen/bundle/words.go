package bundle

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mnemonic is what the comment of a word says of an instruction of vector registers: its name, the registers, of which
// the last may be a lane, and a number.
var mnemonic = regexp.MustCompile(`^([A-Z][A-Z0-9]*) V(\d+)\.(\w+)(?:, V(\d+)\.\w+)?` +
	`(?:, V(\d+)\.\w+(?:\[(\d)\])?)?(?:, #(\d+))?$`)

// fewWords is the number of words from which on their instruction is a macro: what they save is then more than the line
// that defines it.
const fewWords = 3

// lanesOf is an instruction of vector registers of one arrangement.
var lanesOf = regexp.MustCompile(`^V([A-Z0-9]+) (V\d+)\.(B16|S4), (V\d+)\.(?:B16|S4)(?:, (V\d+)\.(?:B16|S4))?$`)

// shorten returns lines of assembly in which instructions of vector registers that are there several times are macros
// without the arrangement, such as vfmla(V1, V2, V20), and zero(V5) for one that clears a register.
func shorten(lines []string) []string {
	count, defines := map[string]int{}, map[string]string{}
	each := func(line string, f func(call, define string) bool) string {
		if !strings.HasPrefix(line, "\t") {
			return line
		}
		code, comment, _ := strings.Cut(line, " // ")
		statements := strings.Split(code, "; ")
		for i, s := range statements {
			text := strings.TrimSpace(s)
			m := lanesOf.FindStringSubmatch(text)
			if m == nil || strings.Count(text, "."+m[3]) != strings.Count(text, ".") {
				continue
			}
			name, args := "v"+strings.ToLower(m[1]), []string{m[2], m[4]}
			names := "a, b"
			if m[5] != "" {
				args, names = append(args, m[5]), "a, b, c"
			}
			if name == "veor" && args[0] == args[1] && args[1] == args[len(args)-1] {
				name, args, names = "zero", args[:1], "a"
			}
			define := fmt.Sprintf("#define %s(%s) V%s %s", name, names, m[1],
				strings.ReplaceAll(names, ",", "."+m[3]+",")+"."+m[3])
			if name == "zero" {
				define = "#define zero(a) VEOR a.B16, a.B16, a.B16"
			}
			if call := fmt.Sprintf("%s(%s)", name, strings.Join(args, ", ")); f(call, define) {
				statements[i] = strings.Replace(s, text, call, 1)
			}
		}
		return strings.Join(statements, "; ") + behind(comment)
	}
	for _, line := range lines {
		each(line, func(call, define string) bool {
			name, _, _ := strings.Cut(call, "(")
			if defines[name] == "" {
				defines[name] = define
			}
			if defines[name] == define {
				count[name]++
			}
			return false
		})
	}
	var out, macros []string
	for _, name := range slices.Sorted(maps.Keys(count)) {
		if count[name] >= fewShort {
			macros = append(macros, defines[name])
		}
	}
	for _, line := range lines {
		out = append(out, each(line, func(call, define string) bool { return slices.Contains(macros, define) }))
	}
	return withMacros(out, macros)
}

// fewShort is the number of instructions from which on a macro that is some ten columns shorter is worth its line.
const fewShort = 12

// withMacros returns lines of assembly with macros before the first function or datum.
func withMacros(lines, macros []string) []string {
	if len(macros) == 0 {
		return lines
	}
	at := slices.IndexFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "TEXT ") || strings.HasPrefix(line, "DATA ") || strings.HasPrefix(line, "#define ")
	})
	for at > 0 && strings.HasPrefix(lines[at-1], "// ") {
		at--
	}
	return slices.Insert(lines, at, macros...)
}

// A macro gives the word of an instruction with some registers.
type macro struct {
	name string
	base uint32 // the word without registers
	regs int
	uses int
}

// define returns the line that defines it.
func (m *macro) define() string {
	args, value := []string{"d", "n", "m"}[:m.regs], fmt.Sprintf("0x%08x", m.base)
	for i := range slices.Backward(args) {
		value += [...]string{"|d", "|n<<5", "|m<<16"}[i]
	}
	return fmt.Sprintf("#define %s(%s) WORD $(%s)", m.name, strings.Join(args, ", "), value)
}

// parse returns the macro of a word that has a form known here, by what its comment says, and the call of it.
func parse(word, says string) (m macro, call string, ok bool) {
	f := mnemonic.FindStringSubmatch(says)
	w, err := strconv.ParseUint(strings.TrimPrefix(word, "WORD $"), 0, 32)
	if f == nil || err != nil {
		return m, "", false
	}
	m.base, m.name = uint32(w), strings.ToLower(f[1])
	var regs []string
	for i, shift := range [...]int{0, 5, 16} {
		r := f[[...]int{2, 4, 5}[i]]
		if r == "" {
			break
		}
		n, _ := strconv.Atoi(r)
		if m.base>>shift&31 != uint32(n) {
			return m, "", false
		}
		m.base &^= 31 << shift
		regs = append(regs, r)
	}
	if f[6] != "" {
		m.name += "_" + f[6]
	}
	if f[7] != "" {
		m.name += "_" + f[7]
	}
	m.regs = len(regs)
	return m, fmt.Sprintf("%s(%s)", m.name, strings.Join(regs, ", ")), true
}

// words returns lines of assembly with macros in place of words that are there several times: named as the comment behind
// says, of which nothing is left then, and defined before the first function or datum.
func words(lines []string) []string {
	var macros []*macro
	find := func(name string) *macro {
		if i := slices.IndexFunc(macros, func(m *macro) bool { return m.name == name }); i >= 0 {
			return macros[i]
		}
		return nil
	}
	each := func(line string, f func(word, says string) (string, bool)) string {
		code, comment, ok := strings.Cut(line, " // ")
		if !ok || !strings.Contains(code, "WORD $") {
			return line
		}
		all, left := strings.Split(comment, "; "), []string{}
		statements := strings.Split(code, "; ")
		next := 0
		for i, s := range statements {
			text := strings.TrimSpace(s)
			if !strings.HasPrefix(text, "WORD $") || next == len(all) {
				continue
			}
			if call, ok := f(text, all[next]); ok {
				statements[i] = strings.Replace(s, text, call, 1)
			} else {
				left = append(left, all[next])
			}
			next++
		}
		if next < len(all) {
			return line
		}
		return strings.Join(statements, "; ") + behind(strings.Join(left, "; "))
	}
	for _, line := range lines {
		each(line, func(word, says string) (string, bool) {
			if m, _, ok := parse(word, says); !ok {
			} else if known := find(m.name); known == nil {
				m.uses = 1
				macros = append(macros, &m)
			} else if known.base == m.base && known.regs == m.regs {
				known.uses++ // and not where there was another of this name, with other lanes
			}
			return "", false
		})
	}
	macros = slices.DeleteFunc(macros, func(m *macro) bool { return m.uses < fewWords })
	if len(macros) == 0 {
		return lines
	}
	var out, defines []string
	for _, m := range macros {
		defines = append(defines, m.define())
	}
	slices.Sort(defines)
	for _, line := range lines {
		out = append(out, each(line, func(word, says string) (string, bool) {
			m, call, ok := parse(word, says)
			known := find(m.name)
			return call, ok && known != nil && known.base == m.base && known.regs == m.regs
		}))
	}
	return withMacros(out, defines)
}
