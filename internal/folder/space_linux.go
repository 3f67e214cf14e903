package folder

import "golang.org/x/sys/unix"

// free is how many bytes still fit in the file system of a directory, or -1.
func free(dir string) int64 {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return -1
	}
	return int64(s.Bavail) * s.Bsize
}
