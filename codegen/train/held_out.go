package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Keys of the metadata of weights that say which examples of the training data were not trained on: their checksum, and
// what in the spec chose them.
const (
	testKey  = "test"
	splitKey = "split"
	// of a validation set that a split holds out, its checksum, and what in the spec chose it: see judgesValidation
	validationKey      = "validation"
	validationSplitKey = "validation_split"
	// why weights that a training began with may have learned from its test rows; not there if they have not
	seenKey = "test_may_be_seen"
	// the checksums, as of brief, of the files that were trained on, also by the weights that the training began with
	learnedKey = "learned"
	// the split where the data has none
	noSplit = "no test_split"
)

// brief shortens the checksum of a file to as much as tells it from others.
func brief(sum string) string { return sum[:min(len(sum), 32)] }

// learned returns what the metadata of weights say of the files that they learned from.
func learned(meta map[string]string) []string { return strings.Fields(meta[learnedKey]) }

// learnedAny tells whether weights learned from a file with one of some checksums.
func learnedAny(meta map[string]string, sums project.EndedSums) bool {
	return slices.ContainsFunc(sums.All(), func(sum string) bool { return slices.Contains(learned(meta), brief(sum)) })
}

// onlyOf tells whether a file with one of some checksums is the one, of that name, that weights learned from.
func onlyOf(meta map[string]string, name string, sums project.EndedSums) bool {
	return slices.ContainsFunc(sums.All(), func(sum string) bool {
		return dataSum(map[string]string{name: sum}) == meta[dataKey]
	})
}

// heldOut returns what weights say of the sets that splits held out of the training data, or that none was.
func heldOut(network *net.Net, test, validation fit.Set) map[string]string {
	s := network.Spec
	meta := map[string]string{splitKey: splitOf(s)}
	if splitsTest(s) && test.N > 0 {
		meta[testKey] = checksum(test)
	}
	if splitsValidation(s) && validation.N > 0 && judgesValidation(network, test) {
		meta[validationKey], meta[validationSplitKey] = checksum(validation), validationOf(s)
	}
	return meta
}

// judgesValidation tells whether what follows a training, as its quantisation, measures on its validation set, or fits
// something to it: there is no test set, or an output has intervals.
func judgesValidation(network *net.Net, test fit.Set) bool {
	return test.N == 0 || slices.ContainsFunc(network.Outputs, func(o *net.Output) bool { return o.Radius != nil })
}

// splitsValidation tells whether the validation set is a part of the training data.
func splitsValidation(s *spec.Spec) bool {
	return s.Data != nil && s.Data.Validation == nil && s.Training.ValidationSplit > 0
}

// validationOf says what in a spec chooses the rows of the validation set.
func validationOf(s *spec.Spec) string {
	text := fmt.Sprintf("seed: %d", s.Training.Seed)
	if splitsTest(s) {
		text = splitOf(s)
	} else if s.Data.Stratify {
		text += ", stratify: true"
	}
	return fmt.Sprintf("%s, validation_split: %g", text, s.Training.ValidationSplit)
}

// splitsTest tells whether the test set is a part of the training data.
func splitsTest(s *spec.Spec) bool {
	return s.Data != nil && s.Data.Test == nil && s.Data.TestSplit > 0
}

// splitOf says what in a spec chooses the rows of the test set.
func splitOf(s *spec.Spec) string {
	if !splitsTest(s) {
		return noSplit
	}
	stratify := ""
	if s.Data.Stratify {
		stratify = ", stratify: true"
	}
	return fmt.Sprintf("seed: %d, test_split: %g%s", s.Training.Seed, s.Data.TestSplit, stratify)
}

// checksum returns one of the examples of a set, in their order: the same examples have the same, since what encodes
// them came with the weights.
func checksum(s fit.Set) string {
	h := sha256.New()
	var buffer [1 << 12]byte
	for _, xs := range [][][]float32{s.X, s.Y} {
		for _, x := range xs {
			for len(x) > 0 {
				n := min(len(x), len(buffer)/4)
				for i, v := range x[:n] {
					binary.LittleEndian.PutUint32(buffer[4*i:], math.Float32bits(v))
				}
				h.Write(buffer[:4*n])
				x = x[n:]
			}
		}
	}
	return fmt.Sprintf("%d %s", s.N, hex.EncodeToString(h.Sum(nil)[:16]))
}

