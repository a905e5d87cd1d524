package docs

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
)

type operation struct {
	ID, Method, Path, Summary, Description string

	Scopes     []string // that its key needs; none if it needs no key
	Webhook    bool     // the service sends it
	Parameters []parameter
	Body       *body
	Responses  []response
}

// Brief reports whether the operation has nothing to show beside its line: HEAD is GET without a body.
func (o operation) Brief() bool { return o.Method == http.MethodHead }

type parameter struct {
	Name, In, Description, Example string
	Required                       bool
	schema
}

type body struct {
	Required bool
	Content  []content
}

type content struct {
	Media    string
	Examples []example
	schema
}

type example struct{ Name, Text string }

type response struct {
	Status, Description string
	Headers             []parameter
	Content             []content
}

// operation converts one method of a path. It returns its tags, too.
func (p *parser) operation(path string, m member) (operation, []string, error) {
	var d struct {
		OperationID          string
		Summary, Description string
		Tags                 []string
		Security             []map[string][]string
		Parameters           []json.RawMessage
		RequestBody          json.RawMessage
		Responses            object
	}
	if err := p.resolve(m.value, &d); err != nil {
		return operation{}, nil, err
	}
	o := operation{
		ID: d.OperationID, Method: strings.ToUpper(m.name), Path: path, Summary: d.Summary, Description: d.Description,
	}
	for _, one := range d.Security {
		for _, scopes := range one {
			o.Scopes = append(o.Scopes, scopes...)
		}
	}
	for _, value := range d.Parameters {
		shown, err := p.parameter(value, "")
		if err != nil {
			return o, nil, err
		}
		o.Parameters = append(o.Parameters, shown)
	}
	err := p.addBody(&o, d.RequestBody)
	for _, r := range d.Responses {
		if err != nil {
			break
		}
		err = p.addResponse(&o, r)
	}
	return o, d.Tags, err
}

// parameter converts a parameter, or a header of this name.
func (p *parser) parameter(value json.RawMessage, name string) (parameter, error) {
	var d struct {
		Name, In, Description string
		Required              bool
		Schema, Example       json.RawMessage
	}
	if err := p.resolve(value, &d); err != nil {
		return parameter{}, err
	}
	s, err := schemaOf(d.Schema)
	return parameter{
		Name: cmp.Or(d.Name, name), In: d.In, Description: cmp.Or(d.Description, s.Description), Required: d.Required,
		Example: strings.Trim(string(d.Example), `"`), schema: s,
	}, err
}

func (p *parser) addBody(o *operation, value json.RawMessage) error {
	if value == nil {
		return nil
	}
	var d struct {
		Required bool
		Content  object
	}
	if err := p.resolve(value, &d); err != nil {
		return err
	}
	all, err := p.contents(d.Content)
	o.Body = &body{Required: d.Required, Content: all}
	return err
}

func (p *parser) addResponse(o *operation, m member) error {
	var d struct {
		Description      string
		Headers, Content object
	}
	if err := p.resolve(m.value, &d); err != nil {
		return err
	}
	r := response{Status: m.name, Description: d.Description}
	for _, h := range d.Headers {
		shown, err := p.parameter(h.value, h.name)
		if err != nil {
			return err
		}
		r.Headers = append(r.Headers, shown)
	}
	var err error
	r.Content, err = p.contents(d.Content)
	o.Responses = append(o.Responses, r)
	return err
}

// contents converts the bodies of a request or an answer, by their types.
func (p *parser) contents(types object) ([]content, error) {
	var all []content
	for _, t := range types {
		var d struct {
			Schema, Example json.RawMessage
			Examples        object
		}
		if err := json.Unmarshal(t.value, &d); err != nil {
			return nil, err
		}
		c := content{Media: t.name}
		var err error
		if d.Schema != nil {
			if c.schema, err = schemaOf(d.Schema); err != nil {
				return nil, err
			}
		}
		if d.Example != nil {
			c.Examples = append(c.Examples, example{Text: textOf(d.Example)})
		}
		for _, e := range d.Examples {
			var one struct{ Value json.RawMessage }
			if err := p.resolve(e.value, &one); err != nil {
				return nil, err
			}
			c.Examples = append(c.Examples, example{Name: e.name, Text: textOf(one.Value)})
		}
		all = append(all, c)
	}
	return all, nil
}

// textOf is an example as it is sent: a string is text, everything else JSON.
func textOf(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return pretty(value)
}
