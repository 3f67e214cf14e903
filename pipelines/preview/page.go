package preview

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("preview").Parse(pageHTML))

// HTML is the preview for people: one page in Dutch without outside parts.
func (p Preview) HTML() ([]byte, error) {
	var b bytes.Buffer
	if err := page.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("write the preview of %s: %w", p.File, err)
	}
	return b.Bytes(), nil
}
