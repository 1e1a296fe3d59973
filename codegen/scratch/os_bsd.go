//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package scratch

import "syscall"

func dieWithParent(*syscall.SysProcAttr) {}