// checkTest is an error if the test set that a split holds out is not that of the training, so that some of its
// examples may have been trained on; way is one beside training again. It is nil where the weights do not say.
func (t *trained) checkTest(p *project.Project, test fit.Set, way string) error {
	changed, err := changedRows(p, t.meta, test)
	if changed == "" || err != nil {
		return err
	}
	return fmt.Errorf("%s: the test rows are not those that the training left out, and it may have learned from them, "+
		"since this has changed: %s; %s, or train again: %s train %[1]s", p.Spec.File,
		changed, way, project.Command())
}

// checkValidation is checkTest for the validation set.
func (t *trained) checkValidation(p *project.Project, validation fit.Set, way string) error {
	changed, err := changedValidation(p, t.meta, validation)
	if changed == "" || err != nil {
		return err
	}
	return fmt.Errorf("%s: the validation rows are not those that the training left out, and it may have learned from them, "+
		"since this has changed: %s; %s, or train again: %s train %[1]s", p.Spec.File,
		changed, way, project.Command())
}

// changedValidation is changedRows for the validation set. Weights of an older nngen say the data alone.
func changedValidation(p *project.Project, meta map[string]string, validation fit.Set) (string, error) {
	known := meta[validationKey]
	if !splitsValidation(p.Spec) || known == "" && meta[dataKey] == "" || known == checksum(validation) {
		return "", nil
	}
	was, is := meta[validationSplitKey], validationOf(p.Spec)
	return whatChanged(p, meta, known, was, is, validation)
}

// unknownValidation says that weights of a training do not tell which rows it left out for validation, as those of an
// older nngen, so that they may be others now; "" if they do, or the spec and the data have not changed since.
func (t *trained) unknownValidation(p *project.Project) string {
	if !splitsValidation(p.Spec) || t.meta[validationKey] != "" || t.meta[dataKey] == "" {
		return ""
	}
	s, err := p.Proof()
	if err == nil && s != nil && filepath.Dir(t.weights) == absolute(p.Dir) && t.sum == s.Digest(output.Weights) {
		if same, err := p.Spec.HasSourceSum(s.Predicate.SpecMeaning); same && err == nil {
			return "" // and of other data changedValidation has told
		}
	}
	return fmt.Sprintf("the weights do not say which rows their training left out for validation, as those of an older nngen "+
		"do not: it may have learned from these; %s train %s has it checked from then on", project.Command(), p.Spec.File)
}

// absolute returns the absolute form of a path; as it is, where there is none.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// changedRows says what has changed since the training of weights with this metadata, so that the test set that a split
// holds out is another now; "" if nothing has, or the weights do not say.
func changedRows(p *project.Project, meta map[string]string, test fit.Set) (string, error) {
	if !splitsTest(p.Spec) || untold(meta) || meta[testKey] == checksum(test) {
		return "", nil
	}
	return whatChanged(p, meta, meta[testKey], meta[splitKey], splitOf(p.Spec), test)
}

// whatChanged says what of data and split has changed since the training of weights with this metadata, whose set held
// out had the checksum known and was chosen by was, where that is said, and is set now, chosen by is; "" if nothing has.
func whatChanged(p *project.Project, meta map[string]string, known, was, is string, set fit.Set) (string, error) {
	sums, err := p.DataSums()
	if err != nil {
		return "", err
	}
	var changed []string
	if meta[dataKey] != "" && meta[dataKey] != dataSum(sums) {
		changed = append(changed, strings.Join(p.DataFiles(), ", "))
	}
	if was != "" && was != is {
		changed = append(changed, fmt.Sprintf("the split, which was by %s and is by %s", was, is))
	}
	if changed == nil && known != "" && !strings.HasPrefix(known, fmt.Sprint(set.N, " ")) {
		changed = append(changed, "what the spec says of rows")
	}
	return strings.Join(changed, ", and "), nil // nothing of the same rows, otherwise encoded
}

