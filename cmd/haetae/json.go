package main

import (
	"encoding/json"
	"unicode/utf8"
)

// appendJSON appends s as a JSON string. Plain ASCII, the usual case on the hot
// path of progress lines, is copied; everything else takes encoding/json.
func appendJSON(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf || c == 0x7f {
			q, err := json.Marshal(s)
			if err != nil { // a string always encodes
				panic(err)
			}
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
