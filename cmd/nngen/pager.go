package main

import (
	"cmp"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// paged has write write to w; where that is a terminal, through what pages it: $PAGER, or less where there is one.
func paged(w io.Writer, write func(io.Writer) error) error {
	out, ok := w.(*checkedWriter)
	if !ok {
		return write(w)
	}
	f, ok := out.Writer.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return write(w)
	}
	words := strings.Fields(cmp.Or(strings.TrimSpace(os.Getenv("PAGER")), "less -FRX"))
	c := exec.Command(words[0], words[1:]...)
	c.Stdout, c.Stderr = f, os.Stderr
	in, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil { // there is no pager
		return write(w)
	}
	signal.Ignore(syscall.SIGPIPE) // that nobody pages on ends no process; after the start, since a pager would inherit it
	err = write(in)
	if errors.Is(err, syscall.EPIPE) { // whoever reads has seen enough
		err = nil
	}
	return errors.Join(err, in.Close(), c.Wait())
}
