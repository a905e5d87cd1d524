package docs

import (
	"cmp"
	"encoding/json"
	"html/template"
	"slices"
	"strings"
)

// view is what the page shows.
type view struct {
	Title, Version, Summary string
	Description             []string // paragraphs
	Keys                    string   // how a key is sent

	Groups  []*group
	Schemas []property
	Style   template.CSS
	Script  template.JS
}

// group is the operations of a tag, or of a first path segment if they have no tag.
type group struct {
	Name, Description string
	Operations        []operation
}

// ID is the name without spaces, which separate ids in HTML.
func (g group) ID() string { return "group-" + strings.ReplaceAll(g.Name, " ", "-") }

type parser struct {
	root    json.RawMessage
	targets map[string]json.RawMessage // by reference
	view    view
}

// parse returns the view of a document.
func parse(document []byte) (*view, error) {
	var d struct {
		Info struct{ Title, Version, Summary, Description string }
		Tags []struct{ Name, Description string }

		Paths, Webhooks object
		Components      struct {
			Schemas         object
			SecuritySchemes map[string]struct{ Description string }
		}
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, err
	}
	p := &parser{root: document, targets: map[string]json.RawMessage{}, view: view{
		Title: d.Info.Title, Version: d.Info.Version, Summary: d.Info.Summary, Description: strings.Split(d.Info.Description, "\n\n"),
	}}
	for _, s := range d.Components.SecuritySchemes {
		p.view.Keys = s.Description
	}
	for _, t := range d.Tags {
		p.group(t.Name).Description = t.Description
	}
	if err := p.addPaths(d.Paths, ""); err != nil {
		return nil, err
	}
	if err := p.addPaths(d.Webhooks, "webhooks"); err != nil {
		return nil, err
	}
	p.view.Groups = slices.DeleteFunc(p.view.Groups, func(g *group) bool { return len(g.Operations) == 0 })
	for _, m := range d.Components.Schemas {
		s, err := schemaOf(m.value)
		if err != nil {
			return nil, err
		}
		p.view.Schemas = append(p.view.Schemas, property{Name: m.name, schema: s})
	}
	return &p.view, nil
}

func (p *parser) group(name string) *group {
	for _, g := range p.view.Groups {
		if g.Name == name {
			return g
		}
	}
	g := &group{Name: name}
	p.view.Groups = append(p.view.Groups, g)
	return g
}

// addPaths adds all operations. Without a tag, an operation belongs to kind, or to its first path segment.
func (p *parser) addPaths(paths object, kind string) error {
	for _, path := range paths {
		var methods object
		if err := p.resolve(path.value, &methods); err != nil {
			return err
		}
		for _, m := range methods {
			if !slices.Contains([]string{"get", "head", "post", "put", "patch", "delete", "options"}, m.name) {
				continue // what a path has beside its operations
			}
			o, tags, err := p.operation(path.name, m)
			if err != nil {
				return err
			}
			o.Webhook = kind != ""
			segment, _, _ := strings.Cut(strings.TrimPrefix(path.name, "/"), "/")
			g := p.group(cmp.Or(append(tags, kind, segment, "index")...))
			g.Operations = append(g.Operations, o)
		}
	}
	return nil
}
