package ollama

import "testing"

func TestModelSamplers(t *testing.T) {
	p := modelSamplers("stop \"<|end|>\"\ntemperature                    0.6\ntop_k 20\nmin_p nan\nrepeat_last_n 64.5\nnum_ctx 4096\ntop_p \"0.95\"\npresence_penalty 1e99\n")
	if p == nil || p.Temperature == nil || *p.Temperature != 0.6 || *p.TopK != 20 || *p.TopP != 0.95 {
		t.Fatalf("%+v", p)
	}
	if p.MinP != nil || p.RepeatLastN != nil || p.Presence != nil || p.NumCtx != 0 || p.Stop != nil {
		t.Errorf("more than samplers, or no numbers: %+v", p)
	}
	for _, none := range []string{"", "stop \"x\"", "temperature hot", "temperature"} {
		if p := modelSamplers(none); p != nil {
			t.Errorf("%q: %+v", none, p)
		}
	}
}
