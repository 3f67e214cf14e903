package inbox

import "loket-etl/internal/folder"

// Folder is a place with files, and Info one of them, as those see it who have
// no business with places themselves.
type (
	Folder = folder.Folder
	Info   = folder.Info
)
