package linkertest

import (
	"cmp"
	"slices"

	"github.com/identikit/identikit/internal/identity"
)

// Retract takes the observation at a position back.
func (m *Model) Retract(i int, why string) {
	m.step++
	if m.pairs[i].Email == m.pairs[i].Phone {
		m.split(m.pairs[i].Email)
	}
	m.pairs[i].Withheld, m.pairs[i].Why = identity.ReasonRetracted, why
}

// Withhold records that an observation of two values is retracted, as an import of decisions does.
func (m *Model) Withhold(o identity.Observation, why string) {
	m.Learn([]identity.Observation{{Email: o.Email}, {Phone: o.Phone}})
	e, ph := m.holder(o.Email, ""), m.holder("", o.Phone)
	switch i := m.Find(e, ph); {
	case i < 0:
		m.pairs = append(m.pairs, Evidence{e, ph, identity.ReasonRetracted, why})
	case m.pairs[i].Withheld != identity.ReasonRetracted:
		m.Retract(i, why)
	}
}

// Restore makes a retracted observation evidence again.
func (m *Model) Restore(i int) bool {
	return m.pairs[i].Withheld == "" || m.pairs[i].Withheld == identity.ReasonRetracted && m.linkAgain(i)
}

// Accept makes an observation that was not linked evidence.
func (m *Model) Accept(i int) bool { return m.linkAgain(i) }

func (m *Model) linkAgain(i int) bool {
	p := m.pairs[i]
	if m.node(p.Email).blocked || m.node(p.Phone).blocked || m.mergeRefusal(p.Email, p.Phone) == identity.ReasonSeparated {
		return false
	}
	m.pairs[i].Withheld, m.pairs[i].Why = "", ""
	return true
}

// Separate declares two contacts to be different people.
func (m *Model) Separate(a, b uint64) bool {
	if a == b || m.node(a).erased || m.node(b).erased {
		return false
	}
	if cluster := m.cluster(); cluster[a] == cluster[b] {
		return false
	}
	s := [2]uint64{min(a, b), max(a, b)}
	if !slices.Contains(m.apart, s) {
		m.apart = append(m.apart, s)
	}
	return true
}

// Separations lists who was separated, in the order of the separations.
func (m *Model) Separations() [][2]uint64 { return slices.Clone(m.apart) }

// Unseparate deletes the separation at a position.
func (m *Model) Unseparate(i int) {
	s := m.apart[i]
	cluster := m.cluster()
	m.apart = slices.Delete(m.apart, i, i+1)
	within := func(id uint64) bool { return cluster[id] == cluster[s[0]] || cluster[id] == cluster[s[1]] }
	m.decideAgain(identity.ReasonSeparated, func(p Evidence) bool { return within(p.Email) && within(p.Phone) })
}

// decideAgain judges anew what was withheld for a reason.
func (m *Model) decideAgain(reason identity.Reason, match func(Evidence) bool) {
	for i, p := range m.pairs {
		if p.Withheld == reason && match(p) && !m.node(p.Email).blocked && !m.node(p.Phone).blocked {
			m.pairs[i].Withheld = m.linkRefusal(p.Email, p.Phone)
		}
	}
}

// split gives the phone number of a contact to a new one, as old.
func (m *Model) split(id uint64) uint64 {
	n := m.node(id)
	phone, born := n.phone, n.born
	n.phone = ""
	added := m.add("", phone)
	m.node(added).born = born
	for i := range m.pairs {
		if m.pairs[i].Phone == id {
			m.pairs[i].Phone = added
		}
	}
	return added
}

// Block declares that a value identifies nobody; one of the two is "".
func (m *Model) Block(email, phone string) {
	m.step++
	id := m.holder(email, phone)
	switch {
	case id == 0:
		id = m.add(email, phone)
	case len(m.node(id).values()) == 2:
		if added := m.split(id); phone != "" {
			id = added
		}
	}
	m.node(id).blocked = true
	for i, p := range m.pairs {
		if p.Withheld == "" && (p.Email == id || p.Phone == id) {
			m.pairs[i].Withheld = identity.ReasonBlocked
		}
	}
}

// Unblock takes a block back.
func (m *Model) Unblock(email, phone string) {
	id := m.holder(email, phone)
	m.node(id).blocked = false
	recorded := m.pairs
	m.pairs = slices.Clone(m.pairs)
	slices.SortFunc(m.pairs, func(a, b Evidence) int { return cmp.Compare(a.Email+a.Phone, b.Email+b.Phone) }) // by the other contact
	m.decideAgain(identity.ReasonBlocked, func(p Evidence) bool { return p.Email == id || p.Phone == id })
	for i, p := range recorded {
		recorded[i] = m.pairs[m.Find(p.Email, p.Phone)]
	}
	m.pairs = recorded
}

// Blocked lists the contacts whose values are blocked.
func (m *Model) Blocked() []Row {
	var rows []Row
	for _, n := range m.nodes {
		if n.blocked {
			rows = append(rows, Row{ID: n.id, Email: n.email, Phone: n.phone})
		}
	}
	return rows
}

// Erase forgets the values of a contact.
func (m *Model) Erase(id uint64) {
	n := m.node(id)
	m.forget(identity.Observation{Email: n.email, Phone: n.phone})
	n.erased, n.email, n.phone, n.blocked = true, "", "", false
	m.pairs = slices.DeleteFunc(m.pairs, func(p Evidence) bool { return p.Email == id || p.Phone == id })
	m.apart = slices.DeleteFunc(m.apart, func(s [2]uint64) bool { return s[0] == id || s[1] == id })
}

// EraseValue forgets one value, one of the two being "", and returns whose it was.
func (m *Model) EraseValue(email, phone string) uint64 {
	id := m.holder(email, phone)
	n := m.node(id)
	if len(n.values()) == 1 {
		m.Erase(id)
		return id
	}
	m.forget(identity.Observation{Email: email, Phone: phone})
	if email != "" {
		n.email = ""
	} else {
		n.phone = ""
	}
	m.pairs = slices.DeleteFunc(m.pairs, func(p Evidence) bool { return email != "" && p.Email == id || phone != "" && p.Phone == id })
	return id
}

// forget empties the reasons that mention an erased value.
func (m *Model) forget(value identity.Observation) {
	for i, p := range m.pairs {
		if identity.Mentions(p.Why, value) {
			m.pairs[i].Why = ""
		}
	}
}
