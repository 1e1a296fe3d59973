// Command service answers over HTTP whether a visitor buys.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

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

// buysJSON answers POST /buys with {"age": 30, "colour": "red"}. What the object lacks is missing.
func buysJSON(w http.ResponseWriter, r *http.Request) {
	var row shop.Row
	var x [shop.InputSize]float32
	if err := cmp.Or(json.NewDecoder(r.Body).Decode(&row), row.Encode(&x)); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	label, probability := shop.Default().Classify(&x)
	fmt.Fprintf(w, "%s %.4f\n", label, probability)
}

func main() {
	once := flag.String("once", "", "answer one query and end")
	row := flag.String("json", "", "answer one object and end")
	flag.Parse()
	http.HandleFunc("GET /buys", buys)
	http.HandleFunc("POST /buys", buysJSON)
	w := httptest.NewRecorder()
	switch {
	case *row != "":
		http.DefaultServeMux.ServeHTTP(w, httptest.NewRequest("POST", "/buys", strings.NewReader(*row)))
	case *once != "":
		http.DefaultServeMux.ServeHTTP(w, httptest.NewRequest("GET", "/buys?"+*once, nil))
	default:
		log.Fatal(http.ListenAndServe("localhost:8080", nil))
	}
	fmt.Print(w.Body)
}
