// Command serve serves the page on this machine: go run ./serve, after a build of page/browser.wasm. With arguments it
// is for tests: a command that opens the page, such as chromium --headless. It prints the bits that the page reports,
// and to the standard error what it drew and learned.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		log.Fatal(err)
	}
	support := filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js")
	reports := make(chan []byte, 1)
	http.Handle("/", http.FileServer(http.Dir("page")))
	http.HandleFunc("/wasm_exec.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, support) })
	http.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 1<<20))
		if err != nil {
			log.Print(err)
		}
		reports <- b
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	at := "http://" + l.Addr().String() + "/"
	if len(os.Args) < 2 {
		fmt.Println(at)
		log.Fatal(http.Serve(l, nil))
	}
	go http.Serve(l, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	browser := exec.CommandContext(ctx, os.Args[1], append(os.Args[2:], at+"?check")...)
	var said strings.Builder
	browser.Stderr = &said
	if err := browser.Start(); err != nil {
		log.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- browser.Wait() }()
	select {
	case b := <-reports:
		bits, page, _ := strings.Cut(string(b), "page: ")
		fmt.Print(bits)
		fmt.Fprint(os.Stderr, page)
		browser.Process.Kill()
		<-ended
	case err := <-ended:
		log.Fatalf("the browser ended without a report: %v\n%s", err, &said)
	}
}
