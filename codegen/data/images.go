package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // image.Decode reads these
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nngen/nngen/codegen/mapped"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/picture"
	"github.com/nngen/nngen/spec"
)

// Limits of one picture. The largest are those of cameras. Decoding takes up to 16 bytes a pixel, those of the
// coefficients and the colors of a progressive JPEG, so that pictures above bigPicture are decoded one at a time.
const (
	maxPictureBytes  = 256 << 20
	maxPicturePixels = 50_000_000
	bigPicture       = 4 << 20
)

// pictureFile is a file that may hold a picture.
type pictureFile struct {
	path, shown string
	class       string // "" where classes are not asked for
}

// images reads the pictures of a folder, in the order of their names.
func (r *reader) images() (fit.Set, error) {
	if len(r.net.Inputs) != 1 || len(r.net.Inputs[0].Shape) != 3 {
		return fit.Set{}, fmt.Errorf("%s: pictures feed one input of shape [height, width, channels]", r.src.Path)
	}
	if o := r.net.Outputs[0]; !r.o.Unlabeled && (len(r.net.Outputs) != 1 || o.Classes == nil || o.Steps() != 1) {
		return fit.Set{},
			fmt.Errorf("%s: the folders of pictures are classes, which one output of classes foretells; for other targets "+
				"use idx or npy with labels, or target: input", r.src.Path)
	}
	files, err := listPictures(r.path(r.src.Path), r.src.Path, !r.o.Unlabeled, r.fail)
	if err != nil {
		return fit.Set{}, err
	}
	r.rows = len(r.bad)
	if !r.o.Unlabeled {
		if r.net.Spec.Classes.Names != nil {
			files = pictureFolders(files, r.net.Outputs[0].Classes, r.others.add)
		}
		if err := r.folderClasses(files); err != nil {
			return fit.Set{}, err
		}
	}
	size := r.net.Inputs[0].Shape.Size()
	if len(files) > maxNumbers/size {
		return fit.Set{},
			fmt.Errorf("%s: %d files of %d numbers each are more than can be read at a time; take smaller pictures", r.src.Path,
				len(files), size)
	}
	x := mapped.Floats(len(files) * size)
	results := r.decodePictures(files, x, size)
	set := fit.Set{X: [][]float32{x[:0]}}
	if !r.o.Unlabeled {
		set.Y = [][]float32{nil}
	}
	seen := map[string]int{}
	for i, f := range files {
		err := results[i].err
		if errors.Is(err, errNoPicture) {
			r.others.add(f.shown)
			continue
		}
		r.rows++
		aligned := r.o.Aligned && r.skip() > 0
		if err != nil {
			if r.fail(f.shown, 0, "%v", err); !aligned {
				continue
			}
			r.bad[len(r.bad)-1].Example = set.N + 1
			clear(x[i*size:][:size])
		}
		if results[i].turned {
			r.turned.add(f.shown)
		}
		set.X[0] = append(set.X[0], x[i*size:][:size]...) // to the left, or where it is
		set.N++
		if r.o.Notes != nil {
			r.o.Notes.IDs = append(r.o.Notes.IDs, f.shown)
		}
		if r.o.Unlabeled {
			continue
		}
		o := r.net.Outputs[0]
		k, err := class(o, f.class)
		if err != nil {
			return fit.Set{}, fmt.Errorf("%s: %w", f.shown, err)
		}
		seen[f.class]++
		set.Y[0] = append(set.Y[0], make([]float32, o.TargetWidth())...)
		setClass(o, set.Y[0][len(set.Y[0])-o.TargetWidth():], k)
	}
	return set, nil
}

// some is a list of files of which the first is named.
type some struct {
	N     int
	First string
}

func (s *some) add(name string) {
	if s.N++; s.N == 1 {
		s.First = name
	}
}

// String is behind a number of files.
func (s *some) String() string { return ", such as " + s.First }

// pictureRemarks says what is left out of a folder, and what is not done.
func (r *reader) pictureRemarks() (list []string) {
	if r.others.N > 0 {
		list = append(list, fmt.Sprintf("%s that %s no picture left out of %s%s", spec.Count(r.others.N, "file"),
			are(r.others.N), r.src.Path, &r.others))
	}
	if r.turned.N > 0 {
		list = append(list,
			fmt.Sprintf("%s of %s %s to be turned by EXIF orientation%s; they are read as they are stored, as image.Decode does",
				spec.Count(r.turned.N, "picture"), r.src.Path, are(r.turned.N), &r.turned))
	}
	return list
}

