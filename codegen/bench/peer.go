package bench

import (
	"context"
	_ "embed"
	"io"
	"os"
	"text/template"
)

//go:embed peer.go.tmpl
var peerText string

var peer = template.Must(template.New("peer").Parse(peerText))

// Peer builds the program that a harness of other tools runs beside theirs, as file: called with a folder
// of weights, inputs and expected outputs and the name of a workload, it prints rows of
// peer, work, metric and value. Files hold float32 numbers: NET.w.bin weights, NET.x.bin 256 inputs,
// NET.y.bin their outputs.
func Peer(ctx context.Context, file string) error {
	var list []*subject
	for _, n := range networks {
		if n.infer != "" || n.data != "" {
			list = append(list, &subject{Subject: Subject{Spec: n.read(), Train: n.train}, Infer: n.infer, Data: n.data})
		}
	}
	m, err := module(list, peer)
	if err != nil {
		return err
	}
	defer m.Close()
	exe, err := m.Build(ctx, "")
	if err != nil {
		return err
	}
	src, err := os.Open(exe)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		dst.Close()
		return err
	}
	return dst.Close()
}
