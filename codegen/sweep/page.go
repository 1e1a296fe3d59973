package sweep

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// PageFile is the name of the page in the folder of a sweep.
const PageFile = "report.html"

//go:embed page.html.tmpl
var pageText string

var pageTemplate = template.Must(template.New("sweep").Parse(pageText))

// made matches what each page says of itself.
var made = regexp.MustCompile(`<p class="dim">Sweep of .*\. Made by nngen `)

// page is what the page of a sweep shows.
type page struct {
	Title, Plan, Nngen, Spec string
	Settings                 [][]string // the table, with its head
	Remarks                  []string
	Pictures                 []link
	Head                     []string
	Trials                   []trialRow
	Files                    []link
}

// link is a file of the folder of the sweep.
type link struct {
	Name, Link string
	Image      template.URL // the picture itself
}

// trialRow is what a trial came to.
type trialRow struct {
	Number int
	Link   string
	Cells  []string
}

// HTML returns the sweep as a page: the table of its settings, its pictures, a row for each trial that has a result,
// and the spec. It needs nothing else, no network and no script, but its links lead into the folder of the sweep, whose
// path from that of the page is base.
func (t *Table) HTML(base string) ([]byte, error) {
	p := t.plan
	at := func(name string) string {
		u := url.URL{Path: path.Join(filepath.ToSlash(base), name)}
		return u.String()
	}
	rows := t.cells()
	v := page{Title: p.specs[0].Name, Plan: p.String(), Nngen: p.Nngen, Spec: p.Spec, Settings: rows,
		Remarks: strings.Split(strings.TrimSpace(t.remarks()), "\n"),
		Head:    append(append([]string{"trial"}, p.Fields...), "seed", "fold", p.Metric, "epochs")}
	pictures, err := t.pictures()
	if err != nil {
		return nil, err
	}
	for _, f := range pictures {
		v.Pictures = append(v.Pictures, link{f.name, at(f.name),
			template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(f.contents))})
	}
	for _, name := range []string{planFile, resultsFile, tableFile} {
		v.Files = append(v.Files, link{Name: name, Link: at(name)})
	}
	for _, r := range t.results {
		fold, score := "", "diverged"
		if r.Fold != nil {
			fold = fmt.Sprint(*r.Fold)
		}
		if r.Failure == "" {
			score = plain(r.Metrics[p.Metric], 4)
		}
		row := trialRow{Number: r.Trial, Link: at(path.Join("trials", filepath.Base(r.file))), Cells: append(
			append([]string(nil), p.Settings[r.Setting]...), fmt.Sprint(r.Seed), fold, score, fmt.Sprint(r.Epochs))}
		v.Trials = append(v.Trials, row)
	}
	var b bytes.Buffer
	err = pageTemplate.Execute(&b, v)
	return b.Bytes(), err
}
