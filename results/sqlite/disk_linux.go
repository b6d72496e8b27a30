package sqlite

import (
	"fmt"
	"syscall"

	"github.com/sovereign-eval/haetae/harness"
)

// network are the file systems on which SQLite's shared memory does not work,
// by the magic numbers of statfs(2).
var network = map[uint32]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xff534d42: "CIFS",
	0xfe534d42: "SMB2",
	0x00c36400: "Ceph",
	0x47504653: "GPFS",
	0x0bd00bd0: "Lustre",
	0x5346414f: "AFS",
	0x01021997: "9p",
}

// localDisk refuses a folder on a network file system.
func localDisk(dir string) error {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return nil // what is wrong with the folder shows when it is used
	}
	if name, ok := network[uint32(st.Type)]; ok {
		return harness.Hint(fmt.Errorf("%s is on a %s file system, which cannot hold a store safely", dir, name),
			"Put the store on a local disk with --store, and copy it afterwards.")
	}
	return nil
}
