package identity

import (
	"slices"
	"strings"
)

// Screen says which values are treated as absent because they identify nobody. Nothing of them is
// stored.
type Screen struct {
	Placeholders  bool // null, n/a, unknown, [object object] …, phone numbers of six or more zeros
	RoleMailboxes bool // info@, sales@, noreply@ …
}

// WithScreen returns a Normalizer that screens.
func (n *Normalizer) WithScreen(s Screen) *Normalizer {
	return &Normalizer{region: n.region, country: n.country, screen: s}
}

// Screened is Observation without the values that the screen removes, which it returns as refused. It
// fails with CodeIdentifiesNobody if none is left.
func (n *Normalizer) Screened(email, phone string) (Observation, []Refusal, error) {
	var refused []Refusal
	take := func(value *string, field Field) {
		*value = ""
		refused = append(refused, NewRefusal(ReasonBlocked, field))
	}
	if n.screen.Placeholders && placeholder(email) {
		take(&email, FieldEmail)
	}
	if n.screen.Placeholders && placeholder(phone) {
		take(&phone, FieldPhone)
	}
	if len(refused) > 0 && email == "" && phone == "" {
		return Observation{}, nil, Nobody(refused)
	}
	o, err := n.Observation(email, phone)
	if err != nil {
		return Observation{}, nil, err
	}
	if n.screen.RoleMailboxes && roleMailbox(o.Email) {
		take(&o.Email, FieldEmail)
	}
	if n.screen.Placeholders && zeros(o.Phone) {
		take(&o.Phone, FieldPhone)
	}
	if o.Email == "" && o.Phone == "" {
		return Observation{}, nil, Nobody(refused)
	}
	return o, refused, nil
}

// Nobody is the error for an observation whose values were all refused.
func Nobody(refused []Refusal) error {
	return &Error{
		Code: CodeIdentifiesNobody, Field: refused[0].Field,
		Detail: "No value of this request identifies anybody. " + refused[0].Detail,
	}
}

func placeholder(raw string) bool {
	switch strings.ToLower(strings.TrimSpace(raw)) {
	case "null", "none", "undefined", "nan", "n/a", "unknown", "anonymous", "guest", "[object object]":
		return true
	}
	return false
}

// minZeros is how many zeros make a phone number a placeholder.
const minZeros = 6

func zeros(phone string) bool {
	digits := strings.TrimPrefix(phone, "+")
	return len(digits) >= minZeros && strings.Trim(digits, "0") == ""
}

// roleMailbox tells whether a normalized address belongs to an office, not to a person.
func roleMailbox(email string) bool {
	local, _, _ := strings.Cut(email, "@")
	_, found := slices.BinarySearch(roleMailboxes(), local)
	return found
}

// roleMailboxes are in ascending order.
func roleMailboxes() []string {
	return []string{
		"abuse", "accounting", "accounts", "admin", "administrator", "billing", "contact", "do-not-reply", "donotreply",
		"enquiries", "hello", "help", "helpdesk", "hostmaster", "hr", "info", "inquiries", "jobs", "kontakt", "mail",
		"mailer-daemon", "marketing", "newsletter", "no-reply", "noreply", "office", "orders", "postmaster", "press",
		"privacy", "root", "sales", "security", "service", "support", "team", "webmaster",
	}
}

// List names a class of values that identify nobody, as a Screen does.
type List string

// The lists.
const (
	ListRoleMailboxes List = "role-mailboxes"
	ListPlaceholders  List = "placeholders"
)

// Values returns how stored values of a list are found: prefixes of e-mail addresses, and phone numbers
// as a whole. known is false for any other list.
func (l List) Values() (emailPrefixes, phones []string, known bool) {
	switch l {
	case ListRoleMailboxes:
		for _, local := range roleMailboxes() {
			emailPrefixes = append(emailPrefixes, local+"@")
		}
		return emailPrefixes, nil, true
	case ListPlaceholders: // the others are not even addresses
		for n := minZeros; n <= maxPhoneDigits; n++ {
			phones = append(phones, strings.Repeat("0", n), "+"+strings.Repeat("0", n))
		}
		return nil, phones, true
	}
	return nil, nil, false
}
