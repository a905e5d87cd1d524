package cluster

import "github.com/identikit/identikit/internal/identity"

// Division is a contact that had two values, and the new one that took over one of them with its
// observations.
type Division struct{ From, To *Contact }

// Divide gives one value of a contact that has two to a new contact in the same component, as old, with
// the observations of that value. observation is that of the two values, and the cause.
func (r *Revision) Divide(c *Contact, moves identity.Field, observation uint64) {
	to := &Contact{CreatedAt: c.CreatedAt, LinkedID: c.Primary().ID}
	if moves == identity.FieldEmail {
		to.Email, c.Email = c.Email, ""
	} else {
		to.Phone, c.Phone = c.Phone, ""
	}
	c.Component().values--
	r.graph.addNew(to, c.Component())
	for i := range r.edges {
		switch e := &r.edges[i]; {
		case to.Email != "" && e.Email == c:
			e.Email = to
		case to.Phone != "" && e.Phone == c:
			e.Phone = to
		}
	}
	r.divided = append(r.divided, Division{c, to})
	r.Tell(identity.EventDivided, to, observation)
}

// StoredID returns the id under which the values of a contact are stored until the revision is.
func (r *Revision) StoredID(c *Contact) uint64 {
	for _, d := range r.divided {
		if d.To == c {
			return d.From.ID
		}
	}
	return c.ID
}
