package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// maxMixed bounds an axis that a matrix of numbers mixes: the layer holds the whole matrix.
const maxMixed = 1024

// alongAxis multiplies x along one axis by a matrix, of a row for each element that is read and a column for each that
// is given, and adds a constant to each; nil for none. It becomes a dense layer that no training changes.
func (im *importer) alongAxis(n *Node, x *value, k int, matrix, bias *array) (*value, error) {
	if slices.ContainsFunc(x.axes[k], func(a *atom) bool { return a.batch }) {
		return nil, fmt.Errorf("axis %d of %s is that of the examples, which a network treats apart", k, x.axes)
	}
	if err := mixed(k, matrix.dims...); err != nil {
		return nil, err
	}
	last := len(x.axes) - 1
	swapped := func(v *value) *value {
		y := *v
		y.axes = slices.Clone(v.axes)
		y.axes[k], y.axes[last] = y.axes[last], y.axes[k]
		return &y
	}
	y, err := im.dense(n, swapped(x), matrix, bias)
	if err != nil {
		return nil, err
	}
	y.layer.set("trainable", false)
	return swapped(y), nil
}

// mixed is an error if an axis has too many elements, before or behind it, for a matrix.
func mixed(k int, sizes ...int) error {
	if most := slices.Max(sizes); most > maxMixed {
		return fmt.Errorf("%d elements along axis %d: at most %d, for which a layer holds a matrix", most, k, maxMixed)
	}
	return nil
}

// picking returns the matrix that gives, along an axis of some size, the elements at places; nothing at those below 0.
func picking(size int, places []int) *array {
	m := &array{dims: []int{size, len(places)}, data: make([]float64, size*len(places))}
	for to, from := range places {
		if from >= 0 {
			m.data[from*len(places)+to] = 1
		}
	}
	return m
}