// folderClasses checks that folders are classes.
func (r *reader) folderClasses(files []pictureFile) error {
	o := r.net.Outputs[0]
	var names, unknown []string
	for _, f := range files {
		if n := len(names); n > 0 && names[n-1] == f.class {
			continue
		}
		names = append(names, f.class)
		if _, err := class(o, f.class); err != nil {
			unknown = append(unknown, strconv.Quote(f.class))
		}
	}
	if unknown == nil {
		return nil
	}
	quote := func(list []string) string {
		var q []string
		for i, n := range list {
			if i == 12 {
				q = append(q, "…")
				break
			}
			q = append(q, strconv.Quote(n))
		}
		return strings.Join(q, ", ")
	}
	if r.net.Spec.Classes.Names == nil {
		return fmt.Errorf("%s: its folders are words; list them in the spec: classes: [%s]", r.src.Path, quote(names))
	}
	apart := slices.ContainsFunc(unknown, func(n string) bool { return isApart(n, o.Classes) })
	return fmt.Errorf("%s: the folder %s is none of the classes %s%s", r.src.Path,
		strings.Join(unknown[:min(len(unknown), 12)], ", nor "), quote(o.Classes), decomposed(apart))
}

// pictureFolders leaves out the folders that are none of the classes and hold no picture, as those of a package do that
// lies among the classes; drop is called with each file of theirs.
func pictureFolders(files []pictureFile, classes []string, drop func(shown string)) (kept []pictureFile) {
	for len(files) > 0 {
		class, n := files[0].class, 1
		for n < len(files) && files[n].class == class {
			n++
		}
		folder := files[:n]
		files = files[n:]
		if slices.Contains(classes, class) || slices.ContainsFunc(folder, isPicture) {
			kept = append(kept, folder...)
			continue
		}
		for _, f := range folder {
			drop(f.shown)
		}
	}
	return kept
}

// isPicture tells whether a file is called as a picture, or is one.
func isPicture(f pictureFile) bool {
	if hasPictureName(f.path) {
		return true
	}
	b, err := openPicture(f.path)
	if err != nil {
		return false
	}
	_, _, err = image.DecodeConfig(bytes.NewReader(b))
	return err == nil
}

// listPictures lists the files of a folder in the order of their names, those of classes by folder; a single file is a
// list of one where no classes are asked for. Hidden files and folders are left out. Links to files and those among the
// classes are followed. Other links and pictures outside of the classes are reported.
func listPictures(root, shown string, classes bool, fail func(file string,
	line int, format string, args ...any)) (list []pictureFile, err error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		if classes {
			return nil, fmt.Errorf("%s: it is a file, not a folder of pictures", shown)
		}
		return []pictureFile{{path: root, shown: shown}}, nil
	}
	if !classes {
		return walkPictures(nil, root, shown, "", fail)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := e.Name()
		if isHidden(name) {
			continue
		}
		path, display := filepath.Join(root, name), filepath.ToSlash(filepath.Join(shown, name))
		info, err := os.Stat(path)
		switch {
		case err != nil:
			fail(display, 0, "%v", errors.Unwrap(err))
		case info.IsDir():
			if path, err = filepath.EvalSymlinks(path); err != nil {
				return nil, err
			}
			if holds(path, root) {
				fail(display, 0, "the link leads to a folder that %s is in", shown)
				continue
			}
			if list, err = walkPictures(list, path, display, name, fail); err != nil {
				return nil, err
			}
		case hasPictureName(name):
			fail(display, 0, "it is in no folder of a class")
		}
	}
	return list, nil
}

// holds tells whether a folder is another, or one that the other is in, links resolved.
func holds(folder, other string) bool {
	other, err := filepath.EvalSymlinks(other)
	if err == nil {
		other, err = filepath.Abs(other)
	}
	if err == nil {
		folder, err = filepath.Abs(folder)
	}
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(folder, other)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// walkPictures appends the files below a folder.
func walkPictures(list []pictureFile, root, shown, class string,
	fail func(file string, line int, format string, args ...any)) ([]pictureFile, error) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		display := filepath.ToSlash(filepath.Join(shown, rel))
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", display, errors.Unwrap(err))
		case path != root && isHidden(d.Name()):
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		if d.Type()&fs.ModeSymlink != 0 {
			info, err := os.Stat(path)
			if err != nil {
				fail(display, 0, "the link leads nowhere")
				return nil
			}
			if info.IsDir() {
				fail(display, 0, "it is a link to a folder, which is not followed")
				return nil
			}
		}
		list = append(list, pictureFile{path, display, class})
		return nil
	})
	return list, err
}

// isHidden tells whether a name is one that programs keep their own things under.
func isHidden(name string) bool { return name[0] == '.' || name == "__MACOSX" || name == "Thumbs.db" }

// hasPictureName tells whether a file is called as pictures are, also such as are not read.
func hasPictureName(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic",
		".heif", ".avif"}, strings.ToLower(filepath.Ext(name)))
}

// errNoPicture is that of a file that neither is a picture nor is called as one.
var errNoPicture = errors.New("it is no picture")

// decodedPicture is what became of a file.
type decodedPicture struct {
	turned bool // by EXIF
	err    error
}

// decodePictures decodes files side by side into x.
func (r *reader) decodePictures(files []pictureFile, x []float32, size int) []decodedPicture {
	results := make([]decodedPicture, len(files))
	var group sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), 4, len(files)) { // 4: memory for as many at a time
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range next {
				results[i] = r.decodePicture(files[i], x[i*size:][:size])
			}
		}()
	}
	for i := range files {
		next <- i
	}
	close(next)
	group.Wait()
	return results
}

