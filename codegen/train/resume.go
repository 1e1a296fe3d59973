package train

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// note is what a progress is kept with beside what package fit looks at: of what spec it is, of what nngen, and the
// checksums of the files that its data came from.
type note struct {
	NNGen string `json:"nngen"`
	// Begun says which training it is of, beside those of the same spec: its seed, and the weights that it began with. ""
	// is of an older nngen.
	Begun string `json:"begun,omitempty"`
	Spec  string `json:"spec"` // its canonical form, but for the epochs, and for what packages are made of it
	// Nodes are the optimizer and the schedule, by section: the kind, and all attributes with the defaults, which the
	// canonical form leaves out.
	Nodes map[string][]string `json:"nodes,omitempty"`
	Data  map[string]string   `json:"data,omitempty"`
	// Reading is which columns it reads; nil where that says nothing.
	Reading *net.Reading `json:"reading,omitempty"`
	// From is what columns had taken from the training rows of the weights that it began with; nil if it drew them.
	From *net.Fitted `json:"from,omitempty"`
	// Start is the file of those weights.
	Start *proof.Resource `json:"start,omitempty"`
	// Seen is why those weights may have learned from the test rows; "" if they have not.
	Seen string `json:"seen,omitempty"`
	// Learned are the checksums of the files that those weights learned from, and this training does.
	Learned []string `json:"learned,omitempty"`
}

// noteFile is where a training finds its note, in the temporary module.
const noteFile = "note.json"

func noteOf(network *net.Net, sums map[string]string) *note {
	s := *network.Spec
	s.Training.Epochs = 0
	forTraining(&s)
	nodes := map[string][]string{"optimizer": words(s.Optimizer)}
	if s.Schedule != nil {
		nodes["schedule"] = words(*s.Schedule)
	}
	return &note{NNGen: project.Version(), Spec: s.Canonical(network.Contents), Nodes: nodes, Data: sums}
}

// words returns the kind of a node and its attributes.
func words(n spec.Node) []string {
	list := []string{n.Kind}
	for _, v := range n.Attrs {
		text := fmt.Sprint(v.V)
		if inner, ok := v.V.(spec.Node); ok {
			text = strings.Join(words(inner), " ")
		}
		list = append(list, v.Name+"="+text)
	}
	return list
}

func (n *note) write(file string) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o666)
}

// before returns what columns had taken from the training rows of the weights that a training begins with, or did
// before it was stopped and left its progress in a file; nil if they are drawn.
func before(p *project.Project, o Options, progress string) *net.Fitted {
	switch {
	case o.From != "":
		// nil would be none in a note
		fitted := net.Fitted{}
		if b, err := regular.Read(o.From, project.MaxWeights); err == nil { // startFrom reports what is wrong with it
			if of, err := project.Fitted(p.Spec, b); err == nil && of != nil { // of another spec, they tell nothing
				fitted = of
			}
		}
		return &fitted
	case o.Resume:
		past := &note{}
		p, err := fit.LoadProgress(progress) // resumable reports what is wrong with it
		if err == nil && json.Unmarshal([]byte(p.Note), past) == nil {
			return past.From
		}
	}
	return nil
}

// begunWith says of a training with which seed, and with the weights of which file, nil for drawn ones, it began.
func begunWith(seed uint64, start *proof.Resource) string {
	if start == nil {
		return fmt.Sprintf("seed %d, drawn weights", seed)
	}
	return fmt.Sprintf("seed %d, the weights of %s, SHA-256 %s", seed, start.Name, start.Digest.SHA256)
}

// resumable returns the note of the progress in a file, and what is to be said of it: begun says which training began
// last, "" where that is not known, and the progress may be of an earlier one, which saved none. It is an error, which
// names what has changed, if that is of another spec or nngen than now, beyond a number of epochs, or cannot be read; and
// if the newest is damaged, and the one before it of another training.
func resumable(file, specFile, begun string, now *note, epochs int) (past *note, remark string, err error) {
	p, err := fit.LoadProgress(file)
	if err != nil {
		return nil, "", fmt.Errorf("the training cannot be resumed: %w; begin anew without --resume", err)
	}
	past = &note{}
	wrong := json.Unmarshal([]byte(p.Note), past)
	earlier := wrong == nil && begun != "" && past.Begun != begun
	if earlier && p.Damaged != nil && !errors.Is(p.Damaged, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("the training cannot be resumed: %w; the progress before it, %s.1, is of an earlier training, "+
			"with %s, not %s; to go on with that: mv %[2]s.1 %[2]s, and --resume again; or begin anew without --resume", p.Damaged,
			file, cmp.Or(past.Begun, "what an older nngen did not note"), begun)
	}
	if past, err = past.check(file, specFile, now, wrong); err != nil {
		return nil, "", err
	}
	if err := p.Within(epochs); err != nil {
		return nil, "", fmt.Errorf("%s: %w", file, err)
	}
	if earlier {
		remark = fmt.Sprintf("the last training, with %s, saved no progress: this goes on with that of an earlier one, with %s",
			begun, cmp.Or(past.Begun, "what an older nngen did not note"))
	}
	return past, remark, nil
}

