package mappings

import (
	"fmt"
	"io/fs"
	"path"
)

// LoadFile reads one mapping that is in no set yet, with the schema and the tables
// beside it. The name of the file is that of the mapping. The error is a LoadErrors
// with all that is wrong, or an error of dir.
func LoadFile(dir fs.FS, file string) (*Mapping, error) {
	if ext := path.Ext(file); ext != ".yaml" && ext != ".yml" {
		return nil, fmt.Errorf("read mapping %s: the name of a mapping ends in .yaml", file)
	}
	m, errs, err := loadFile(dir, file)
	if err != nil {
		return nil, fmt.Errorf("read mapping %s: %w", file, err)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return m, nil
}
