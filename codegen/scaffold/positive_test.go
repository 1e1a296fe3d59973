package scaffold

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

func TestThePositiveClassIsNamedOrRarer(t *testing.T) {
	for _, c := range []struct {
		classes string
		counts  []int
		want    string
	}{
		{"fraud legit", []int{4, 96}, "fraud"}, {"fraud legit", []int{96, 4}, "fraud"},
		{"ham spam", []int{9, 1}, "spam"}, {"non-smoker smoker", []int{1, 9}, "smoker"},
		{"blue red", []int{3, 7}, "blue"}, {"blue red", []int{7, 3}, "red"}, {"blue red", []int{5, 5}, "red"},
		{"abnormal normal", []int{6, 4}, "abnormal"}, {"negative positive", []int{1, 9}, "positive"},
	} {
		d := &draft{classes: strings.Fields(c.classes)}
		if d.choosePositive(c.counts); d.classes[1] != c.want || d.positive == "" {
			t.Errorf("%s %v: %q is positive, %s; want %q", c.classes, c.counts, d.classes[1], d.positive, c.want)
		}
	}
}

// TestDataCallsColumnsAsInitDoes compares what both say of a flag that some rows lack.
func TestDataCallsColumnsAsInitDoes(t *testing.T) {
	dir := t.TempDir()
	text := "area,garden,kind\n"
	for i := range 60 {
		text += []string{"5", "7", "8", "4"}[i%4] + "," + []string{"yes", "no", "Yes", ""}[i%4] + "," +
			[]string{"legit", "legit", "fraud"}[i%3] + "\n"
	}
	file := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var init, data strings.Builder
	files, err := Write(Options{Folder: filepath.Join(dir, "t"), Data: file, Label: []string{"kind"}, Log: &init})
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	s, problems := spec.Parse(files[0], src, op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, os.DirFS(dir))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	if _, err := Inspect(s, filepath.Join(dir, "t"), network, &data); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"garden  word  ", `"Yes" and "yes" differ in case alone`, `positive class "fraud": `} {
		if !strings.Contains(init.String(), want) || !strings.Contains(data.String(), want) {
			t.Errorf("no %q in both of\n%s\n%s", want, init.String(), data.String())
		}
	}
}

func TestPackagesLieOutsideOfPictures(t *testing.T) {
	dir := t.TempDir()
	for _, class := range []string{"disc", "ring"} {
		if err := os.MkdirAll(filepath.Join(dir, "shapes", class), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, "shapes", class, "a.png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	data := filepath.Join(dir, "shapes")
	for _, folder := range []string{data, filepath.Join(data, "disc"), filepath.Join(data, "deep", "er")} {
		_, err := Write(Options{Folder: folder, Data: data})
		if err == nil || !strings.Contains(err.Error(), "among its pictures") {
			t.Errorf("%s: %v", folder, err)
		}
	}
	// What an earlier package left there is no class.
	if err := os.MkdirAll(filepath.Join(data, "runs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "runs", "run.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := &draft{Options: Options{Folder: filepath.Join(dir, "net"), Data: data}}
	if err := d.lookAtPictures(); err != nil || !slices.Equal(d.classes, []string{"disc", "ring"}) {
		t.Errorf("classes %q, %v", d.classes, err)
	}
}
