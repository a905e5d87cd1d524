package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// object is a JSON object with its members in the order of the document, which is part of what it tells.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *object) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return errors.Join(err, fmt.Errorf("%.40s is not an object", text))
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		m := member{name: fmt.Sprint(name)}
		if err := d.Decode(&m.value); err != nil {
			return err
		}
		*o = append(*o, m)
	}
	return nil
}

// get returns the value of a member, or nil.
func (o object) get(name string) json.RawMessage {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// refOf returns the $ref of a value, or "".
func refOf(value json.RawMessage) string {
	var r struct {
		Ref string `json:"$ref"`
	}
	if json.Unmarshal(value, &r) != nil {
		return "" // not an object
	}
	return r.Ref
}

// resolve decodes a value, or what it refers to, into into.
func (p *parser) resolve(value json.RawMessage, into any) error {
	for ref := refOf(value); ref != ""; ref = refOf(value) {
		target, known := p.targets[ref]
		if !known {
			var err error
			if target, err = p.find(ref); err != nil {
				return err
			}
			p.targets[ref] = target
		}
		value = target
	}
	return json.Unmarshal(value, into)
}

// find returns the value that a reference names.
func (p *parser) find(ref string) (json.RawMessage, error) {
	path, local := strings.CutPrefix(ref, "#/")
	if !local {
		return nil, fmt.Errorf("the reference %s leads out of the document", ref)
	}
	value := p.root
	for name := range strings.SplitSeq(path, "/") {
		var o object
		if err := json.Unmarshal(value, &o); err != nil {
			return nil, err
		}
		if value = o.get(strings.NewReplacer("~1", "/", "~0", "~").Replace(name)); value == nil {
			return nil, fmt.Errorf("the reference %s has no target", ref)
		}
	}
	return value, nil
}

// pretty indents JSON.
func pretty(value json.RawMessage) string {
	var text bytes.Buffer
	if json.Indent(&text, value, "", "  ") != nil {
		return string(value)
	}
	return text.String()
}
