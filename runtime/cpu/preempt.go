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
