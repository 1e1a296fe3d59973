// Command service answers over HTTP whether a visitor buys.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"example.com/service/shop"
)

//go:generate go tool nngen compile shop.yaml

// buys answers GET /buys?age=30&colour=red. A Model is safe for any number of requests at once.
func buys(w http.ResponseWriter, r *http.Request) {
	var x [shop.InputSize]float32
	q := r.URL.Query()
	if err := shop.Encode([]string{q.Get("age"), q.Get("colour")}, &x); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	label, probability := shop.Default().Classify(&x)
	fmt.Fprintf(w, "%s %.4f\n", label, probability)
}

func main() {
	once := flag.String("once", "", "answer one query and end")
	flag.Parse()
	http.HandleFunc("/buys", buys)
	if *once == "" {
		log.Fatal(http.ListenAndServe("localhost:8080", nil))
	}
	w := httptest.NewRecorder()
	http.DefaultServeMux.ServeHTTP(w, httptest.NewRequest("GET", "/buys?"+*once, nil))
	fmt.Print(w.Body)
}