// untold tells whether weights do not say what they learned from.
func untold(meta map[string]string) bool { return meta[testKey] == "" && meta[dataKey] == "" }

// mayBeSeen says why the weights that a training begins with, or did before it was resumed, may have learned from the
// test rows that the split holds out now, or that are a file of their own; "" if they have not. What weights say of this
// is handed on: a training does not unlearn.
func (o Options) mayBeSeen(p *project.Project, test fit.Set, past *note) (string, error) {
	if o.Resume && past != nil {
		return past.Seen, nil
	}
	if o.From == "" || test.N == 0 {
		return "", nil
	}
	meta, err := o.fromMeta()
	if err != nil {
		return "", err
	}
	if !splitsTest(p.Spec) {
		return ownTestSeen(p, meta)
	}
	if why := meta[seenKey]; why != "" {
		return why, nil
	}
	if untold(meta) || meta[splitKey] == "" {
		return "their file does not say what they learned from", nil
	}
	changed, err := changedRows(p, meta, test)
	if changed == "" || err != nil {
		return "", err
	}
	return "since their training this has changed: " + changed, nil
}

// fromMeta returns the metadata of the weights that a training begins with; nil if it draws them.
func (o Options) fromMeta() (map[string]string, error) {
	if o.From == "" {
		return nil, nil
	}
	b, err := regular.Read(o.From, project.MaxWeights)
	if err != nil {
		return nil, err
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return nil, err
	}
	return f.Meta, nil
}

// ownTestSeen says that weights with this metadata learned from the file of the test set; "" if they do not say so.
// Those of an older nngen say what one file they learned from by its name too.
func ownTestSeen(p *project.Project, meta map[string]string) (string, error) {
	d := p.Spec.Data
	if d == nil || d.Test == nil || meta[dataKey] == "" {
		return "", nil
	}
	sums, err := project.SumsByEnds(p.At(d.Test.Path))
	if err != nil {
		return "", err
	}
	seen := learnedAny(meta, sums)
	for _, name := range []string{d.Test.Path, path.Base(d.Test.Path), d.Train.Path, path.Base(d.Train.Path)} {
		seen = seen || onlyOf(meta, name, sums)
	}
	if !seen {
		return "", nil
	}
	return "they learned from " + d.Test.Path, nil
}

// testSeen says why the weights that the training of a network began with may have learned from the test rows as they
// are now; "" if they have not.
func (t *trained) testSeen(p *project.Project) (string, error) {
	why := t.meta[seenKey]
	switch {
	case why == "" || splitsTest(p.Spec) != (t.meta[splitKey] != noSplit): // of other rows
		return "", nil
	case splitsTest(p.Spec):
		return why, nil
	}
	return ownTestSeen(p, t.meta)
}

// learn notes what the weights learn from that a training ends with: the file of the spec, and those of the weights
// that it begins with.
func (n *note) learn(p *project.Project, o Options) error {
	meta, err := o.fromMeta()
	if err != nil {
		return err
	}
	n.Learned = append(learned(meta), brief(n.Data[p.Spec.Data.Train.Path]))
	slices.Sort(n.Learned)
	n.Learned = slices.Compact(n.Learned)
	return nil
}

// seenRemark says that the test rows of a split may be among what a network learned from; why is that of mayBeSeen, ""
// for not.
func seenRemark(why string) string {
	if why == "" {
		return ""
	}
	return fmt.Sprintf("the training began with weights that may have learned from these test rows: %s; only rows that they "+
		"have not seen, as of a file named by eval --data, tell how good the network is", why)
}

// markSeen adds that remark to an evaluation on those rows.
func (e *Evaluation) markSeen(why string) {
	if e.Seen = seenRemark(why); e.Seen != "" {
		e.Remarks = append([]string{e.Seen}, e.Remarks...)
	}
}

