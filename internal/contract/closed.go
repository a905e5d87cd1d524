package contract

import (
	"encoding/json"
	"maps"
	"strings"
)

// closed returns the document with schemas of answers that allow no other members than theirs. The document
// itself leaves them open, because clients must ignore members that are added later.
func closed(text []byte) ([]byte, error) {
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	closer{root, map[string]bool{}}.find(root)
	return json.Marshal(root)
}

type closer struct {
	root map[string]any
	done map[string]bool // references that were followed
}

// find closes the schemas of all responses below a node.
func (c closer) find(node any) {
	switch node := node.(type) {
	case map[string]any:
		for name, child := range node {
			if name == "responses" {
				c.responses(child)
			} else {
				c.find(child)
			}
		}
	case []any:
		for _, child := range node {
			c.find(child)
		}
	}
}

func (c closer) responses(node any) {
	for _, response := range object(node) {
		for _, content := range object(object(response)["content"]) {
			c.schema(object(object(content)["schema"]))
		}
	}
}

// schema closes a schema and all that it uses. Those under allOf become one, since each alone would refuse the
// members of the others.
func (c closer) schema(s map[string]any) {
	if reference, ok := s["$ref"].(string); ok {
		if !c.done[reference] {
			c.done[reference] = true
			c.schema(c.resolve(s))
		}
		return
	}
	for _, part := range list(s["allOf"]) {
		merge(s, c.resolve(object(part)))
	}
	delete(s, "allOf")
	if s["properties"] != nil {
		s["additionalProperties"] = false
	}
	for _, property := range object(s["properties"]) {
		c.schema(object(property))
	}
	if s["items"] != nil {
		c.schema(object(s["items"]))
	}
	for _, option := range list(s["oneOf"]) {
		c.schema(object(option))
	}
}

// merge adds the members of a schema of objects to another one.
func merge(into, from map[string]any) {
	properties := map[string]any{}
	maps.Copy(properties, object(into["properties"]))
	maps.Copy(properties, object(from["properties"]))
	into["type"], into["properties"] = "object", properties
	into["required"] = append(list(into["required"]), list(from["required"])...)
}

func (c closer) resolve(s map[string]any) map[string]any {
	reference, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	node := c.root
	for name := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		node = object(node[name])
	}
	return node
}

func object(node any) map[string]any {
	o, _ := node.(map[string]any)
	return o
}

func list(node any) []any {
	l, _ := node.([]any)
	return l
}