// decodePicture decodes a file into x. Its size is known before any of it is unpacked.
func (r *reader) decodePicture(f pictureFile, x []float32) (d decodedPicture) {
	in, err := openPicture(f.path)
	if err != nil {
		return decodedPicture{err: err}
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(in))
	switch {
	case errors.Is(err, image.ErrFormat) && len(in) == 0:
		return decodedPicture{err: errors.New("the file is empty")}
	case errors.Is(err, image.ErrFormat) && hasPictureName(f.path):
		return decodedPicture{err: errors.New("it is no PNG, JPEG or GIF; convert it")}
	case errors.Is(err, image.ErrFormat):
		return decodedPicture{err: errNoPicture}
	case err != nil:
		return decodedPicture{err: err}
	case config.Width < 1 || config.Height < 1:
		return decodedPicture{err: errors.New("it has no pixels")}
	case config.Width > maxPicturePixels/config.Height:
		return decodedPicture{err: fmt.Errorf("it has %d × %d pixels, more than the %d that are decoded", config.Width,
			config.Height, maxPicturePixels)}
	}
	if config.Width*config.Height > bigPicture {
		r.big.Lock()
		defer r.big.Unlock()
	}
	img, _, err := image.Decode(bytes.NewReader(in))
	if err != nil {
		return decodedPicture{err: err}
	}
	encode, shape := picture.Encode, r.net.Spec.Inputs[0].LayersShape()
	if r.net.Spec.Inputs[0].Layout == spec.ChannelsFirst {
		encode = picture.EncodePlanes
	}
	return decodedPicture{isTurned(in), encode(x, img, shape[0], shape[1], shape[2])}
}

// openPicture returns the contents of a file; an error does not name it.
func openPicture(path string) ([]byte, error) {
	b, err := regular.Read(path, maxPictureBytes)
	var in *fs.PathError
	if errors.As(err, &in) {
		err = in.Err
	}
	return b, err
}

// isTurned tells whether a JPEG file says by EXIF that the picture is stored in another orientation than it is to be
// shown in: tag 0x0112 of the first directory is not 1 (CIPA DC-008).
func isTurned(b []byte) bool {
	if !bytes.HasPrefix(b, []byte{0xff, 0xd8}) {
		return false
	}
	for b = b[2:]; len(b) >= 4 && b[0] == 0xff && b[1] != 0xda; {
		length := 2 + int(binary.BigEndian.Uint16(b[2:]))
		if length > len(b) {
			return false
		}
		if exif, ok := bytes.CutPrefix(b[4:max(length, 4)], []byte("Exif\x00\x00")); ok && b[1] == 0xe1 {
			return orientation(exif) > 1
		}
		b = b[length:]
	}
	return false
}

// orientation returns that of a TIFF header and its first directory; 0 if there is none.
func orientation(b []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(b, []byte("II")) {
		order = binary.LittleEndian
	}
	if len(b) < 8 {
		return 0
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 0
	}
	const entry = 12 // tag, type, count, value
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < entry {
			break
		}
		if order.Uint16(entries) == 0x0112 {
			return int(order.Uint16(entries[8:]))
		}
		entries = entries[entry:]
	}
	return 0
}

// Pictures is what is found in a folder of pictures, by class.
type Pictures struct {
	Classes []string
	Counts  []int // of the files of each class
	// Height and Width are the medians of the pictures that can be read, and Grey says that all are in black and white.
	Height, Width int
	Grey          bool
}

// maxLooked bounds the pictures whose sizes are looked at.
const maxLooked = 1000

// LookAtPictures looks at a folder with a folder of pictures for each class. Folders without a picture are left out.
func LookAtPictures(folder string) (*Pictures, error) {
	files, err := listPictures(folder, folder, true, func(string, int, string, ...any) {})
	if err != nil {
		return nil, err
	}
	files = pictureFolders(files, nil, func(string) {})
	p := &Pictures{Grey: true}
	var heights, widths []int
	stride := len(files)/maxLooked + 1
	for i, f := range files {
		k := len(p.Classes) - 1
		if k < 0 || p.Classes[k] != f.class {
			p.Classes, p.Counts, k = append(p.Classes, f.class), append(p.Counts, 0), k+1
		}
		if hasPictureName(f.path) {
			p.Counts[k]++
		}
		if i%stride != 0 {
			continue
		}
		b, err := openPicture(f.path)
		if err != nil {
			continue // reported when it is read
		}
		if c, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil {
			heights, widths = append(heights, c.Height), append(widths, c.Width)
			p.Grey = p.Grey && (c.ColorModel == color.GrayModel || c.ColorModel == color.Gray16Model)
		}
	}
	if len(heights) == 0 {
		return nil, fmt.Errorf("%s: there are no PNG, JPEG or GIF files in its folders", folder)
	}
	slices.Sort(heights)
	slices.Sort(widths)
	p.Height, p.Width = heights[len(heights)/2], widths[len(widths)/2]
	return p, nil
}