// otherColumns says that a training that goes on reads columns of other names than it began with: their numbers are the
// same, and the weights will know them by the names that they have now. It is "" if it does not, or that is not known.
func (past *note) otherColumns(now *net.Reading) string {
	if past == nil || past.Reading == nil || now == nil || past.Reading.Same(now) {
		return ""
	}
	return fmt.Sprintf("the training began with %s, and the data have %s now: the weights will know the columns by these names",
		past.Reading, now)
}

// check returns the note of a progress in a file. It is an error if that is wrong, or of another spec or nngen than now.
func (past *note) check(file, specFile string, now *note, wrong error) (*note, error) {
	if wrong != nil || past.NNGen != now.NNGen {
		return nil, fmt.Errorf("%s: the training cannot be resumed: it is one of another nngen, %s, and this is %s; use "+
			"that, or begin anew without --resume", file, cmp.Or(past.NNGen, "unknown"), now.NNGen)
	}
	if past.Spec != now.Spec {
		return nil, fmt.Errorf("%s: the training cannot be resumed: it is one of another spec: in %s, %s; put that back, "+
			"or begin anew without --resume", file, specFile, now.changes(past))
	}
	return past, nil
}

// changes says how the first lines differ that the canonical form of the past or of now has and the other lacks, and
// how many more there are.
func (n *note) changes(past *note) string {
	lacks := func(text, other string) (lines []string) {
		have := map[string]int{}
		for line := range strings.Lines(other) {
			have[line]++
		}
		for line := range strings.Lines(text) {
			if have[line]--; have[line] < 0 {
				lines = append(lines, short(strings.TrimSpace(line)))
			}
		}
		return lines
	}
	gone, come := lacks(past.Spec, n.Spec), lacks(n.Spec, past.Spec)
	for section, is := range n.Nodes {
		was := past.Nodes[section]
		old, now := position(gone, section), position(come, section)
		if old >= 0 && now >= 0 && len(was) > 0 {
			gone[old], come[now] = short(section+" "+without(was, is)), short(section+" "+without(is, was))
		}
	}
	var text string
	switch {
	case len(gone) == 0 && len(come) == 0:
		return "layers have another order"
	case len(gone) == 0:
		text = fmt.Sprintf("«%s» is new", come[0])
	case len(come) == 0:
		text = fmt.Sprintf("«%s» is gone", gone[0])
	default:
		if position(gone, "training") == 0 && position(come, "training") == 0 {
			was, is := strings.Fields(gone[0]), strings.Fields(come[0])
			gone[0], come[0] = "training "+lacking(was, is), "training "+lacking(is, was)
		}
		text = fmt.Sprintf("«%s» is now «%s»", gone[0], come[0])
	}
	if more := max(len(gone), len(come)) - 1; more > 0 {
		text += ", and " + spec.Count(more, "line") + " more differ"
	}
	return text
}

// lacking returns the words that others lack.
func lacking(words, others []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(others, w) }),
		" ")
}

// position returns that of the line of a section.
func position(lines []string, section string) int {
	return slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, section+" ") })
}

// without returns a node, without the attributes that another of its kind has too.
func without(node, other []string) string {
	attrs := slices.Clone(node[1:])
	if node[0] == other[0] {
		attrs = slices.DeleteFunc(attrs, func(a string) bool { return slices.Contains(other[1:], a) })
	}
	return node[0] + "{" + strings.Join(attrs, ", ") + "}"
}

// short cuts a line that is too long for a message.
func short(line string) string {
	const most = 160
	if runes := []rune(line); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return line
}

// explain adds to the error of a training that is not that of the past, if its data are others, which files have
// changed.
func (n *note) explain(err error, sums map[string]string) error {
	if n == nil || !strings.Contains(err.Error(), "of a training with other data") {
		return err
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		switch was, ok := n.Data[name]; {
		case !ok:
			changed = append(changed, name+" is new")
		case was != sums[name]:
			changed = append(changed, name+" has changed")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.Data)) {
		if _, ok := sums[name]; !ok {
			changed = append(changed, name+" is gone")
		}
	}
	if changed == nil {
		return fmt.Errorf("%w; no file has changed since, so it is how they are read or divided: the section data or a flag",
			err)
	}
	return fmt.Errorf("%w; since then, %s", err, strings.Join(changed, ", "))
}