// ownLearned says of a file that the spec names for testing or validation, if the network learned from it, that it did;
// "" for none.
func (t *trained) ownLearned(p *project.Project, src *spec.Source) (string, error) {
	if src == nil || len(learned(t.meta)) == 0 {
		return "", nil
	}
	sums, err := project.SumsByEnds(p.At(src.Path))
	if err != nil || !learnedAny(t.meta, sums) {
		return "", err
	}
	return fmt.Sprintf("the network learned from %s: how it does on rows that it has seen tells little of others", src.Path),
		nil
}

// learnedFrom says that a file of examples is the one that the network learned from, so that it tells little of rows
// which it has not seen; "" if it is another, byte for byte but for the ends of lines.
func (t *trained) learnedFrom(p *project.Project, file string) (string, error) {
	d := p.Spec.Data
	if d == nil || d.Train == nil {
		return "", nil
	}
	sums, err := project.SumsByEnds(file)
	if err != nil {
		return "", err
	}
	name := d.Train.Path
	known := learnedAny(t.meta, sums)
	// with these weights, or not yet: they may come from elsewhere
	same, of := false, "the spec trains on"
	if names := p.DataFiles(); known || len(names) == 1 && t.meta[dataKey] != "" { // whatever that file holds now
		of = "the network was trained on"
		same = known || onlyOf(t.meta, name, sums)
	} else if now, err := project.SumsByEnds(p.At(name)); err == nil {
		same = now.LF == sums.LF
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if !same {
		return "", nil
	}
	return fmt.Sprintf("%s is what %s: %s", file, of, seenRows(d)), nil
}

// seenRows says what examples that a network was trained on are worth, and which others there are.
func seenRows(d *spec.Data) string {
	text := "how a network does on rows that it has seen tells little of others"
	if d.Test != nil {
		return text + fmt.Sprintf("; without --data it is measured on %s", d.Test.Path)
	} else if d.TestSplit > 0 {
		return text + fmt.Sprintf("; without --data it is measured on the rows that test_split: %g holds out", d.TestSplit)
	}
	return text
}

// seen says how many examples of a file are among those that the spec trains on, inputs and labels alike; "" if they
// are few, or no more than of the rows that are held out, as where a table has few different rows. Where the training
// data cannot be read, as on a machine that it never was on, nothing is said.
func (t *trained) seen(p *project.Project, file string, set fit.Set) string {
	d := p.Spec.Data
	if d == nil || d.Train == nil || set.N == 0 {
		return ""
	}
	sets, err := data.Load(p.Spec, p.Base, t.net, p.Spec.Training.Seed, data.Options{Fitted: t.fitted})
	if err != nil || len(sets.Train.X) != len(set.X) || len(sets.Train.Y) != len(set.Y) {
		return ""
	}
	known := map[uint64]bool{}
	seed := maphash.MakeSeed()
	for i := range sets.Train.N {
		known[hashOf(seed, sets.Train, i)] = true
	}
	again := func(s fit.Set) (n int) {
		for i := range s.N {
			n += bit(known[hashOf(seed, s, i)])
		}
		return n
	}
	n, held, chance := again(set), sets.Validation.N+sets.Test.N, 0.0
	if held > 0 {
		_, chance = stats.Wilson(float64(again(sets.Validation)+again(sets.Test))/float64(held), held)
	} else if len(known) < sets.Train.N/2 {
		return ""
	}
	const few = 0.05 // which may be equal by chance
	share := float64(n) / float64(set.N)
	if low, _ := stats.Wilson(share, set.N); share < few || low <= chance {
		return ""
	}
	return fmt.Sprintf("%s of the %d in %s %s equal to rows that the spec trains on, inputs and labels: %s",
		spec.Count(n, "row"), set.N, file, areOf(n), seenRows(d))
}

// hashOf returns one of the numbers of example i of a set.
func hashOf(seed maphash.Seed, s fit.Set, i int) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	var b [4]byte
	for _, xs := range [][][]float32{s.X, s.Y} {
		for _, x := range xs {
			width := len(x) / s.N
			for _, v := range x[i*width:][:width] {
				binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
				h.Write(b[:])
			}
		}
	}
	return h.Sum64()
}

// areOf is the verb of so many things.
func areOf(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
