package ollama

import (
	"bytes"
	"errors"
	"io"
)

var errLongLine = errors.New("a line over the limit")

// lines splits a stream at newlines in one buffer, which grows up to maxLine.
type lines struct {
	src  io.Reader
	buf  []byte
	r, w int // unread bytes are buf[r:w]
	err  error
}

// next returns the next line without its newline. It is valid until the next
// call. A last line without a newline is a line if the stream ends cleanly.
// io.EOF is a clean end. With errLongLine the line is the part that was read.
func (l *lines) next() ([]byte, error) {
	scanned := 0
	for {
		if i := bytes.IndexByte(l.buf[l.r+scanned:l.w], '\n'); i >= 0 {
			line := l.buf[l.r : l.r+scanned+i]
			l.r += scanned + i + 1
			return bytes.TrimSuffix(line, []byte("\r")), nil
		}
		scanned = l.w - l.r
		if l.err != nil {
			line := l.buf[l.r:l.w]
			l.r = l.w
			if l.err == io.EOF && len(line) > 0 {
				return line, nil
			}
			return nil, l.err
		}
		if scanned >= maxLine {
			return l.buf[l.r:l.w], errLongLine
		}
		l.fill()
	}
}

// fill reads once, after making room.
func (l *lines) fill() {
	if l.r == l.w {
		l.r, l.w = 0, 0
	}
	if l.w == len(l.buf) {
		if l.r > 0 {
			l.w = copy(l.buf, l.buf[l.r:l.w])
			l.r = 0
		} else {
			l.buf = append(l.buf, make([]byte, len(l.buf))...)
		}
	}
	n, err := l.src.Read(l.buf[l.w:])
	l.w += n
	l.err = err
}

// drain reads to the end of the body, so that the connection can be used again.
// It gives up after 64 KiB or at an error.
func (l *lines) drain() {
	for total := 0; l.err == nil && total < 64<<10; total += l.w {
		l.r, l.w = 0, 0
		l.fill()
	}
}
