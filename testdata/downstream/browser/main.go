//go:build !js

package main

import "os"

func main() { report(os.Stdout) }
