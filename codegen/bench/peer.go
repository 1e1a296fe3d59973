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

// rival is a network that peers are timed at too.
type rival struct {
	spec string
	Net  string // as the peers name it, and its files
	// Predicts tells to time predictions, or steps where the network runs step by step; else trainings are, with
	// Optimizer and these Batches, or all rows of Net.x.bin at once if there is none.
	Predicts  bool
	Optimizer string
	Batches   []int
	// Order is the function that turns the peers' weights to ours.
	Order string
}

var rivals = []rival{
	{spec: "iris", Net: "iris", Predicts: true, Order: "same"},
	{spec: "digits", Net: "digits", Predicts: true, Order: "same"},
	{spec: "mnist", Net: "mnist", Predicts: true, Order: "same"},
	{spec: "big", Net: "big", Predicts: true, Order: "same"},
	{spec: "lenetlinear", Net: "lenet", Predicts: true, Order: "channelsLast"},
	{spec: "wide", Net: "wide", Predicts: true, Order: "same"},
	{spec: "lstm16", Net: "lstm", Predicts: true, Order: "lstm"},
	{spec: "gru24", Net: "gru", Predicts: true, Order: "gru"},
	{spec: "digits", Net: "digits", Optimizer: "adam", Batches: []int{128, 32}, Order: "same"},
	{spec: "mnist", Net: "mnist", Optimizer: "adam", Batches: []int{128, 32}, Order: "same"},
	{spec: "bigsoft", Net: "big", Optimizer: "adam", Batches: []int{128, 32}, Order: "same"},
	{spec: "lenet", Net: "lenet", Optimizer: "adam", Batches: []int{128, 32}, Order: "channelsLast"},
	{spec: "curve", Net: "curve", Optimizer: "adam", Order: "same"},
	{spec: "digits", Net: "digits", Optimizer: "sgd", Batches: []int{128}, Order: "same"},
	{spec: "mnist", Net: "mnist", Optimizer: "sgd", Batches: []int{128}, Order: "same"},
	{spec: "bigsoft", Net: "big", Optimizer: "sgd", Batches: []int{128}, Order: "same"},
	{spec: "lenet", Net: "lenet", Optimizer: "sgd", Batches: []int{128}, Order: "channelsLast"},
}

// subject is what is built of a rival. Peers descend with a rate of 0.01, and Adam with the one that is ours too.
func (r *rival) subject() *subject {
	lines := ""
	if r.Optimizer == "sgd" {
		lines = "optimizer: {sgd: {lr: 0.01}}\n"
	}
	return &subject{Subject: Subject{Spec: network{spec: r.spec}.with(lines), Train: r.Batches}, rival: r}
}

// Peer builds the program that a harness of other tools runs, as file: called with a folder of weights, inputs and
// expected outputs and the name of a workload, infer, train, gemm or eltwise, it prints rows of peer, work, metric and
// value. Files hold float32 numbers: NET.w.bin weights, NET.x.bin 256 inputs, NET.y.bin their outputs; of NETs that run
// step by step those of 64 steps, and NET.t.bin the targets of one that trains on all rows at once. BENCH_NETS chooses
// among NETs, BENCH_S is the least time of a sample in seconds, BENCH_N the number of samples, and BENCH_Q the quantile
// that counts.
func Peer(ctx context.Context, file string) error {
	var list []*subject
	for i := range rivals {
		list = append(list, rivals[i].subject())
	}
	return buildPeer(ctx, list, file)
}

func buildPeer(ctx context.Context, list []*subject, file string) error {
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
