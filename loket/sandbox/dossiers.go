package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loket-etl/loket/contract"
)

// DocumentInfo is what the control side says of a document in a dossier.
type DocumentInfo struct {
	Identity     string `json:"identity"`
	Name         string `json:"name"`
	Size         int    `json:"size"`
	Omschrijving string `json:"omschrijving"`
	Categorie    string `json:"categorie"`
}

// Dossier lists the documents in the dossier of a Werkgever or Dienstverband, the
// oldest first. A client has no way to ask for them.
func (s *Server) Dossier(owner string) []DocumentInfo {
	s.state.mu.RLock()
	defer s.state.mu.RUnlock()
	var all []DocumentInfo
	for _, d := range s.state.dossiers {
		if d.owner == owner {
			all = append(all, DocumentInfo{d.id, d.name, d.size, metaText(d.meta, "Omschrijving"), metaText(d.meta, "Categorie")})
		}
	}
	slices.SortFunc(all, func(a, b DocumentInfo) int { return serialOf(a.Identity) - serialOf(b.Identity) })
	return all
}

func metaText(meta map[string]any, name string) string {
	v, there := meta[name]
	if _, empty := v.(contract.Nil); !there || empty {
		return ""
	}
	return fmt.Sprint(v)
}

// serialOf is the number at the end of the identity of a document.
func serialOf(id string) int {
	n, _ := strconv.Atoi(id[strings.LastIndexByte(id, '.')+1:])
	return n
}

// Concepts are the unique names of the concept employees of a Werkgever, in the
// order in which they came. A client has no way to ask for them.
func (s *Server) Concepts(werkgever string) []string {
	s.state.mu.RLock()
	defer s.state.mu.RUnlock()
	var names []string
	for _, e := range s.state.employers {
		if e.id != werkgever {
			continue
		}
		for _, c := range e.concepts {
			names = append(names, c.name)
		}
	}
	return names
}
