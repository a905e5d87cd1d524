package linkertest

import (
	"cmp"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// Model is what is stored after any sequence of operations, recomputed from the evidence each time,
// with no thought of speed. Its operations take what the linker's do, and return false where those
// are refused. It is not safe for concurrent use.
type Model struct {
	ClusterValues, EmailsPerPhone, PhonesPerEmail int // bounds, 0 for none

	ids   IDs
	step  int
	nodes []node // by id
	pairs []Evidence
	apart [][2]uint64
}

type node struct {
	id           uint64
	email, phone string
	born         int
	blocked      bool
	erased       bool
}

// Evidence is one recorded observation, by the ids of the contacts that hold its values, and why it
// does not link; "" when it does. Why is the reason that was given for a retraction.
type Evidence struct {
	Email, Phone uint64
	Withheld     identity.Reason
	Why          string
}

// NewModel returns an empty model whose contacts get the given ids.
func NewModel(ids IDs) *Model { return &Model{ids: ids} }

// Link links the observations of one slice.
func (m *Model) Link(observations []identity.Observation) []identity.Cluster {
	m.step++
	var clusters []identity.Cluster
	for _, o := range observations {
		clusters = append(clusters, m.answer(m.link(o)))
	}
	return clusters
}

// Learn is Link without answers: they take nearly all of the time.
func (m *Model) Learn(observations []identity.Observation) {
	m.step++
	for _, o := range observations {
		m.link(o)
	}
}

// link returns the contacts that hold the values, and why these do not link.
func (m *Model) link(o identity.Observation) (e, ph uint64, reason identity.Reason) {
	e, ph, reason = m.place(o)
	if !o.SeenAt.IsZero() {
		for _, id := range []uint64{e, ph} {
			if id != 0 {
				m.node(id).born = min(m.node(id).born, past(o.SeenAt))
			}
		}
	}
	return e, ph, reason
}

// past orders times before each other and before all steps.
func past(t time.Time) int { return int(t.Unix()) - 1<<40 }

// place finds or adds the contacts of an observation and records it.
func (m *Model) place(o identity.Observation) (e, ph uint64, reason identity.Reason) {
	e, ph = m.holder(o.Email, ""), m.holder("", o.Phone)
	if o.Email == "" || o.Phone == "" {
		if e == 0 && ph == 0 {
			m.add(o.Email, o.Phone)
			e, ph = m.holder(o.Email, ""), m.holder("", o.Phone)
		}
		return e, ph, ""
	}
	i := m.Find(e, ph)
	if i >= 0 && m.pairs[i].Withheld != identity.ReasonSeparated {
		return e, ph, m.pairs[i].Withheld
	}
	reason = m.refusalReason(e, ph)
	both := e != 0 && ph != 0 && m.node(e).blocked && m.node(ph).blocked
	switch {
	case both: // it identifies nobody, and nothing is stored
	case i >= 0:
		m.pairs[i].Withheld = reason
	default:
		e, ph = m.addMissing(o, e, ph)
		m.pairs = append(m.pairs, Evidence{Email: e, Phone: ph, Withheld: reason})
	}
	return e, ph, reason
}

// addMissing adds the contacts of values that nobody holds.
func (m *Model) addMissing(o identity.Observation, e, ph uint64) (email, phone uint64) {
	switch {
	case e == 0 && ph == 0:
		id := m.add(o.Email, o.Phone)
		return id, id
	case e == 0:
		e = m.add(o.Email, "")
	case ph == 0:
		ph = m.add("", o.Phone)
	}
	return e, ph
}

// refusalReason tells why a new observation must not link; 0 stands for a value that is new.
func (m *Model) refusalReason(e, ph uint64) identity.Reason {
	if e != 0 && m.node(e).blocked || ph != 0 && m.node(ph).blocked {
		return identity.ReasonBlocked
	}
	return m.linkRefusal(e, ph)
}

func (m *Model) linkRefusal(e, ph uint64) identity.Reason {
	switch {
	case e != 0 && m.PhonesPerEmail > 0 && m.count(func(p Evidence) bool { return p.Email == e }) >= m.PhonesPerEmail,
		ph != 0 && m.EmailsPerPhone > 0 && m.count(func(p Evidence) bool { return p.Phone == ph }) >= m.EmailsPerPhone:
		return identity.ReasonFanOut
	}
	return m.mergeRefusal(e, ph)
}

func (m *Model) mergeRefusal(e, ph uint64) identity.Reason {
	if e == 0 && ph == 0 || m.ClusterValues == 0 && len(m.apart) == 0 {
		return ""
	}
	cluster := m.cluster()
	one, other := cluster[e], cluster[ph] // 0 for a new value
	if one == other {
		return ""
	}
	for _, s := range m.apart {
		if a, b := cluster[s[0]], cluster[s[1]]; a == one && b == other || b == one && a == other {
			return identity.ReasonSeparated
		}
	}
	values := m.values(one) + m.values(other)
	if one == 0 || other == 0 {
		values++
	}
	if m.ClusterValues > 0 && values > m.ClusterValues {
		return identity.ReasonFuse
	}
	return ""
}

// values counts the values of the cluster under a primary.
func (m *Model) values(primary uint64) int {
	values := 0
	for id, p := range m.cluster() {
		if p == primary {
			values += len(m.node(id).values())
		}
	}
	return values
}

func (m *Model) count(match func(Evidence) bool) int {
	n := 0
	for _, p := range m.pairs {
		if p.Withheld == "" && match(p) {
			n++
		}
	}
	return n
}

// Find returns the position of an observation among Evidence, or -1.
func (m *Model) Find(email, phone uint64) int {
	return slices.IndexFunc(m.pairs, func(p Evidence) bool { return p.Email == email && p.Phone == phone })
}

// Evidence lists the observations in the order in which they were recorded.
func (m *Model) Evidence() []Evidence { return slices.Clone(m.pairs) }

// Rows lists the contacts by age, without erased ones.
func (m *Model) Rows() []Row {
	cluster := m.cluster()
	var rows []Row
	for _, n := range m.byAge() {
		r := Row{ID: n.id, Email: n.email, Phone: n.phone}
		if cluster[n.id] != n.id {
			r.LinkedID = cluster[n.id]
		}
		rows = append(rows, r)
	}
	return rows
}

// cluster returns the primary of each contact: contacts that evidence connects, under the oldest.
func (m *Model) cluster() map[uint64]uint64 {
	primary := map[uint64]uint64{}
	for _, n := range m.byAge() {
		if primary[n.id] == 0 {
			m.reach(n.id, n.id, primary)
		}
	}
	return primary
}

func (m *Model) reach(id, root uint64, primary map[uint64]uint64) {
	primary[id] = root
	for _, p := range m.pairs {
		if p.Withheld != "" {
			continue
		}
		if p.Email == id && primary[p.Phone] == 0 {
			m.reach(p.Phone, root, primary)
		}
		if p.Phone == id && primary[p.Email] == 0 {
			m.reach(p.Email, root, primary)
		}
	}
}

func (m *Model) byAge() []node {
	nodes := slices.DeleteFunc(slices.Clone(m.nodes), func(n node) bool { return n.erased })
	slices.SortFunc(nodes, func(a, b node) int { return cmp.Or(cmp.Compare(a.born, b.born), cmp.Compare(a.id, b.id)) })
	return nodes
}

func (m *Model) node(id uint64) *node { return &m.nodes[(id-m.ids.First)/m.ids.Step] }

// holder returns the contact that holds the e-mail or the phone number; 0 for none.
func (m *Model) holder(email, phone string) uint64 {
	for _, n := range m.nodes {
		if email != "" && n.email == email || phone != "" && n.phone == phone {
			return n.id
		}
	}
	return 0
}

func (m *Model) add(email, phone string) uint64 {
	id := m.ids.Nth(uint64(len(m.nodes)) + 1)
	m.nodes = append(m.nodes, node{id: id, email: email, phone: phone, born: m.step})
	return id
}

func (n node) values() []string {
	return slices.DeleteFunc([]string{n.email, n.phone}, func(v string) bool { return v == "" })
}

func (m *Model) answer(e, ph uint64, reason identity.Reason) identity.Cluster {
	var c identity.Cluster
	own := uint64(0)
	if e != 0 {
		if m.node(e).blocked {
			c.Refused = append(c.Refused, identity.NewRefusal(identity.ReasonBlocked, identity.FieldEmail))
		} else {
			own = e
		}
	}
	if ph != 0 {
		switch {
		case m.node(ph).blocked:
			c.Refused = append(c.Refused, identity.NewRefusal(identity.ReasonBlocked, identity.FieldPhone))
		case own == 0:
			own = ph
		case reason != "":
			c.Refused = append(c.Refused, identity.NewRefusal(reason, identity.FieldPhone))
		}
	}
	if own == 0 {
		return c
	}
	return m.render(own, c)
}

func (m *Model) render(member uint64, c identity.Cluster) identity.Cluster {
	cluster := m.cluster()
	c.PrimaryID, c.Emails, c.Phones, c.SecondaryIDs = cluster[member], []string{}, []string{}, []uint64{}
	for _, n := range m.byAge() {
		if cluster[n.id] != c.PrimaryID {
			continue
		}
		if n.email != "" {
			c.Emails = append(c.Emails, n.email)
		}
		if n.phone != "" {
			c.Phones = append(c.Phones, n.phone)
		}
		if n.id != c.PrimaryID {
			c.SecondaryIDs = append(c.SecondaryIDs, n.id)
		}
	}
	return c
}
