package scaffold

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/spec"
)

// largestSide is the side that larger pictures are brought to: the contents of most are told apart at it, and a
// training takes minutes.
const largestSide = 32

// pictures is what is known of a folder of pictures.
type pictures struct {
	*data.Pictures
	validation      string // folder; "" to hold some of the others out
	height, width   int    // of the input
	channels, files int
}

// isFolder tells whether a name is that of a folder.
func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// lookAtPictures takes input, task and classes from a folder of pictures.
func (d *draft) lookAtPictures() error {
	for flag, set := range map[string]bool{"--label": d.Label != nil, "--drop": d.Drop != nil, "--time": d.Time != "",
		"--task regression": d.Task == "regression"} {
		if set {
			return fmt.Errorf("%s: %s is for tables: the label of a picture is its folder", d.Data, flag)
		}
	}
	p := &pictures{}
	if train := below(d.Data, "train", "training"); train != "" {
		root := d.Data
		d.Data, p.validation = train, below(root, "val", "valid", "validation", "dev")
		if d.Test == "" {
			d.Test = below(root, "test", "testing")
		}
	}
	for _, folder := range []string{d.Data, p.validation, d.Test} {
		if folder != "" && isWithin(d.Folder, folder) {
			return fmt.Errorf("%s: the package %s would lie among its pictures, and the folders that training writes among "+
				"those of the classes; choose another folder: %s init %snet --data %[1]s",
				folder, d.Folder, project.Command(), d.name)
		}
	}
	var err error
	if p.Pictures, err = data.LookAtPictures(d.Data); err != nil {
		return err
	}
	if len(p.Classes) < 2 {
		return fmt.Errorf("%s: all pictures are in the folder %q: there is a folder for each class, and nothing to tell "+
			"apart in one", d.Data, p.Classes[0])
	}
	if d.Task == "binary" && len(p.Classes) != 2 {
		return fmt.Errorf("%s: there are %d folders: a binary task has 2; write --task multiclass", d.Data, len(p.Classes))
	}
	if d.Task == "" {
		d.Task = map[bool]string{true: "binary", false: "multiclass"}[len(p.Classes) == 2]
	}
	p.height, p.width, p.channels = p.Height, p.Width, 3
	if p.Grey {
		p.channels = 1
	}
	if most := max(p.height, p.width); most > largestSide {
		// 4: halved twice
		shrink := func(n int) int { return max(1, 4*int(math.Round(float64(n)*largestSide/float64(4*most)))) }
		p.height, p.width = shrink(p.height), shrink(p.width)
	}
	for _, n := range p.Counts {
		p.files += n
	}
	d.pictures, d.classes, d.rows, d.inputs = p, slices.Clone(p.Classes), p.files, p.height*p.width*p.channels
	if d.Task == "binary" {
		d.choosePositive(p.Counts)
	}
	return nil
}

// isWithin tells whether a folder, which need not be there, is another one or below it.
func isWithin(folder, other string) bool {
	root, err := os.Stat(other)
	at, e := filepath.Abs(folder)
	if err != nil || e != nil {
		return false
	}
	for {
		if info, err := os.Stat(at); err == nil && os.SameFile(info, root) {
			return true
		}
		up := filepath.Dir(at)
		if up == at {
			return false
		}
		at = up
	}
}

// below returns the folder in another that has one of some names; "" if there is none.
func below(root string, names ...string) string {
	for _, name := range names {
		if folder := filepath.Join(root, name); isFolder(folder) {
			return folder
		}
	}
	return ""
}

