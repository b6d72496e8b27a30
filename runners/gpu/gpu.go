// Package gpu reads what is known of the machine's NVIDIA GPUs: name, driver,
// memory, modes and limits, as the driver's own tool tells them. Without a
// driver there are no facts, and a reason; a fact that a GPU does not offer is
// nil, never 0.
//
//	report, err := gpu.Read(ctx)
//	switch {
//	case errors.Is(err, gpu.ErrNoDriver): // a machine without NVIDIA GPUs
//	case err != nil:                      // a driver that does not answer
//	}
//	for _, g := range report.GPUs { fmt.Println(g.Name, *g.MemoryTotal) }
package gpu

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// ErrNoDriver means that nvidia-smi, which comes with the driver, is not here.
var ErrNoDriver = errors.New("no NVIDIA driver: nvidia-smi is not on PATH")

// Report is the state of all GPUs at one time.
type Report struct {
	Driver *string // driver version
	CUDA   *string // CUDA version that the driver supports
	GPUs   []GPU
}

// GPU is one device. Memory is in MiB, power in W, clocks in MHz, temperature
// in °C.
type GPU struct {
	Name, UUID  string
	MemoryTotal *float64
	MemoryUsed  *float64
	ECC         *bool
	MIG         *bool
	PowerLimit  *float64
	ClockSM     *float64
	Temperature *float64
	Throttling  []string // reasons why clocks are lowered now
	Processes   int      // compute processes that hold memory
}

// Read asks nvidia-smi -q -x. It takes at most ten seconds.
func Read(ctx context.Context) (Report, error) {
	tool, err := exec.LookPath("nvidia-smi")
	if err != nil {
		return Report{}, ErrNoDriver
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, tool, "-q", "-x")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return Report{}, fmt.Errorf("run nvidia-smi -q -x: %w: %s", err, strings.TrimSpace(stderr.String()+" "+string(out)))
	}
	return Parse(out)
}

// smi is the part of the tool's output that is read.
type smi struct {
	Driver string `xml:"driver_version"`
	CUDA   string `xml:"cuda_version"`
	GPUs   []struct {
		Name   string `xml:"product_name"`
		UUID   string `xml:"uuid"`
		MIG    string `xml:"mig_mode>current_mig"`
		ECC    string `xml:"ecc_mode>current_ecc"`
		Total  string `xml:"fb_memory_usage>total"`
		Used   string `xml:"fb_memory_usage>used"`
		Temp   string `xml:"temperature>gpu_temp"`
		Clock  string `xml:"clocks>sm_clock"`
		Limit  string `xml:"gpu_power_readings>current_power_limit"`
		Limit2 string `xml:"power_readings>power_limit"`
		Why    struct {
			All []struct {
				XMLName xml.Name
				Text    string `xml:",chardata"`
			} `xml:",any"`
		} `xml:"clocks_event_reasons"`
		Why2 struct {
			All []struct {
				XMLName xml.Name
				Text    string `xml:",chardata"`
			} `xml:",any"`
		} `xml:"clocks_throttle_reasons"`
		Processes []struct {
			Type string `xml:"type"`
		} `xml:"processes>process_info"`
	} `xml:"gpu"`
}

// Parse reads the output of nvidia-smi -q -x, of drivers old (power_readings,
// clocks_throttle_reasons) and new.
func Parse(out []byte) (Report, error) {
	var s smi
	if err := xml.Unmarshal(out, &s); err != nil {
		return Report{}, fmt.Errorf("read the output of nvidia-smi: %w", err)
	}
	r := Report{Driver: text(s.Driver), CUDA: text(s.CUDA)}
	for _, g := range s.GPUs {
		d := GPU{Name: strings.TrimSpace(g.Name), UUID: strings.TrimSpace(g.UUID),
			MemoryTotal: number(g.Total), MemoryUsed: number(g.Used), ECC: mode(g.ECC), MIG: mode(g.MIG),
			PowerLimit: number(g.Limit), ClockSM: number(g.Clock), Temperature: number(g.Temp)}
		if d.PowerLimit == nil {
			d.PowerLimit = number(g.Limit2)
		}
		for _, why := range append(g.Why.All, g.Why2.All...) {
			name := why.XMLName.Local
			if strings.TrimSpace(why.Text) == "Active" && !strings.HasSuffix(name, "_idle") {
				d.Throttling = append(d.Throttling, strings.TrimPrefix(strings.TrimPrefix(name, "clocks_event_reason_"), "clocks_throttle_reason_"))
			}
		}
		for _, p := range g.Processes {
			if strings.Contains(p.Type, "C") {
				d.Processes++
			}
		}
		r.GPUs = append(r.GPUs, d)
	}
	return r, nil
}

// text is nil for what the driver does not tell.
func text(s string) *string {
	s = strings.TrimSpace(s)
	if s == "" || s == "N/A" || strings.HasPrefix(s, "[") {
		return nil
	}
	return &s
}

// number reads "81559 MiB", "700.00 W" and their like.
func number(s string) *float64 {
	v, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	f, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return nil
	}
	return &f
}

func mode(s string) *bool {
	switch strings.TrimSpace(s) {
	case "Enabled":
		return new(true)
	case "Disabled":
		return new(false)
	}
	return nil
}
