// Package runs keeps what a training was and came to, in a folder of its own beside the spec.
//
// It exists so that a number that someone remembers can be found again, with all that it follows from. The files of a
// run are a function of its inputs: the same spec, data, seed and nngen give the same bytes, but for one file that
// holds the time, times.json, which git is told to ignore.
package runs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/codegen/scratch"
)

// maxFile is how many bytes of a file of a run are read: a million epochs have fewer.
const maxFile = 1 << 30

// Folder is the name of the folder of runs, beside the spec.
const Folder = "runs"

// Run is the record of a training, run.json.
type Run struct {
	Name        string             `json:"name"`  // of the network
	Nngen       string             `json:"nngen"` // version
	Spec        string             `json:"spec"`  // checksum of the text, which is beside as spec.yaml
	Seed        uint64             `json:"seed"`
	From        string             `json:"from,omitempty"` // checksum of the weights that it began with
	Data        map[string]string  `json:"data"`           // checksums of the files of the data, by path
	Train       int                `json:"train_examples"`
	Validation  int                `json:"validation_examples"`
	Test        int                `json:"test_examples"`
	Params      int                `json:"params"`
	Frozen      int                `json:"frozen_params,omitempty"`
	Limit       int                `json:"epoch_limit"`
	Epochs      int                `json:"epochs"`
	Best        int                `json:"best,omitempty"` // epoch whose weights were kept; 0 for the last
	Stopped     bool               `json:"stopped_early,omitempty"`
	Interrupted bool               `json:"interrupted,omitempty"`
	Weights     string             `json:"weights"`                // checksum of their file
	Metrics     map[string]float64 `json:"metrics"`                // of the epoch that was kept
	TestMetrics map[string]float64 `json:"test_metrics,omitempty"` // of the test set
	// TestRemark says that the network may have learned from the test set, by weights that it began with.
	TestRemark string `json:"test_remark,omitempty"`
	// Positive is the class of each binary output that precision, recall, f1 and average_precision are of.
	Positive map[string]string `json:"positive_class,omitempty"`

	Detail *Detail `json:"-"`

	// Of a run that was read:
	Dir     string  `json:"-"`
	Times   Times   `json:"-"`
	Text    string  `json:"-"` // of the spec
	History History `json:"-"`
	Drawing string  `json:"-"` // of the architecture, SVG
}

// Times is what differs between two runs of the same inputs, times.json.
type Times struct {
	Start   time.Time `json:"start"`
	Seconds float64   `json:"seconds"` // of the training
}

// Detail is what a report shows beyond the record, detail.json.
type Detail struct {
	On          string       `json:"on"` // test, validation or training: the set that outputs are of
	Outputs     []Output     `json:"outputs"`
	Weights     []Histogram  `json:"weights"`             // of the trained weights
	Gradients   []Histogram  `json:"gradients,omitempty"` // of a batch of the training set, at those weights
	Updates     []string     `json:"updates"`             // names of the parameters of UpdateRatio
	UpdateRatio [][]*float64 `json:"update_ratio"`
	// UpdateEvery is how many epochs lie between two of UpdateRatio, from the first on; 0 stands for 1.
	UpdateEvery int `json:"update_every,omitempty"`
}

// Output is what one output makes of the examples of the set.
type Output struct {
	Name string `json:"name"`
	Task string `json:"task"`
	// Metrics are what was measured, with intervals, and Baselines what simpler models of the training set reach, as
	// evaluations print them.
	Metrics     []string  `json:"metrics"`
	Baselines   []string  `json:"baselines,omitempty"`
	Classes     []string  `json:"classes,omitempty"`
	Confusion   [][]int   `json:"confusion,omitempty"` // row the true class, column the predicted one
	Calibration []Bin     `json:"calibration,omitempty"`
	Points      []Point   `json:"points,omitempty"` // of a regression: a sample of targets and predictions
	Worst       []Example `json:"worst"`
}

// Bin is a range of confidence: how many predictions fall there, their mean confidence, and the share that is right.
type Bin struct {
	Count      int     `json:"count"`
	Confidence float64 `json:"confidence"`
	Right      float64 `json:"right"`
}

// Number is a float64 that is null in JSON if it is not finite; null is read as NaN.
type Number float64

// Finite tells whether it is neither NaN nor infinite.
func (n Number) Finite() bool { return n-n == 0 }

// Float returns it for templates, which convert nothing.
func (n Number) Float() float64 { return float64(n) }

