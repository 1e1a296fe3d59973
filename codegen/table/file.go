package table

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// A gzipped file may unpack to base bytes, and beyond that to ratio for each of its own that is read. Tables take a
// third to a fiftieth of their size when packed; deflate does up to 1,032 to 1 on a file that says nothing.
const (
	base  = 32 << 20
	ratio = 200
)

// OpenFile opens a regular file, unpacked if it is gzipped. Devices and pipes, which may have no end, are errors; a
// file of length 0 holds nothing, whatever it would give, as /proc/kmsg that is waited for.
func OpenFile(path, shown string) (io.ReadCloser, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // else a pipe without a writer blocks
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: it is %s, not a file of data", shown, kindOf(info.Mode()))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	var content io.Reader = f
	if info.Size() == 0 {
		content = strings.NewReader("")
	}
	in := bufio.NewReaderSize(content, 1<<16)
	magic, _ := in.Peek(4)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		packed := &counter{r: in}
		z, err := gzip.NewReader(bufio.NewReaderSize(packed, 1<<12))
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: %w", shown, err)
		}
		return &file{&bounded{r: z, packed: packed}, f}, nil
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		packed := &counter{r: in}
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxWindow))
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: %w", shown, err)
		}
		return &file{&bounded{r: z, packed: packed}, closers{z.IOReadCloser(), f}}, nil
	}
	return &file{in, f}, nil
}

// maxWindow bounds what a zstd decoder remembers: what zstd --ultra --long=27 writes.
const maxWindow = 128 << 20

// closers are closed one after another.
type closers []io.Closer

func (c closers) Close() (err error) {
	for _, one := range c {
		err = errors.Join(err, one.Close())
	}
	return err
}

type file struct {
	io.Reader
	io.Closer
}

// IsPlain tells whether a file that OpenFile returned is read as it stands, unpacked by nothing.
func IsPlain(f io.Reader) bool {
	opened, ok := f.(*file)
	if !ok {
		return false
	}
	_, plain := opened.Reader.(*bufio.Reader)
	return plain
}

func kindOf(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&os.ModeNamedPipe != 0:
		return "a pipe"
	case m&os.ModeDevice != 0:
		return "a device"
	case m&os.ModeSocket != 0:
		return "a socket"
	}
	return "no regular file"
}

// counter counts the bytes that are read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// bounded fails once more is unpacked than a file may hold.
type bounded struct {
	r      io.Reader
	packed *counter
	n      int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.n += int64(n); b.n > base && b.n > ratio*b.packed.n {
		return 0, fmt.Errorf("it unpacks to more than %d times its size and %d MiB; unpack it yourself if that is meant",
			ratio, base>>20)
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("it cannot be unpacked to its end, as if it were cut off, damaged, or followed by "+
			"something else: %w",
			err)
	}
	return n, err
}

