package ollama

import "testing"

func TestErrorText(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":"model not found"}`:                    "model not found",
		`{"error":{"code":400,"message":"too long"}}`:    "too long",
		`{"error":"{\"error\":{\"message\":\"deep\"}}"}`: "deep",
		"  plain text\n":                                 "plain text",
		`{"error":["odd"]}`:                              `["odd"]`,
		`{}`:                                             "",
		"":                                               "",
	} {
		if got := errorText([]byte(body)); got != want {
			t.Errorf("errorText(%s) = %q, want %q", body, got, want)
		}
	}
}

func TestQuoteIsHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"":               "an empty body",
		"a\x1b[31m\nb":   `"a\x1b[31m\nb"`,
		"\u202eevil\xff": `"\u202eevil\xff"`,
		"moderately 한국어": `"moderately 한국어"`,
	} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
	long := make([]byte, 5000)
	for i := range long {
		long[i] = "한국어"[i%9]
	}
	if got := quote(string(long)); len(got) > 1000 {
		t.Errorf("%d bytes of a server's words in an error", len(got))
	}
}