// MarshalJSON writes the number.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Finite() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads it.
func (n *Number) UnmarshalJSON(b []byte) error {
	*n = Number(math.NaN())
	if string(b) == "null" {
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// Point is a target with its prediction.
type Point struct {
	Target     Number `json:"target"`
	Prediction Number `json:"prediction"`
}

// Example is one of those that the network is most wrong about. Image has the shape of its input where that is one.
type Example struct {
	Number     int       `json:"number"` // in the set, from 0
	Target     string    `json:"target"`
	Prediction string    `json:"prediction"`
	Loss       Number    `json:"loss"`
	Input      []float32 `json:"input"`
	Shape      []int     `json:"shape"`
	// Fields are those of the row of a table that it was, as far as the input tells them.
	Fields []string `json:"fields,omitempty"`
}

// Histogram counts the numbers of an array in ranges of the same width from Low to High.
type Histogram struct {
	Name   string  `json:"name"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Counts []int   `json:"counts"`
}

// hash identifies what a run was and came to.
func (r *Run) hash() (string, []byte, error) {
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])[:8], append(b, '\n'), nil
}

// stamp is the layout of the time in the name of a run.
const stamp = "20060102-150405"

var folderName = regexp.MustCompile(`^[0-9]{8}-[0-9]{6}-[0-9a-f]{8}$`)

// Save writes a run, with more files by name, to a folder <time>-<hash> below base, and returns the folder. It appears
// there whole.
func (r *Run) Save(base string, files map[string][]byte) (string, error) {
	hash, record, err := r.hash()
	if err != nil {
		return "", err
	}
	all := map[string][]byte{"run.json": record}
	for name, b := range files {
		all[name] = b
	}
	if r.Detail != nil {
		if all["detail.json"], err = json.Marshal(r.Detail); err != nil {
			return "", err
		}
	}
	if all["times.json"], err = json.Marshal(r.Times); err != nil {
		return "", err
	}
	root := filepath.Join(base, Folder)
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	ignore := filepath.Join(root, ".gitignore")
	if _, err := os.Stat(ignore); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("times.json\n.new-*\n"), 0o644); err != nil {
			return "", err
		}
	}
	folder, err := scratch.New(root, ".new-")
	if err != nil {
		return "", err
	}
	defer folder.Close()
	tmp := filepath.Join(folder.Dir, "run")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return "", err
	}
	for name, b := range all {
		if err := os.WriteFile(filepath.Join(tmp, name), b, 0o644); err != nil {
			return "", err
		}
	}
	for at := r.Times.Start; ; at = at.Add(time.Second) { // two runs of the same inputs within a second
		dir := filepath.Join(root, at.UTC().Format(stamp)+"-"+hash)
		err := os.Rename(tmp, dir)
		if err == nil {
			return dir, nil
		}
		if _, e := os.Stat(dir); e != nil {
			return "", err
		}
	}
}

// Open reads a run.
func Open(dir string) (*Run, error) {
	r := &Run{Dir: dir, Detail: &Detail{}}
	for _, f := range []struct {
		name     string
		to       any
		required bool
	}{{"run.json", r, true}, {"times.json", &r.Times, false}, {"detail.json", r.Detail, false}} {
		b, err := regular.Read(filepath.Join(dir, f.name), maxFile)
		if errors.Is(err, fs.ErrNotExist) && !f.required {
			continue
		}
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return nil, fmt.Errorf("%s is no run: it has no %s; nngen runs lists them", dir, f.name)
		}
		if err == nil {
			err = json.Unmarshal(b, f.to)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, f.name), err)
		}
	}
	for name, to := range map[string]*string{"spec.yaml": &r.Text, "architecture.svg": &r.Drawing} {
		if b, err := regular.Read(filepath.Join(dir, name), maxFile); err == nil {
			*to = string(b)
		}
	}
	h, err := ReadHistory(filepath.Join(dir, "history.jsonl"))
	if err != nil {
		return nil, err
	}
	r.History = *h
	return r, nil
}

// List returns the folders of the runs below base, the oldest first; of one network if name is not "".
func List(base, name string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(base, Folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range entries {
		dir := filepath.Join(base, Folder, e.Name())
		if !e.IsDir() || !folderName.MatchString(e.Name()) {
			continue
		}
		if name != "" {
			r := &Run{} // histories, which may be long, are not looked at
			b, err := regular.Read(filepath.Join(dir, "run.json"), maxFile)
			if err != nil || json.Unmarshal(b, r) != nil || r.Name != name {
				continue
			}
		}
		list = append(list, dir)
	}
	slices.Sort(list)
	return list, nil
}

// Prune removes the oldest runs of a network below base until no more than keep are left, and returns those removed.
// The run in the folder latest, if it is not "", is none of them though it be named as the oldest: the clock that names
// runs may have been put back.
func Prune(base, name string, keep int, latest string) ([]string, error) {
	list, err := List(base, name)
	if err != nil || len(list) <= keep {
		return nil, err
	}
	if i := slices.Index(list, latest); i >= 0 && keep > 0 {
		list = append(slices.Delete(list, i, i+1), latest)
	}
	gone := list[:len(list)-keep]
	for _, dir := range gone {
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
	}
	return gone, nil
}