// continued pads with copies of what is inside: mode edge repeats the outermost element, reflect mirrors at it, and
// wrap goes on with the other end. Negative pads cut off first, as in ONNX Runtime.
func (im *importer) continued(n *Node, x *value, mode string, pads []int) (*value, error) {
	rank := len(x.axes)
	for k, size := range x.axes.extents() {
		before, after := pads[k], pads[rank+k]
		if before == 0 && after == 0 {
			continue
		}
		if before > maxMixed || after > maxMixed || size+before+after < 1 {
			return nil, fmt.Errorf("pads of %d and %d for an axis of %d", before, after, size)
		}
		if err := mixed(k, size, size+before+after); err != nil {
			return nil, err
		}
		places := make([]int, size+before+after)
		first := max(0, -before)
		left := size - first - max(0, -after) // what is not cut off
		if left < 1 {
			return nil, fmt.Errorf("pads of %d and %d leave nothing of an axis of %d", before, after, size)
		}
		for i := range places {
			at := i - max(0, before)
			switch mode {
			case "edge":
				at = min(max(at, 0), left-1)
			case "wrap":
				at = (at%left + left) % left
			case "reflect":
				// A period goes there and back: 0 1 2 3 2 1.
				period := max(2*left-2, 1)
				at = (at%period + period) % period
				at = min(at, period-at)
			default:
				return nil, blame("mode", "mode %q: constant, edge, reflect and wrap are imported", mode)
			}
			places[i] = first + at
		}
		var err error
		if x, err = im.alongAxis(n, x, k, picking(size, places), nil); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// padded puts zeros along any axes.
func (im *importer) padded(n *Node, x *value, pads []int) (*value, error) {
	rank := len(x.axes)
	for k, size := range x.axes.extents() {
		before, after := pads[k], pads[rank+k]
		if before == 0 && after == 0 {
			continue
		}
		if before > maxMixed || after > maxMixed {
			return nil, fmt.Errorf("pads of %d and %d for an axis of %d", before, after, size)
		}
		if err := mixed(k, size+before+after); err != nil {
			return nil, err
		}
		places := slices.Repeat([]int{-1}, size+before+after)
		for i := range size {
			places[before+i] = i
		}
		var err error
		if x, err = im.alongAxis(n, x, k, picking(size, places), nil); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// A resizing says where each element of a resized axis lies on the axis before.
//
// Source: ONNX, Operators, Resize.
type resizing struct {
	mode, places, nearest string
	antialias, exclude    bool
	cubic                 float64    // the a of Keys' kernel
	roi                   [2]float64 // what tf_crop_and_resize takes, as fractions
	extrapolation         float64
	from, to              int
	scale                 float64
	bySize                bool // whether scale follows from to
	whole                 bool // whether corners are aligned by to, where scale gives no whole number
}

// place returns where element i of the resized axis lies, and whether that is inside where that matters.
func (r *resizing) place(i int) (at float64, inside bool) {
	// The length as the scale gives it, which may be no whole number.
	length, last := r.scale*float64(r.from), float64(r.from-1)
	x := float64(i)
	switch r.places {
	case "align_corners":
		if r.whole {
			length = float64(r.to)
		}
		if length == 1 {
			return 0, true
		}
		return r.rounded(x * last / (length - 1)), true
	case "asymmetric":
		return r.rounded(x / r.scale), true
	case "pytorch_half_pixel":
		if r.to == 1 {
			return 0, true
		}
	case "half_pixel_symmetric":
		offset := float64(r.from) / 2 * (1 - float64(r.to)/length)
		return offset + r.rounded((x+0.5)/r.scale) - 0.5, true
	case "tf_crop_and_resize":
		at = (r.roi[1] - r.roi[0]) * last
		if length == 1 {
			at /= 2
		} else {
			at *= x / (length - 1)
		}
		at += r.roi[0] * last
		return at, at >= 0 && at <= last
	}
	return r.rounded((x+0.5)/r.scale) - 0.5, true
}

// rounded rounds a place to float32 where it chooses one element, as runtimes do that divide so: of 3/0.3 it is 10,
// though 0.3 is a little more in float32, and by 9.9999996 another element would be chosen.
func (r *resizing) rounded(at float64) float64 {
	if r.mode != "nearest" {
		return at
	}
	return float64(float32(at))
}

// kernel returns the weight of an element at a distance.
func (r *resizing) kernel(distance float64) float64 {
	d := math.Abs(distance)
	if r.mode == "linear" {
		return max(0, 1-d)
	}
	// Source: Keys, Cubic convolution interpolation for digital image processing, 1981, equation 4.
	a := r.cubic
	switch {
	case d <= 1:
		return ((a+2)*d-(a+3))*d*d + 1
	case d < 2:
		return ((a*d-5*a)*d+8*a)*d - 4*a
	}
	return 0
}

// taps returns the elements that one at a place is made of, first to last, and their weights.
func (r *resizing) taps(at float64) (first int, weights []float64) {
	left := int(math.Ceil(at)) - 1 // so the ratio is in (0, 1]
	ratio := at - float64(left)
	if r.mode == "nearest" {
		right := map[string]bool{"floor": ratio == 1, "ceil": true, "round_prefer_floor": ratio > 0.5,
			"round_prefer_ceil": ratio >= 0.5}[r.nearest]
		return left + int(truth(right)), []float64{1}
	}
	stretch := 1.0
	if r.antialias {
		stretch = min(r.scale, 1)
	}
	reach := 1.0
	if r.mode == "cubic" {
		reach = 2
	}
	start := int(math.Floor(-reach/stretch)) + 1
	for i := start; i < 2-start; i++ {
		weights = append(weights, r.kernel(stretch*(float64(i)-ratio)))
	}
	return left + start, weights
}

// matrix returns what makes the resized axis of the one before, and what is added to each of its elements, nil for
// nothing.
func (r *resizing) matrix() (m, bias *array) {
	m = &array{dims: []int{r.from, r.to}, data: make([]float64, r.from*r.to)}
	for i := range r.to {
		at, inside := r.place(i)
		if !inside {
			if bias == nil {
				bias = &array{dims: []int{r.to}, data: make([]float64, r.to)}
			}
			bias.data[i] = r.extrapolation
			continue
		}
		first, weights := r.taps(at)
		var sum float64
		for k := range weights {
			if r.exclude && (first+k < 0 || first+k >= r.from) {
				weights[k] = 0
			}
			sum += weights[k]
		}
		for k, w := range weights {
			if r.antialias || r.exclude {
				w /= sum
			}
			m.data[min(max(first+k, 0), r.from-1)*r.to+i] += w
		}
	}
	return m, bias
}

// identity tells whether the axis stays as it is.
func (r *resizing) identity() bool {
	return r.from == r.to && r.scale == 1 && r.places != "tf_crop_and_resize"
}

// resize enlarges images by whole factors, by a layer for that where it fits; all else is a product with the weights of
// the interpolation, axis by axis.
func resize(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	axes, err := resizedAxes(im, n, in, x.axes)
	if err != nil {
		return nil, err
	}
	if y, err := im.upSampled(n, x, axes); y != nil || err != nil {
		return one(y, err)
	}
	for k, r := range axes {
		if r.identity() {
			continue
		}
		if max(r.from, r.to) > maxMixed {
			return nil,
				fmt.Errorf("an axis of %d is resized to %d: at most %d, but for whole factors, nearest or linear by half_pixel",
					r.from, r.to, maxMixed)
		}
		matrix, bias := r.matrix()
		if x, err = im.alongAxis(n, x, k, matrix, bias); err != nil {
			return nil, err
		}
	}
	return one(x, nil)
}

// upSampled returns the enlarged image of up_sampling; nil if that does something else.
func (im *importer) upSampled(n *Node, x *value, all []resizing) (*value, error) {
	if len(all) != 3 && len(all) != 4 || !all[0].identity() || !all[1].identity() || im.channelAt(x) > 1 {
		return nil, nil
	}
	var factors, out []int
	for _, r := range all[2:] {
		if r.scale != math.Trunc(r.scale) || r.scale < 1 || r.from*int(r.scale) != r.to {
			return nil, nil
		}
		factors, out = append(factors, int(r.scale)), append(out, r.to)
	}
	// Without antialias and exclude_outside, or where there are no pixels outside, all is as up_sampling defines it.
	r := all[2]
	centred := r.places == "half_pixel" || r.places == "pytorch_half_pixel" && slices.Min(out) > 1 ||
		r.places == "half_pixel_symmetric"
	switch {
	case slices.Max(factors) == 1:
		return nil, nil
	case r.mode == "nearest" && nearestIsBlock(factors, r.places, r.nearest):
	case r.mode == "linear" && centred && !r.exclude:
	default:
		return nil, nil
	}
	x, err := im.imaged(n, x)
	if err != nil {
		return nil, err
	}
	l := im.add(n, fmt.Sprintf("up_sampling%dd", len(factors)), x.layer)
	l.set("size", short(factors))
	if r.mode == "linear" {
		l.set("interpolation", "bilinear")
	}
	y := image(l, x.axes[0], all[1].to, out)
	y.positive = x.positive
	return y, nil
}

// nearestIsBlock tells whether the nearest pixel is that whose block, of factor pixels, an enlarged one lies in: for
// pixel i the place is (i + ½)/f − ½, or i/f where places are asymmetric.
func nearestIsBlock(factors []int, places, nearest string) bool {
	for _, f := range factors {
		r := resizing{mode: "nearest", places: places, nearest: nearest, from: 4, to: 4 * f, scale: float64(f)}
		if places == "align_corners" || places == "tf_crop_and_resize" {
			return false
		}
		// Two blocks inside the image show what each pixel of a block takes.
		for i := f; i < 3*f; i++ {
			at, _ := r.place(i)
			if first, _ := r.taps(at); first != i/f {
				return false
			}
		}
	}
	return true
}

// resizedAxes returns what becomes of each axis, from scales or sizes.
func resizedAxes(im *importer, n *Node, in []*value, x axes) ([]resizing, error) {
	dims := x.extents()
	r := resizing{mode: n.word("mode", "nearest"), places: n.word("coordinate_transformation_mode", "half_pixel"),
		nearest:   n.word("nearest_mode", "round_prefer_floor"),
		antialias: n.int("antialias", 0) != 0, exclude: n.int("exclude_outside", 0) != 0,
		cubic: n.float("cubic_coeff_a", -0.75), roi: [2]float64{0, 1}, extrapolation: n.float("extrapolation_value", 0)}
	// Before opset 11 places are asymmetric, and there is no nearest_mode.
	if im.opset(n) < 11 {
		r.places, r.nearest = "asymmetric", "floor"
		im.remarkAsymmetric(n)
	}
	if r.mode == "bilinear" { // of Upsample in opset 7
		r.mode = "linear"
	}
	for attribute, word := range map[string]struct {
		is    string
		known []string
	}{
		"mode":         {r.mode, []string{"nearest", "linear", "cubic"}},
		"nearest_mode": {r.nearest, []string{"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"}},
		"coordinate_transformation_mode": {r.places, []string{"half_pixel",
			"half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"}},
	} {
		if !slices.Contains(word.known, word.is) {
			return nil, blame(attribute, "%s %q is none of %v", attribute, word.is, word.known)
		}
	}
	all := make([]resizing, len(dims))
	for k, d := range dims {
		all[k] = r
		all[k].from, all[k].to, all[k].scale = d, d, 1
	}
	var which []int // since opset 18 the numbers may be those of some axes only, in any order
	for _, a := range n.ints("axes") {
		k, err := axis(a, len(dims))
		if err != nil || slices.Contains(which, k) {
			return nil, blame("axes", "axes %v of %d", n.ints("axes"), len(dims))
		}
		which = append(which, k)
	}
	if n.attr("axes") == nil {
		for k := range dims {
			which = append(which, k)
		}
	}
	if err := resizedTo(n, in, all, which); err != nil {
		return nil, err
	}
	for k := range all {
		if im.opset(n) < 11 && all[k].scale < 1 { // as ONNX Runtime reads what the operator leaves open
			all[k].nearest = "ceil"
		}
		if slices.ContainsFunc(x[k], func(a *atom) bool { return a.batch }) && all[k].bySize {
			all[k].to, all[k].scale = dims[k], 1 // as many examples as there are, whatever number stands for them
		}
	}
	if r.places == "align_corners" {
		im.alignCorners(n, all)
	}
	if r.places != "tf_crop_and_resize" {
		return all, nil
	}
	roi, err := needed(in, 1, "roi", 1)
	if err != nil {
		return nil, err
	}
	if len(roi.data) != 2*len(which) {
		return nil, fmt.Errorf("%d numbers of roi for %d axes", len(roi.data), len(which))
	}
	for i, k := range which {
		all[k].roi = [2]float64{roi.data[i], roi.data[len(which)+i]}
	}
	for k := range all {
		if all[k].scale == 1 && all[k].roi == [2]float64{0, 1} {
			all[k].places = "half_pixel" // the same where nothing is cropped or resized
		}
	}
	return all, nil
}

// alignCorners decides where corners lie if scales give lengths that are no whole numbers. The operator has the length
// before it is cut, as a test of ONNX holds; ONNX Runtime has the one after it, as PyTorch, which writes its modules for
// that.
func (im *importer) alignCorners(n *Node, all []resizing) {
	for k := range all {
		r := &all[k]
		if length := r.scale * float64(r.from); r.bySize || length-float64(r.to) < 1e-5*length {
			continue
		}
		if r.whole = im.model.Producer == "pytorch"; !r.whole {
			im.remark(fmt.Sprintf("%s aligns the corners of an axis of %d by a scale of %g: by the operator its length is %g "+
				"there, which ONNX Runtime takes for %d, and gives other numbers; export it with sizes in place of scales",
				n, r.from, r.scale, r.scale*float64(r.from), r.to))
		}
	}
}

// remarkAsymmetric tells of a linear resizing in an opset that knows no centres of pixels.
func (im *importer) remarkAsymmetric(n *Node) {
	if mode := n.word("mode", "nearest"); mode != "nearest" {
		im.remark(fmt.Sprintf("%s resizes by pixels' corners, as opset %d does and every runtime with it: "+
			"PyTorch's modules go by their centres unless align_corners is set, and give other numbers; "+
			"export with opset 11 or later", n, im.opset(n)))
	}
}

// resizedTo sets the scales and lengths of some axes.
func resizedTo(n *Node, in []*value, all []resizing, which []int) error {
	at := 2
	if len(in) == 2 || n.Op == "Upsample" {
		at = 1
	}
	scales, err := constantIn(in, at, "scales")
	if err != nil {
		return err
	}
	sizes, err := constantIn(in, 3, "sizes")
	if err != nil {
		return err
	}
	if sizes == nil && at == 1 && scales != nil && scales.whole { // a list of sizes without the inputs before it
		sizes, scales = scales, nil
	}
	numbers := n.attr("scales")
	switch {
	case sizes != nil && len(sizes.data) == len(which):
		return resizedToSizes(n.word("keep_aspect_ratio_policy", "stretch"), sizes.data, all, which)
	case scales != nil && len(scales.data) == len(which):
		for i, k := range which {
			all[k].scale = scales.data[i]
		}
	case numbers != nil && len(numbers.Floats) == len(all):
		for k, v := range numbers.Floats {
			all[k].scale = v
		}
	default:
		return errors.New("neither scales nor sizes are known")
	}
	for k, r := range all {
		to := math.Floor(float64(float32(r.scale * float64(r.from)))) // 7 of 10 for 0.7, a little less in float32
		if !(to >= 1 && to <= maxValue) || n.Op == "Upsample" && r.scale < 1 {
			return fmt.Errorf("an axis of %d is resized by %g", r.from, r.scale)
		}
		all[k].to = int(to)
	}
	return nil
}

// resizedToSizes sets the lengths of some axes, and scales that follow from them; policy says which one counts where
// the aspect stays.
func resizedToSizes(policy string, sizes []float64, all []resizing, which []int) error {
	var least, most float64
	for i, k := range which {
		r := &all[k]
		if !(sizes[i] >= 1 && sizes[i] <= maxValue) {
			return fmt.Errorf("an axis of %d is resized to %g", r.from, sizes[i])
		}
		r.to, r.scale, r.bySize = int(sizes[i]), sizes[i]/float64(r.from), true
		if least = min(least, r.scale); i == 0 {
			least = r.scale
		}
		most = max(most, r.scale)
	}
	switch policy {
	case "stretch":
		return nil
	case "not_larger":
	case "not_smaller":
		least = most
	default:
		return blame("keep_aspect_ratio_policy", "keep_aspect_ratio_policy %q is none of stretch, not_larger, not_smaller",
			policy)
	}
	for _, k := range which {
		all[k].scale, all[k].to = least, int(math.Floor(least*float64(all[k].from)+0.5))
	}
	return nil
}
