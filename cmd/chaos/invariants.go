package main

import "fmt"

// check finds contacts that no sequence of operations can leave.
func (t *tables) check() []string {
	var findings []string
	find := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }
	holders := map[string]uint64{}
	for n := range t.contacts {
		r := &t.contacts[n]
		for _, text := range []string{r.email, r.phone} {
			if other, twice := holders[text]; twice && text != "" {
				find("contacts %d and %d hold the same value", other, r.id)
			}
			holders[text] = r.id
		}
		primary := t.byID[r.primary()]
		switch {
		case r.erased && (r.email != "" || r.phone != ""):
			find("contact %d was erased and holds a value", r.id)
		case primary == nil || primary.linked != 0 || primary.erased && !r.erased:
			find("contact %d is linked to %d, which is no primary", r.id, r.linked)
		case r.older(primary) && !r.erased:
			find("contact %d is linked to %d, which is younger", r.id, r.linked)
		}
	}
	return append(findings, t.checkClusters()...)
}

// checkClusters compares the clusters with what the observations connect.
func (t *tables) checkClusters() []string {
	parent := map[uint64]uint64{}
	var root func(id uint64) uint64
	root = func(id uint64) uint64 {
		if p, ok := parent[id]; ok && p != id {
			parent[id] = root(p)
			return parent[id]
		}
		return id
	}
	for _, o := range t.observations {
		if o.withheld == "" {
			parent[root(o.email)] = root(o.phone)
		}
	}
	var findings []string
	clusters, components := map[uint64]uint64{}, map[uint64]uint64{} // each by the other
	for n := range t.contacts {
		r := &t.contacts[n]
		if r.erased {
			continue
		}
		component, cluster := root(r.id), r.primary()
		if other, ok := clusters[component]; ok && other != cluster {
			findings = append(findings, fmt.Sprintf("observations connect contacts of the primaries %d and %d", other, cluster))
		}
		if other, ok := components[cluster]; ok && other != component {
			findings = append(findings, fmt.Sprintf("no observation connects the contacts of primary %d", cluster))
		}
		clusters[component], components[cluster] = cluster, component
	}
	return findings
}
