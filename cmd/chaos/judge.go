package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// judge checks the history of an island.
func (r *round) judge(res *result, i *island, t *tables) {
	find := func(text string) {
		res.findings = append(res.findings, fmt.Sprintf("island %d (%s): %s", i.number, i.style, text))
	}
	for _, o := range i.operations {
		o.disturbed = r.isDisturbed(o)
		res.operations += max(1, len(o.links))
		switch {
		case o.status == http.StatusOK:
			res.acknowledged += max(1, len(o.links))
		case !o.known():
			res.unknown += max(1, len(o.links))
		}
	}
	for _, text := range append(missing(i, t), checkIDs(i, t)...) {
		find(text)
	}
	switch i.style {
	case wild:
	case lake:
		for _, text := range append(checkGrowth(append(i.operations, t.lookUps(i)...)), checkRendering(i, t)...) {
			find(text)
		}
	default:
		stored, ids := t.stateOf(i)
		last := &operation{kind: final, start: never - 1, end: never - 1, status: http.StatusOK, stored: stored}
		v, text := findOrder(model{ids: ids}, append(i.operations, last))
		switch v {
		case explained:
			res.ordered++
		case undecided:
			res.undecided++
		case unexplained:
			find(text)
			r.keep(i, last)
		}
	}
}

// missing finds values that were acknowledged, not erased, and are not stored.
func missing(i *island, t *tables) []string {
	var seen, gone set
	for _, o := range i.operations {
		for n, a := range o.answers {
			if a.status == http.StatusOK && o.kind == identify {
				seen |= a.values | o.links[n].set()
			}
		}
		switch o.kind {
		case erase, suppress:
			gone |= setOf(o.value)
		case remove:
			gone = ^set(0) // it may have held any
		default:
		}
	}
	var findings []string
	for _, v := range (seen &^ gone).values() {
		if t.byText[i.text(v)] == nil {
			findings = append(findings, fmt.Sprintf("%v was acknowledged and is missing", v))
		}
	}
	return findings
}

// lookUps are the clusters of an island in the tables, as look-ups after everything else.
func (t *tables) lookUps(i *island) []*operation {
	var all []*operation
	clusters := map[uint64]set{}
	for text, v := range i.byText {
		if r := t.byText[text]; r != nil {
			clusters[r.primary()] |= setOf(v)
		}
	}
	for primary, values := range clusters {
		all = append(all, &operation{
			kind: lookUp, value: values.values()[0], status: http.StatusOK, start: never - 1, end: never - 1,
			answers: []answer{{status: http.StatusOK, values: values, primary: primary}},
		})
	}
	return all
}

// keep writes the history of an island into the folder of the logs, if there is one.
func (r *round) keep(i *island, last *operation) {
	if r.logs == "" {
		return
	}
	var text strings.Builder
	for _, o := range byStart(i.operations) {
		fmt.Fprintln(&text, o)
	}
	fmt.Fprintln(&text, &last.stored)
	name := filepath.Join(r.logs, fmt.Sprintf("round-%d-island-%d.txt", r.number, i.number))
	if err := os.WriteFile(name, []byte(text.String()), 0o600); err != nil {
		r.logf("%v", err)
	}
}
