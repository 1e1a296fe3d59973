package emit

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/spec"
)

// Origin is what a name of generated code is made from. The zero Origin is for a name that every package of its kind
// has.
type Origin struct {
	What string // such as `input "image"`
	Pos  spec.Pos
}

// Clash is a name that would be declared twice in one scope of a generated package.
type Clash struct {
	Name          string
	Scope         string // as in a message, such as "in type Model"
	First, Second Origin
}

// Clashes are all of a network. As an error they say that the spec's names are at fault.
type Clashes []Clash

func (c Clashes) Error() string {
	var all []string
	for _, x := range c {
		all = append(all, fmt.Sprintf("%s is declared twice %s: for %s, and for %s", x.Name, x.Scope,
			x.First.What, x.Second.What))
	}
	return strings.Join(all, "; ")
}

// symbols is the table of the names of one generated package, filled as they are declared: by scope, which is "" for
// the package, the name of a type for its fields and methods, and files for those.
type symbols struct {
	taken   map[[2]string]Origin
	clashes Clashes
}

// filesScope is the scope of the names of files.
const filesScope = "files"

func newSymbols() *symbols {
	return &symbols{taken: map[[2]string]Origin{}}
}

// declare enters a name in a scope; one that is taken is a clash.
func (s *symbols) declare(scope, name string, o Origin) {
	key := [2]string{scope, name}
	first, taken := s.taken[key]
	if !taken {
		s.taken[key] = o
		return
	}
	if o.What == "" { // the place of a name of the user's says more
		first, o = o, first
	}
	where := "in the package"
	switch scope {
	case "":
	case filesScope:
		where = "among the files of the package"
	default:
		where = "in type " + scope
	}
	s.clashes = append(s.clashes, Clash{name, where, first, o})
}

// has tells whether a name is taken at the top level of the package.
func (s *symbols) has(name string) bool {
	_, taken := s.taken[[2]string{"", name}]
	return taken
}

// err returns the clashes, if there are any.
func (s *symbols) err() error {
	if len(s.clashes) == 0 {
		return nil
	}
	return s.clashes
}
