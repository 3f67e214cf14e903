package inbox

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"loket-etl/internal/folder"
)

var (
	tempSuffixes   = []string{".part", ".filepart", ".tmp", ".crdownload"}
	markerSuffixes = []string{".sha256", ".ok", ".done"} // the first says most
	receipts       = []string{".receipt.json", ".receipt.html"}
)

// isTemp says whether a name is one under which someone is still writing.
func isTemp(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || cutSuffix(name, tempSuffixes) != ""
}

func isReceipt(name string) bool { return cutSuffix(name, receipts) != "" }

// cutSuffix gives the suffix a name has, as it is written there, or "".
func cutSuffix(name string, suffixes []string) string {
	lower := strings.ToLower(name)
	for _, s := range suffixes {
		if strings.HasSuffix(lower, s) {
			return name[len(name)-len(s):]
		}
	}
	return ""
}

// stem is a name without its last extension.
func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// finals are the names a temporary file may get when it is done: uren.csv.part
// and .uren.csv become uren.csv, and so does .uren.csv.Xa81bQ of rsync.
func finals(temp string) []string {
	if strings.HasPrefix(temp, "~$") {
		return nil
	}
	name := strings.TrimLeft(temp, ".")
	name = strings.TrimSuffix(name, cutSuffix(name, tempSuffixes))
	out := []string{name}
	if ext := path.Ext(name); name != temp && temp[0] == '.' && len(ext) == 7 {
		out = append(out, strings.TrimSuffix(name, ext))
	}
	return out
}

// view is what one look at an inbox saw.
type view struct {
	files    map[string]folder.Info
	temps    map[string]folder.Info
	receipts map[string]folder.Info
	markers  map[string][]folder.Info // by lower-case name without the marker suffix
}

func newView(all []folder.Info) *view {
	v := &view{
		files: make(map[string]folder.Info, len(all)), temps: map[string]folder.Info{},
		receipts: map[string]folder.Info{}, markers: map[string][]folder.Info{},
	}
	for _, i := range all {
		v.add(i)
	}
	return v
}

func (v *view) add(i folder.Info) {
	switch suffix := cutSuffix(i.Name, markerSuffixes); {
	case isTemp(i.Name):
		v.temps[i.Name] = i
	case isReceipt(i.Name):
		v.receipts[i.Name] = i
	case suffix != "":
		k := strings.ToLower(strings.TrimSuffix(i.Name, suffix))
		v.markers[k] = append(v.markers[k], i)
	default:
		v.files[i.Name] = i
	}
}

// inOrder are the names of the files, the oldest first: a correction comes after
// what it corrects.
func (v *view) inOrder() []string {
	return slices.SortedFunc(maps.Keys(v.files), func(a, b string) int {
		return cmp.Or(v.files[a].ModTime.Compare(v.files[b].ModTime), strings.Compare(a, b))
	})
}

// keys are those under which the marker of a file may be found.
func keys(name string) []string {
	lower := strings.ToLower(name)
	if s := stem(lower); s != lower && s != "" {
		return []string{lower, s}
	}
	return []string{lower}
}

// marker finds the marker of a file: one with a hash before one without, one of
// the whole name before one of the stem. ofStem says that it is the latter.
func (v *view) marker(name string) (m folder.Info, ofStem, ok bool) {
	for _, suffix := range markerSuffixes {
		for i, k := range keys(name) {
			of := v.markers[k]
			j := slices.IndexFunc(of, func(m folder.Info) bool { return strings.HasSuffix(strings.ToLower(m.Name), suffix) })
			if j >= 0 {
				return of[j], i == 1, true
			}
		}
	}
	return folder.Info{}, false, false
}
