package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Listing are the files of a place that a partner would take, by name: what is
// hidden or has a temporary name is none of them, nor is a sidecar or an
// acknowledgement.
func Listing(ctx context.Context, place Folder) ([]Info, error) {
	all, err := place.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the files: %w", err)
	}
	all = slices.DeleteFunc(all, func(i Info) bool {
		return i.Name[0] == '.' || isTemp(i.Name) || hasSuffix(i.Name, ackSuffixes) || hasSuffix(i.Name, []string{sidecarSuffix})
	})
	slices.SortFunc(all, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
