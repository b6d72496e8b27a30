//go:build !linux

package sqlite

func localDisk(string) error { return nil }