// pictureSpec returns the text of the spec of a convolutional network.
func (d *draft) pictureSpec() []byte {
	var b strings.Builder
	p := d.pictures
	b.WriteString("# yaml-language-server: $schema=./" + schemaFile + "\n")
	fmt.Fprintf(&b,
		"# A convolutional network for the pictures of %s. nngen ops lists the kinds of layers.\nversion: 1\nname: %s\n",
		inComment(filepath.Base(d.Data)), spec.Scalar(d.name))
	shrunk := ""
	if p.Height > p.height || p.Width > p.width {
		shrunk = fmt.Sprintf("  # resized from %d×%d: larger ones show more, and take longer", p.Height, p.Width)
	}
	fmt.Fprintf(&b, "input: {name: image, shape: [%d, %d, %d]}%s\n", p.height, p.width, p.channels, shrunk)
	fmt.Fprintf(&b,
		"preprocess: [{rescale: {scale: 0.00392156862745098}}]  # 0 to 255 become 0 to 1\ntask: %s\nclasses: [%s]\nlayers:\n",
		d.Task, quoted(d.classes))
	side := min(p.height, p.width)
	for i, filters := range []int{16, 32} {
		if side < 4 {
			break
		}
		fmt.Fprintf(&b,
			"  - conv2d: {name: conv%d, filters: %d, kernel_size: 3, padding: same, activation: relu}\n"+
				"  - max_pool2d: {pool_size: 2}\n", i+1, filters)
		side /= 2
	}
	b.WriteString("  - flatten\n  - dense: {name: h1, units: 64, activation: relu, kernel_regularizer: {l2: 1.0e-4}}\n" +
		"  - dropout: {rate: 0.25}\n  - output: {name: y}\n")
	b.WriteString("optimizer: {adam: {lr: 1.0e-3}}\ntraining:\n  epochs: 60\n  batch_size: 32\n  seed: 42\n")
	if p.validation == "" {
		b.WriteString("  validation_split: 0.1\n")
	}
	b.WriteString("  early_stopping: {monitor: val_loss, patience: 10, restore_best: true}\n")
	if besidesOthers(d.Folder) {
		b.WriteString("generate: {runtime: shared}  # as the module has another network: one copy of the runtime for all " +
			"that say so\n")
	}
	b.WriteString("data:\n")
	for _, s := range [][2]string{{"train", d.Data}, {"validation", p.validation}, {"test", d.Test}} {
		if s[1] != "" {
			fmt.Fprintf(&b, "  %s: {image: {folder: %s, classes: by_folder, resize: [%d, %d], channels: %d}}\n", s[0],
				yamlQuote(d.relative(s[1])), p.height, p.width, p.channels)
		}
	}
	if d.Test == "" {
		b.WriteString("  test_split: 0.2\n")
	}
	b.WriteString("  stratify: true\n")
	if d.skipped > 0 {
		fmt.Fprintf(&b, "  skip_bad_rows: %g  # %s here\n", acceptable,
			count(d.skipped, "picture is bad", "pictures are bad"))
	}
	src, err := spec.Format(d.name+".yaml", []byte(b.String()))
	if err != nil { // parse says why
		return []byte(b.String())
	}
	return src
}

// reportPictures prints what was found, and what becomes of it.
func (d *draft) reportPictures() {
	w, p := d.Log, d.pictures
	colors := map[int]string{1: "in black and white", 3: "in color"}[p.channels]
	fmt.Fprintf(w, "%s: %s in %d folders, %s, %d × %d in the middle\n\n", d.Data, count(p.files, "picture", "pictures"),
		len(p.Classes), colors, p.Height, p.Width)
	width := len("class")
	for _, c := range p.Classes {
		width = max(width, len([]rune(clip(c))))
	}
	fmt.Fprintf(w, "  %-*s  pictures\n", width, "class")
	for i, c := range p.Classes {
		if i == maxShown {
			fmt.Fprintf(w, "  … and %d more\n", len(p.Classes)-i)
			break
		}
		fmt.Fprintf(w, "  %-*s  %8d\n", width, clip(c), p.Counts[i])
	}
	fmt.Fprintf(w,
		"\nlabel: the folder of each picture\ntask %s: %d classes\n"+
			"%s%s for training, %d for validation, %d for testing; %d × %d × %d inputs\n",
		d.Task, len(d.classes), d.saysPositive(), count(d.train, "example", "examples"), d.held, d.test, p.height, p.width,
		p.channels)
	if n := d.skipped; n > 0 {
		fmt.Fprintf(w, "remark: %s left out: %s\n", count(n, "bad picture", "bad pictures"), strings.Join(d.bad, "; "))
	}
	for i, n := range p.Counts {
		if n < fewPictures {
			fmt.Fprintf(w, "remark: the class %q has %s, which is little to learn from and to measure by\n", p.Classes[i],
				count(n, "picture", "pictures"))
		}
	}
	for _, r := range d.remarks {
		fmt.Fprintf(w, "remark: %s\n", d.asTyped(r))
	}
	fmt.Fprintln(w)
}

// fewPictures is the number of pictures below which a class has none or one for validation and testing each.
const fewPictures = 10
