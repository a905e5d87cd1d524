package e2e

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/identikit/identikit/client"
)

type document struct {
	Paths      map[string]map[string]struct{ OperationID string }
	Components struct{ Schemas map[string]schema }
}

type schema struct {
	Ref        string `json:"$ref"`
	AllOf      []schema
	Enum       []string
	Properties map[string]json.RawMessage
}

// read returns the OpenAPI document of the service.
func read(t *testing.T) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(must(newClient(t, all.shared.url, client.Options{}).OpenAPI(t.Context()))(t), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Fails when an operation has no method of its name. HEAD is GET without the answer, so it needs none.
func TestEachOperationHasItsMethod(t *testing.T) {
	t.Parallel()
	methods := map[string]bool{}
	for i, of := 0, reflect.TypeFor[*client.Client](); i < of.NumMethod(); i++ {
		methods[strings.ToLower(of.Method(i).Name)] = true
	}
	count := 0
	for path, operations := range read(t).Paths {
		for method, o := range operations {
			if method == "head" {
				if _, ok := operations["get"]; !ok {
					t.Errorf("HEAD %s has no GET", path)
				}
				continue
			}
			pages := o.OperationID == "beginSession" || o.OperationID == "endSession" // for web pages, which have cookies
			if count++; !pages && !methods[strings.ToLower(o.OperationID)] {
				t.Errorf("%s %s (%s) has no method", method, path, o.OperationID)
			}
		}
	}
	if count < 30 {
		t.Errorf("the document has only %d operations", count)
	}
}

// Fails when a member of a documented schema is missing in the client's type, or is named differently there.
func TestEachSchemaHasItsType(t *testing.T) {
	t.Parallel()
	types := map[string]reflect.Type{}
	for _, of := range []reflect.Type{
		reflect.TypeFor[client.AllBlocked](), reflect.TypeFor[client.Answer](), reflect.TypeFor[client.Block](), reflect.TypeFor[client.BlockedValue](), reflect.TypeFor[client.Index](),
		reflect.TypeFor[client.Blocking](), reflect.TypeFor[client.Blocks](), reflect.TypeFor[client.Bridge](),
		reflect.TypeFor[client.Change](), reflect.TypeFor[client.Changed](), reflect.TypeFor[client.Contact](),
		reflect.TypeFor[client.Dismissal](), reflect.TypeFor[client.Event](), reflect.TypeFor[client.Events](),
		reflect.TypeFor[client.Explanation](), reflect.TypeFor[client.FeedEvent](), reflect.TypeFor[client.Found](),
		reflect.TypeFor[client.Health](), reflect.TypeFor[client.History](), reflect.TypeFor[client.Key](),
		reflect.TypeFor[client.KeyRequest](), reflect.TypeFor[client.Keys](), reflect.TypeFor[client.Lifted](),
		reflect.TypeFor[client.ListBlocked](), reflect.TypeFor[client.Member](), reflect.TypeFor[client.Progress](), reflect.TypeFor[client.Members](),
		reflect.TypeFor[client.NewKey](), reflect.TypeFor[client.NewSeparation](), reflect.TypeFor[client.Observation](),
		reflect.TypeFor[client.Observations](), reflect.TypeFor[client.Observed](), reflect.TypeFor[client.Problem](),
		reflect.TypeFor[client.Receipt](), reflect.TypeFor[client.Refusal](), reflect.TypeFor[client.Refusals](),
		reflect.TypeFor[client.Refused](), reflect.TypeFor[client.Separation](), reflect.TypeFor[client.Separations](),
		reflect.TypeFor[client.Resolved](), reflect.TypeFor[client.Retractions](), reflect.TypeFor[client.Erasures](), reflect.TypeFor[client.Session](),
		reflect.TypeFor[client.Outcomes](), reflect.TypeFor[client.Statistics](), reflect.TypeFor[client.Survey](),
		reflect.TypeFor[client.Suppression](), reflect.TypeFor[client.Suppressions](),
	} {
		types[of.Name()] = of
	}
	other := map[string]bool{ // those that are no types, or that methods take as parameters
		"Scopes": true, "Next": true, "NewBlock": true, "ElementProblem": true, "Value": true, "Email": true, "PhoneNumber": true,
		"Erasure": true, "Rotation": true, "Revocation": true, "NewRetraction": true,
	}
	d := read(t)
	for name, s := range d.Components.Schemas {
		if of, ok := types[name]; ok {
			d.compare(t, name, s, membersOf(of))
		} else if !other[name] {
			t.Errorf("the schema %s has no type", name)
		}
	}
}

// Fails when a documented code has no constant, or a constant is not documented.
func TestEachCodeHasItsConstant(t *testing.T) {
	t.Parallel()
	var s schema
	if err := json.Unmarshal(read(t).Components.Schemas["Problem"].Properties["code"], &s); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../problem.go")
	if err != nil {
		t.Fatal(err)
	}
	var constants []string
	for _, found := range regexp.MustCompile(`(?m)^\tCode\w+ +Code = "([a-z-]+)"$`).FindAllStringSubmatch(string(source), -1) {
		constants = append(constants, found[1])
	}
	slices.Sort(constants)
	slices.Sort(s.Enum)
	if !slices.Equal(constants, s.Enum) {
		t.Errorf("the constants are %q, the document has %q", constants, s.Enum)
	}
}

// compare checks that each documented member is one of the type.
func (d document) compare(t *testing.T, name string, s schema, members map[string]bool) {
	t.Helper()
	if ref, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		d.compare(t, name, d.Components.Schemas[ref], members)
	}
	for _, part := range s.AllOf {
		d.compare(t, name, part, members)
	}
	for member := range s.Properties {
		if !members[member] {
			t.Errorf("the type %s lacks %s", name, member)
		}
	}
}

// membersOf returns the JSON names of the fields.
func membersOf(of reflect.Type) map[string]bool {
	names := map[string]bool{}
	for _, f := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names[name] = true
	}
	return names
}
