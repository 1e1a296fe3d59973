package cpu

// Preempt is where Go may stop a goroutine between two calls of kernels. Go interrupts no assembly, and a loop that does
// little but call kernels is hardly ever seen outside of them, so that the garbage collector would wait for its end,
// however short each call is. A function that calls another begins with a look at whether it is wanted to stop.
//
//go:noinline
func Preempt() { pause() }

// pause makes Preempt a function that calls another.
//
//go:noinline
func pause() {}

// CallElements is the number of elements that a kernel gets at a time where it does a few operations for each: none
// should keep the scheduler or the garbage collector waiting for more than about 0.1 ms. It is a multiple of every
// number of lanes.
const CallElements = 1 << 16

// CallRows returns how many rows of f elements, of at most CallElements, a kernel gets at a time: as many as have those
// together.
func CallRows(f int) int { return max(1, CallElements/f) }

// EachCall calls do for what a kernel gets at a time of n rows of f elements whose columns do not see each other: as many
// rows as CallRows says, or a stretch of one row that has more than a call may. do takes how many rows and columns these
// are, the number of the first element, and its column.
func EachCall(n, f int, do func(rows, cols, at, j int)) {
	rows, cols := CallRows(f), min(f, CallElements)
	for i := 0; i < n; i += rows {
		for j := 0; j < f; j += cols {
			if i+j > 0 {
				Preempt()
			}
			do(min(rows, n-i), min(cols, f-j), i*f+j, j)
		}
	}
}
