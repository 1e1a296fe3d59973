package main

/*
#include <mpi.h>

static void begin(int *rank, int *size) {
	int level;
	MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
	MPI_Comm_rank(MPI_COMM_WORLD, rank);
	MPI_Comm_size(MPI_COMM_WORLD, size);
}

static void exchange(void *mine, void *theirs, int bytes, int peer) {
	MPI_Sendrecv(mine, bytes, MPI_BYTE, peer, 0, theirs, bytes, MPI_BYTE, peer, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void abort_all(void) { MPI_Abort(MPI_COMM_WORLD, 1); }
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// begin joins the processes that mpirun started, and returns the number of this one and how many there are.
func begin() (rank, size int) {
	runtime.LockOSThread()
	var r, s C.int
	C.begin(&r, &s)
	return int(r), int(s)
}

// finish leaves the others in peace, abort ends them all.
func finish() { C.MPI_Finalize() }
func abort()  { C.abort_all() }

// adder returns the Reduce of a process: it adds what the process rank xor k has, for k = 1, 2, 4 …, so that every
// process has the sums of a balanced tree. MPI_Allreduce would add in an order of its own, and give other bits.
func adder(rank, size int) func(sums []float32, totals []float64) {
	var theirs []float32
	var theirTotals []float64
	return func(sums []float32, totals []float64) {
		theirs, theirTotals = grow(theirs, len(sums)), grow(theirTotals, len(totals))
		for k := 1; k < size; k *= 2 {
			add(sums, theirs, rank^k)
			add(totals, theirTotals, rank^k)
		}
	}
}

func grow[T any](x []T, n int) []T { return append(x[:0], make([]T, n)...) }

func add[T float32 | float64](mine, theirs []T, peer int) {
	bytes := len(mine) * int(unsafe.Sizeof(mine[0]))
	C.exchange(unsafe.Pointer(&mine[0]), unsafe.Pointer(&theirs[0]), C.int(bytes), C.int(peer))
	for i, v := range theirs {
		mine[i] += v
	}
}
