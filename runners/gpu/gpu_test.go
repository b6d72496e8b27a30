package gpu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

const newer = `<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
	<driver_version>550.54.15</driver_version>
	<cuda_version>12.4</cuda_version>
	<attached_gpus>1</attached_gpus>
	<gpu id="00000000:01:00.0">
		<product_name>NVIDIA H100 80GB HBM3</product_name>
		<uuid>GPU-1</uuid>
		<mig_mode><current_mig>Disabled</current_mig></mig_mode>
		<ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode>
		<fb_memory_usage><total>81559 MiB</total><used>1234 MiB</used></fb_memory_usage>
		<temperature><gpu_temp>41 C</gpu_temp></temperature>
		<clocks><sm_clock>1980 MHz</sm_clock></clocks>
		<gpu_power_readings><current_power_limit>700.00 W</current_power_limit></gpu_power_readings>
		<clocks_event_reasons>
			<clocks_event_reason_gpu_idle>Active</clocks_event_reason_gpu_idle>
			<clocks_event_reason_sw_power_cap>Active</clocks_event_reason_sw_power_cap>
			<clocks_event_reason_hw_slowdown>Not Active</clocks_event_reason_hw_slowdown>
		</clocks_event_reasons>
		<processes><process_info><type>C</type></process_info><process_info><type>G</type></process_info></processes>
	</gpu>
</nvidia_smi_log>`

func TestParse(t *testing.T) {
	r, err := Parse([]byte(newer))
	if err != nil {
		t.Fatal(err)
	}
	g := r.GPUs[0]
	if *r.Driver != "550.54.15" || *r.CUDA != "12.4" || g.Name != "NVIDIA H100 80GB HBM3" || *g.MemoryTotal != 81559 ||
		*g.PowerLimit != 700 || !*g.ECC || *g.MIG || *g.ClockSM != 1980 || g.Processes != 1 {
		t.Errorf("got %+v", g)
	}
	if len(g.Throttling) != 1 || g.Throttling[0] != "sw_power_cap" {
		t.Errorf("throttling %v: idle is no throttling, the power cap is", g.Throttling)
	}
}

func TestWhatIsNotToldIsNil(t *testing.T) {
	r, err := Parse([]byte(`<nvidia_smi_log><driver_version>N/A</driver_version><gpu><product_name>X</product_name>
		<fb_memory_usage><total>N/A</total></fb_memory_usage><ecc_mode><current_ecc>N/A</current_ecc></ecc_mode>
		<power_readings><power_limit>250.00 W</power_limit></power_readings></gpu></nvidia_smi_log>`))
	if err != nil {
		t.Fatal(err)
	}
	g := r.GPUs[0]
	if r.Driver != nil || g.MemoryTotal != nil || g.ECC != nil || g.ClockSM != nil {
		t.Errorf("got %+v: facts that are not told must be nil", g)
	}
	if g.PowerLimit == nil || *g.PowerLimit != 250 {
		t.Errorf("power limit of an older driver: %v", g.PowerLimit)
	}
	if _, err := Parse([]byte("NVIDIA-SMI has failed")); err == nil {
		t.Error("text that is no XML gave no error")
	}
}

func TestReadRunsTheTool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if _, err := Read(context.Background()); !errors.Is(err, ErrNoDriver) {
		t.Errorf("without the tool: %v", err)
	}
	script := func(s string) {
		if err := os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte("#!/bin/sh\n"+s), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script(`[ "$*" = "-q -x" ] || exit 3
while read -r line; do echo "$line"; done <<'X'
` + newer + "\nX\n")
	if r, err := Read(context.Background()); err != nil || len(r.GPUs) != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
	script("echo NVIDIA-SMI has failed; exit 9")
	if _, err := Read(context.Background()); err == nil || errors.Is(err, ErrNoDriver) {
		t.Errorf("a driver that does not answer: %v", err)
	}
}

func ExampleParse() {
	r, err := Parse([]byte(newer))
	fmt.Println(r.GPUs[0].Name, *r.GPUs[0].MemoryTotal, "MiB", err)
	// Output: NVIDIA H100 80GB HBM3 81559 MiB <nil>
}
