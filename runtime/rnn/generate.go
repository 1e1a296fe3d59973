package rnn

//go:generate go run ../../asm/vec/gen -runtime rnn
