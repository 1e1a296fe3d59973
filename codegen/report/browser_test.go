package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/runs"
)

// probe is what a browser makes of a page.
type probe struct {
	Wide    int      // pixels by which the page is wider than the window
	Broken  []string // images that are none
	Clipped []string // texts of drawings that reach beyond them
	Empty   []string // figures without an extent
	Shown   int      // drawings
}

// probing is a script that replaces the page by what was found on it.
const probing = `<script>
addEventListener("load", () => {
	const found = {Wide: document.documentElement.scrollWidth - innerWidth, Broken: [], Clipped: [], Empty: [], Shown: 0};
	for (const i of document.images) if (!i.naturalWidth) found.Broken.push(i.alt);
	for (const f of document.querySelectorAll("figure")) {
		const r = f.getBoundingClientRect();
		if (r.width < 20 || r.height < 20) found.Empty.push(f.textContent);
	}
	for (const s of document.querySelectorAll("svg")) {
		found.Shown++;
		const r = s.getBoundingClientRect();
		for (const t of s.querySelectorAll("text")) {
			const q = t.getBoundingClientRect();
			if (q.left < r.left - 1 || q.right > r.right + 1 || q.top < r.top - 1 || q.bottom > r.bottom + 1)
				found.Clipped.push(t.textContent);
		}
	}
	for (const e of document.querySelectorAll(innerWidth > 1000 ? ".scroll, pre" : "pre"))
		if (e.scrollWidth > e.clientWidth) found.Clipped.push(e.className + e.textContent.slice(0, 40));
	document.body.innerHTML = "<pre id=probe></pre>";
	document.getElementById("probe").textContent = JSON.stringify(found);
});
</script>`

// TestTheReportInABrowser opens reports in a headless browser, wide and narrow: all that is drawn has its room. In
// light and in dark the pictures have another ground.
func TestTheReportInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium")
	}
	small, big := example(), example()
	small.Drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><rect width="90" height="30"/></svg>`
	big.Drawing = small.Drawing
	for _, name := range []string{"average_precision", "balanced_accuracy", "calibration_error", "f1", "log_loss", "mcc",
		"loss", "precision", "recall", "top_2", "top_3", "top_5"} {
		big.TestMetrics[name] = 0.9876
	}
	big.Text += strings.Repeat("# a line of the spec that is long", 9)
	for i, v := range []float64{1e12, 1e-6, 3e5} {
		e := big.History.At(i)
		for k, name := range e.Names {
			if name == "loss" || name == "val_accuracy" {
				e.Values[k] = v
			}
		}
	}
	page, err := HTML([]*runs.Run{small, big})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	browse := func(page []byte, args ...string) (stdout, stderr string) {
		file := filepath.Join(dir, "report.html")
		if err := os.WriteFile(file, page, 0o644); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c := exec.CommandContext(ctx, chromium,
			append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
				"--disable-dev-shm-usage", "--hide-scrollbars", "--enable-logging=stderr",
				"--user-data-dir=" + filepath.Join(dir, "user")},
				append(args, "file://"+file)...)...)
		var out, log bytes.Buffer
		c.Stdout, c.Stderr = &out, &log
		if err := c.Run(); err != nil {
			t.Fatalf("%v: %s", err, log.String())
		}
		return out.String(), log.String()
	}
	for _, width := range []int{500, 1300} {
		dom, log := browse(bytes.Replace(page, []byte("</body>"), []byte(probing+"</body>"), 1),
			"--dump-dom", fmt.Sprintf("--window-size=%d,900", width))
		if strings.Contains(log, "CONSOLE") {
			t.Errorf("%d pixels: the console says %s", width, log)
		}
		m := regexp.MustCompile(`(?s)<pre id="probe">(.*?)</pre>`).FindStringSubmatch(dom)
		if m == nil {
			t.Fatalf("%d pixels: the page did not load: %.500s", width, dom)
		}
		var p probe
		if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &p); err != nil {
			t.Fatal(err)
		}
		if p.Wide > 0 || len(p.Broken)+len(p.Clipped)+len(p.Empty) > 0 || p.Shown < 10 {
			t.Errorf("%d pixels: %+v", width, p)
		}
	}
	light, dark := ground(t, browse, page, 1), ground(t, browse, page, 0)
	if light < 0.9 || dark > 0.2 {
		t.Errorf("the ground has brightness %.2f in light, and %.2f in dark", light, dark)
	}
}

// ground returns the brightness of the ground of a page in a color scheme: 0 dark, 1 light. A screenshot is kept where
// NNGEN_SCREENSHOTS says.
func ground(t *testing.T, browse func(page []byte, args ...string) (string, string), page []byte, scheme int) float64 {
	file := filepath.Join(t.TempDir(), "screen.png")
	if keep := os.Getenv("NNGEN_SCREENSHOTS"); keep != "" {
		file = filepath.Join(keep, fmt.Sprintf("report%d.png", scheme))
	}
	browse(page, "--screenshot="+file, "--window-size=1200,2600",
		fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme))
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r, g, bl, _ := img.At(2, 2).RGBA()
	return float64(r+g+bl) / (3 * math.MaxUint16)
}
