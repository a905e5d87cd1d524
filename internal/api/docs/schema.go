package docs

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// schema is a JSON schema as the page shows it.
type schema struct {
	Type        []part
	Description string
	Rules       []string // what else the schema says, such as "minimum 1"
	Properties  []property
}

// part of a type: a text, or the name of a schema.
type part struct{ Text, Schema string }

type property struct {
	Name     string
	Required bool
	schema
}

// IsFlag reports whether the values are true and false.
func (s schema) IsFlag() bool { return slices.Equal(s.Type, []part{{Text: "boolean"}}) }

const schemas = "#/components/schemas/"

// schemaOf converts a schema. A reference to a named schema becomes its name, so recursion ends.
func schemaOf(value json.RawMessage) (schema, error) {
	if name, named := strings.CutPrefix(refOf(value), schemas); named {
		return schema{Type: []part{{Schema: name}}}, nil
	}
	var members object
	if err := json.Unmarshal(value, &members); err != nil {
		return schema{}, err
	}
	var s schema
	var required []string
	for _, m := range members {
		if err := s.add(m, &required); err != nil {
			return schema{}, err
		}
	}
	for i, p := range s.Properties {
		s.Properties[i].Required = p.Required || slices.Contains(required, p.Name)
	}
	return s, nil
}

// add adds what one keyword says. Keywords without a case are shown as they are.
func (s *schema) add(m member, required *[]string) error {
	switch m.name {
	case "description":
		return json.Unmarshal(m.value, &s.Description)
	case "required":
		return json.Unmarshal(m.value, required)
	case "type":
		return s.addType(m.value)
	case "properties":
		return s.addProperties(m.value)
	case "items":
		items, err := schemaOf(m.value)
		s.Type = append(append(s.Type, part{Text: " of "}), items.Type...)
		s.Rules = append(s.Rules, items.Rules...)
		s.Properties = append(s.Properties, items.Properties...)
		return err
	case "oneOf", "anyOf":
		return s.addAll(m.value, " or ")
	case "allOf":
		return s.addAll(m.value, " and ")
	case "enum":
		return s.addValues(m.value)
	case "const":
		s.Type = append(s.Type, part{Text: string(m.value)})
	default:
		s.Rules = append(s.Rules, m.name+" "+strings.Trim(compact(m.value), `"`))
	}
	return nil
}

func (s *schema) addType(value json.RawMessage) error {
	var names []string
	if value[0] == '"' {
		names = []string{""}
		value = append(append(json.RawMessage{'['}, value...), ']')
	}
	err := json.Unmarshal(value, &names)
	s.Type = append(s.Type, part{Text: strings.Join(names, " or ")})
	return err
}

func (s *schema) addProperties(value json.RawMessage) error {
	var members object
	if err := json.Unmarshal(value, &members); err != nil {
		return err
	}
	for _, m := range members {
		shown, err := schemaOf(m.value)
		if err != nil {
			return err
		}
		s.Properties = append(s.Properties, property{Name: m.name, schema: shown})
	}
	return nil
}

// addAll adds several schemas, with a word between their types.
func (s *schema) addAll(value json.RawMessage, word string) error {
	var all []json.RawMessage
	if err := json.Unmarshal(value, &all); err != nil {
		return err
	}
	for _, one := range all {
		shown, err := schemaOf(one)
		if err != nil {
			return err
		}
		if len(s.Type) > 0 && len(shown.Type) > 0 {
			s.Type = append(s.Type, part{Text: word})
		}
		s.Type = append(s.Type, shown.Type...)
		s.Rules = append(s.Rules, shown.Rules...)
		s.Properties = append(s.Properties, shown.Properties...)
	}
	return nil
}

func (s *schema) addValues(value json.RawMessage) error {
	var all []json.RawMessage
	err := json.Unmarshal(value, &all)
	for i, one := range all {
		if i > 0 {
			s.Type = append(s.Type, part{Text: " | "})
		}
		s.Type = append(s.Type, part{Text: string(one)})
	}
	return err
}

func compact(value json.RawMessage) string {
	var text bytes.Buffer
	if json.Compact(&text, value) != nil {
		return string(value)
	}
	return text.String()
}
