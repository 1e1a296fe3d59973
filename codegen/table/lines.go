package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// lines reads the lines of a text, ahead where a row may go over several of them.
type lines struct {
	in    *bufio.Reader
	line  int // of the last line, from 1
	ahead []string
	end   error
	guess *guess // of the encoding; nil where it is known
}

// peeked is the size of the sample that the delimiter is found in.
const peeked = 1 << 16

// newLines returns the lines of a text. If a carriage return alone ends each, as of old on the Macintosh, that is what
// ends them.
func newLines(r io.Reader) *lines {
	in := bufio.NewReaderSize(r, peeked)
	if head, _ := in.Peek(peeked); bytes.IndexByte(head, '\n') < 0 &&
		bytes.IndexByte(bytes.TrimRight(head, "\r"), '\r') >= 0 {
		in = bufio.NewReaderSize(returns{in}, peeked)
	}
	return &lines{in: in}
}

// returns reads carriage returns as ends of lines.
type returns struct{ r io.Reader }

func (r returns) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	for i, c := range p[:n] {
		if c == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// peek returns the beginning of the text, whole lines if there is an end of one.
func (l *lines) peek() ([]byte, error) {
	head, err := l.in.Peek(peeked)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if i := bytes.LastIndexByte(head, '\n'); i > 0 && err == nil {
		head = head[:i]
	}
	return head, nil
}

// next returns the next line without its end.
func (l *lines) next() (line string, err error) {
	if len(l.ahead) > 0 {
		line, l.ahead = l.ahead[0], l.ahead[1:]
	} else if line, err = l.read(); err != nil {
		return "", err
	}
	l.line++
	return line, nil
}

// look returns the line k behind the next one, without taking it.
func (l *lines) look(k int) (string, error) {
	for len(l.ahead) <= k {
		line, err := l.read()
		if err != nil {
			return "", err
		}
		l.ahead = append(l.ahead, line)
	}
	return l.ahead[k], nil
}

// read reads a line behind those that are read ahead. Most lines lie in the buffer as a whole, and are copied once.
func (l *lines) read() (string, error) {
	if l.end != nil {
		return "", l.end
	}
	line, err := l.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line = slices.Clone(line)
	}
	for errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxRow {
		var part []byte
		part, err = l.in.ReadSlice('\n')
		line = append(line, part...)
	}
	if len(line) > maxRow {
		l.end = fmt.Errorf("a line is longer than %d MiB", maxRow>>20)
		return "", l.end
	}
	if l.end = err; err != nil && len(line) == 0 {
		return "", err
	}
	return string(bytes.TrimRight(line, "\r\n")), nil
}

// row reads the next row. A field in quotes may hold ends of lines; a quote that is never closed makes a bad row of the
// line where it stands, and reading goes on with the next one.
func (l *lines) row(delimiter string) (Row, error) {
	line, err := l.next()
	if err != nil {
		return Row{}, err
	}
	r := Row{Line: l.line}
	if strings.TrimSpace(line) == "" && delimiter != "\t" || line == "" {
		return r, nil
	}
	if !utf8.ValidString(line) {
		r.Err = errors.New("the row is not UTF-8")
		return r, nil
	}
	if l.guess != nil && l.guess.latin && strings.ContainsRune(line, utf8.RuneError) {
		r.Err = errors.New("the row is neither UTF-8 nor windows-1252; say encoding: in the spec, or init --encoding, with the name of another")
		return r, nil
	}
	if strings.IndexByte(line, 0) >= 0 {
		r.Err = errors.New("there is a zero byte in the row")
		return r, nil
	}
	if delimiter != Spaces && open(line, delimiter, false) {
		whole := line
		closed := false
		k := 0
		for ; k < maxQuoted && len(whole) < maxRow; k++ {
			more, err := l.look(k)
			if err != nil {
				break
			}
			whole += "\n" + more
			if closed = !open(more, delimiter, true); closed {
				break
			}
		}
		if closed {
			r.Fields, r.Err = fields(whole, delimiter)
		}
		if !closed || r.Err != nil {
			return Row{Line: r.Line, Err: errors.New("a quote is opened, but not closed")}, nil
		}
		for range k + 1 {
			if _, err := l.next(); err != nil {
				return Row{}, err
			}
		}
		return r, nil
	}
	r.Fields, r.Err = fields(line, delimiter)
	return r, nil
}

// open tells whether a line ends within quotes, if it begins inside of some or not.
func open(line, delimiter string, inside bool) bool {
	if !inside && strings.IndexByte(line, '"') < 0 {
		return false
	}
	start := true // of a field
	for i := 0; i < len(line); i++ {
		switch {
		case inside && line[i] == '"' && i+1 < len(line) && line[i+1] == '"':
			i++
		case inside && line[i] == '"':
			inside = false
		case inside:
		case start && line[i] == '"':
			inside = true
		}
		start = !inside && strings.HasPrefix(line[i:], delimiter)
	}
	return inside
}
