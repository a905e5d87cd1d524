package identity_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
)

// Fails when a value that identifies nobody gets through, takes a good one with it, or a good one is
// taken for it.
func TestScreen(t *testing.T) {
	t.Parallel()
	all := identity.Screen{Placeholders: true, RoleMailboxes: true}
	for _, c := range []struct {
		name         string
		screen       identity.Screen
		email, phone string
		want         identity.Observation
		refused      []identity.Field
		code         identity.Code
	}{
		{name: "good", screen: all, email: "a@b.example", phone: "123", want: identity.Observation{Email: "a@b.example", Phone: "123"}},
		{name: "placeholder", screen: all, email: " NULL ", phone: "123", want: identity.Observation{Phone: "123"}, refused: []identity.Field{"email"}},
		{name: "word for a phone", screen: all, email: "a@b.example", phone: "n/a", want: identity.Observation{Email: "a@b.example"}, refused: []identity.Field{"phoneNumber"}},
		{name: "zeros", screen: all, email: "a@b.example", phone: "+000-000", want: identity.Observation{Email: "a@b.example"}, refused: []identity.Field{"phoneNumber"}},
		{name: "few zeros", screen: all, phone: "00000", want: identity.Observation{Phone: "00000"}},
		{name: "role", screen: all, email: "Info@b.example", phone: "123", want: identity.Observation{Phone: "123"}, refused: []identity.Field{"email"}},
		{name: "role with a tag", screen: all, email: "info+x@b.example", want: identity.Observation{Email: "info+x@b.example"}},
		{name: "nothing left", screen: all, email: "[object Object]", phone: "undefined", code: identity.CodeIdentifiesNobody},
		{name: "nothing left after normalizing", screen: all, email: "noreply@b.example", phone: "0000000", code: identity.CodeIdentifiesNobody},
		{name: "nothing sent", screen: all, code: identity.CodeInvalidRequest},
		{name: "malformed", screen: all, email: "nobody", code: identity.CodeInvalidValue},
		{name: "off", email: "info@b.example", phone: "000000", want: identity.Observation{Email: "info@b.example", Phone: "000000"}},
		{name: "off, a placeholder", email: "null", code: identity.CodeInvalidValue},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, refused, err := new(identity.Normalizer).WithScreen(c.screen).Screened(c.email, c.phone)
			var fields []identity.Field
			for _, r := range refused {
				fields = append(fields, r.Field)
			}
			if diff := cmp.Diff(c.want, got); diff != "" || !cmp.Equal(c.refused, fields) || identity.CodeOf(err) != c.code {
				t.Errorf("got %+v, refused %v, error %v", got, fields, err)
			}
		})
	}
}
