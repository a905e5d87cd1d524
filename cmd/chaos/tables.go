package main

import (
	"context"
	"database/sql"
)

// row is a contact in the database.
type row struct {
	id, linked   uint64 // linked is 0 for a primary
	email, phone string
	created      string
	blocked      bool
	erased       bool
}

func (r *row) primary() uint64 {
	if r.linked != 0 {
		return r.linked
	}
	return r.id
}

func (r *row) older(other *row) bool {
	return r.created < other.created || r.created == other.created && r.id < other.id
}

// observed is an observation in the database, by the contacts that hold its values.
type observed struct {
	id, email, phone uint64
	withheld         string
}

// tables is what a database holds.
type tables struct {
	contacts     []row
	byID         map[uint64]*row
	byText       map[string]*row
	observations []observed
	separations  [][2]uint64
	blocks       []uint64
}

// readTables reads a database in which nothing happens any more.
func readTables(ctx context.Context, db *sql.DB) (*tables, error) {
	t := &tables{byID: map[uint64]*row{}, byText: map[string]*row{}}
	err := query(ctx, db, `SELECT id, COALESCE(linked_id, 0), COALESCE(email, ''), COALESCE(phone_number, ''), CAST(created_at AS CHAR),
		blocked, deleted_at IS NOT NULL FROM contacts ORDER BY id`, func(scan func(...any) error) error {
		var r row
		err := scan(&r.id, &r.linked, &r.email, &r.phone, &r.created, &r.blocked, &r.erased)
		t.contacts = append(t.contacts, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	for n := range t.contacts {
		r := &t.contacts[n]
		t.byID[r.id], t.byText[r.email], t.byText[r.phone] = r, r, r
	}
	err = query(ctx, db, `SELECT id, email_contact_id, phone_contact_id, COALESCE(withheld, '')
		FROM observations`, func(scan func(...any) error) error {
		var o observed
		err := scan(&o.id, &o.email, &o.phone, &o.withheld)
		t.observations = append(t.observations, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = query(ctx, db, "SELECT contact_id, other_contact_id FROM separations", func(scan func(...any) error) error {
		var s [2]uint64
		err := scan(&s[0], &s[1])
		t.separations = append(t.separations, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, query(ctx, db, "SELECT contact_id FROM blocks", func(scan func(...any) error) error {
		var id uint64
		err := scan(&id)
		t.blocks = append(t.blocks, id)
		return err
	})
}

func query(ctx context.Context, db *sql.DB, text string, each func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// stateOf returns what the tables hold of an island, and the ids of its observations.
func (t *tables) stateOf(i *island) (state, map[pair]uint64) {
	var s state
	values := map[uint64]set{} // by contact
	for text, v := range i.byText {
		if r := t.byText[text]; r != nil {
			s.known |= setOf(v)
			values[r.id] |= setOf(v)
		}
	}
	for _, id := range t.blocks {
		if r := t.byID[id]; r != nil && r.blocked {
			s.blocked |= values[id]
		} else {
			s.ending |= values[id]
		}
	}
	ids := map[pair]uint64{}
	for _, o := range t.observations {
		email, phone := values[o.email]&(1<<perKind-1), values[o.phone]>>perKind<<perKind
		if email == 0 || phone == 0 {
			continue
		}
		p := pair{email.values()[0], phone.values()[0]}
		*s.at(p), ids[p] = reasonOf(o.withheld), o.id
	}
	for _, two := range t.separations {
		one, other := values[two[0]]&(1<<perKind-1), values[two[1]]&(1<<perKind-1)
		if one != 0 && other != 0 {
			s.apart |= apartBit([2]value{one.values()[0], other.values()[0]})
		}
	}
	return s, ids
}
