package main

import (
	"strings"
	"testing"
)

func TestDoctorTellsWhereTheModelIs(t *testing.T) {
	for share, want := range map[float64][2]string{
		0:   {"warning", "the model runs on the CPU"},
		.4:  {"warning", "only 40 % of the model is in GPU memory"},
		1:   {"ok", "the whole model is in GPU memory"},
		1.2: {"ok", "the whole model is in GPU memory"},
	} {
		f := offload("memory", share)
		if f.Status != want[0] || !strings.HasPrefix(f.Detail, want[1]) || (f.Status == "ok") != (f.Remedy == "") {
			t.Errorf("share %v: %+v, want %v", share, f, want)
		}
	}
}