// decoded returns r as UTF-8, and the encoding that it was in: the one named, or what its first bytes say; without a
// mark, the first character beyond ASCII decides between UTF-8 and Windows-1252, which holds Latin-1: g is that
// decision, nil where there is none to take. If the name is that of another table, characters of UTF-8 in the first 64
// KiB outdo it.
func decoded(r io.Reader, name string, other bool) (text io.Reader, found string, g *guess, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if other && name != "" {
		if head, _ := in.Peek(1 << 16); tellsUnicode(head) {
			name = ""
		}
	}
	head, err := in.Peek(1024)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", nil, err
	}
	if name != "" {
		e, err := htmlindex.Get(strings.ToLower(strings.TrimSuffix(name, "-sig")))
		if err != nil {
			return nil, "", nil, fmt.Errorf("no encoding is called %q", name)
		}
		if name, err = htmlindex.Name(e); err != nil {
			return nil, "", nil, err
		}
		if e == encoding.Encoding(unicode.UTF8) {
			return skipMark(in), name, nil, nil
		}
		return transform.NewReader(in, unicode.BOMOverride(e.NewDecoder())), name, nil, nil
	}
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy, name string) (io.Reader, string, *guess, error) {
		return transform.NewReader(in, unicode.UTF16(order, mark).NewDecoder()), name, nil, nil
	}
	switch zeros := [2]int{bytes.Count(everyOther(head, 0), []byte{0}), bytes.Count(everyOther(head, 1), []byte{0})}; {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		return skipMark(in), "utf-8", nil, nil
	case bytes.HasPrefix(head, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(head, []byte{0, 0, 0xfe, 0xff}):
		return nil, "", nil, errors.New("it is UTF-32, which is not read; save it as UTF-8")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return utf16(unicode.LittleEndian, unicode.UseBOM, "utf-16le")
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return utf16(unicode.BigEndian, unicode.UseBOM, "utf-16be")
	case zeros[1] > len(head)/4 && zeros[0] == 0:
		return utf16(unicode.LittleEndian, unicode.IgnoreBOM, "utf-16le")
	case zeros[0] > len(head)/4 && zeros[1] == 0:
		return utf16(unicode.BigEndian, unicode.IgnoreBOM, "utf-16be")
	case zeros[0]+zeros[1] > 0:
		return nil, "", nil, errors.New("it is no text: there are zero bytes in it")
	}
	g = &guess{latin: !looksUTF8(head)}
	if g.latin {
		return transform.NewReader(in, charmap.Windows1252.NewDecoder()), "windows-1252", g, nil
	}
	return transform.NewReader(in, g), "utf-8", g, nil
}

func skipMark(in *bufio.Reader) io.Reader {
	if head, _ := in.Peek(3); bytes.Equal(head, []byte{0xef, 0xbb, 0xbf}) {
		_, _ = in.Discard(3)
	}
	return in
}

func everyOther(b []byte, from int) []byte {
	var out []byte
	for i := from; i < len(b); i += 2 {
		out = append(out, b[i])
	}
	return out
}

// tellsUnicode tells whether b, which may end within a character, holds characters beyond ASCII, all of UTF-8, or
// begins with the mark of UTF-16.
func tellsUnicode(b []byte) bool {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return true
	}
	beyond := false
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			return beyond && !utf8.FullRune(b)
		}
		beyond, b = beyond || size > 1, b[size:]
	}
	return beyond
}

// looksUTF8 tells whether the first character of b beyond ASCII is one of UTF-8, or there is none.
func looksUTF8(b []byte) bool {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			r, _ := utf8.DecodeRune(b[i:])
			return r != utf8.RuneError || !utf8.FullRune(b[i:])
		}
	}
	return true
}

// guess hands ASCII on, and decides at the first other character: it goes on with UTF-8, or with Windows-1252.
type guess struct {
	utf8, latin bool
}

func (g *guess) Reset() { *g = guess{} }

func (g *guess) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	if !g.latin && !g.utf8 {
		i := 0
		for i < len(src) && src[i] < utf8.RuneSelf {
			i++
		}
		n := copy(dst, src[:i])
		if n < i {
			return n, n, transform.ErrShortDst
		}
		if i == len(src) {
			return n, n, nil
		}
		if !utf8.FullRune(src[i:]) && !atEOF {
			return n, n, transform.ErrShortSrc
		}
		g.utf8 = looksUTF8(src[i:]) && utf8.FullRune(src[i:])
		g.latin = !g.utf8
		nDst, nSrc = n, n
	}
	d, s := 0, 0
	if g.latin {
		d, s, err = charmap.Windows1252.NewDecoder().Transform(dst[nDst:], src[nSrc:], atEOF)
	} else if d = copy(dst[nDst:], src[nSrc:]); d < len(src)-nSrc {
		err = transform.ErrShortDst
	}
	if !g.latin {
		s = d
	}
	return nDst + d, nSrc + s, err
}
