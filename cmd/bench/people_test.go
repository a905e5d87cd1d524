package main

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"

	"github.com/identikit/identikit/internal/identity"
)

// Fails if normalization changes the values of a customer: requests would not find what was loaded.
func TestPeopleAreNormalized(t *testing.T) {
	t.Parallel()
	n, err := identity.NewNormalizer("")
	if err != nil {
		t.Fatal(err)
	}
	for number := uint64(0); number < 1_000_000_000; number += 1_234_567 {
		want := person(number)
		for _, want.Phone = range []string{validPhone(number), invalidPhone(number)} {
			got, err := n.Observation(want.Email, want.Phone)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Fatalf("%d: %v\n%s", number, err, diff)
			}
		}
	}
}

// Fails if a profile is not what the table calls it, or its invalid numbers have another length than
// valid ones: the library would refuse those at once.
func TestPhonesAreWhatTheyAreCalled(t *testing.T) {
	t.Parallel()
	const valid, invalid = 300_000_000, 10_000_000 * spacing // how many numbers there are
	for number := uint64(0); number < valid; number += 1_234_500 {
		for phone, want := range map[string]bool{validPhone(number): true, invalidPhone(number % invalid): false} {
			parsed, err := phonenumbers.Parse(phone, "")
			if err != nil {
				t.Fatalf("%s: %v", phone, err)
			}
			if got := phonenumbers.IsValidNumber(parsed); got != want || !phonenumbers.IsPossibleNumber(parsed) {
				t.Errorf("%s: got valid %t, possible %t, want %t, true", phone, got, phonenumbers.IsPossibleNumber(parsed), want)
			}
		}
	}
}

// Fails if a newcomer is already known: less would be written than the table says.
func TestNewcomersAreNew(t *testing.T) {
	t.Parallel()
	p := &people{stored: 1000, phones: validPhone}
	seen := map[string]bool{}
	for i := range p.stored {
		seen[person(i*spacing).Email] = true
	}
	for i := range (spacing - 1) * p.stored {
		if o := p.newcomer(); seen[o.Email] {
			t.Fatalf("newcomer %d has been here", i)
		} else {
			seen[o.Email] = true
		}
	}
}

// Fails if known returns customers that are not stored.
func TestKnownAreStored(t *testing.T) {
	t.Parallel()
	p, random := &people{stored: 3, phones: validPhone}, rand.New(rand.NewPCG(1, 1))
	want := map[identity.Observation]bool{person(0): true, person(spacing): true, person(2 * spacing): true}
	got := map[identity.Observation]bool{}
	for range 200 {
		got[p.known(random)] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Fails if the customers that come back are not spread over all, or a merge is of customers that are merged
// already: it would be a known request.
func TestRegularsMergeOnce(t *testing.T) {
	t.Parallel()
	p := &people{stored: 1000, hot: 100, phones: validPhone}
	want := map[identity.Observation]bool{}
	for i := range p.hot {
		want[person(i*10*spacing)] = true
	}
	byPhone := map[string]identity.Observation{}
	for o := range want {
		byPhone[o.Phone] = o
	}
	got := map[identity.Observation]bool{}
	for range p.hot / 2 {
		o := p.merge()
		other := byPhone[o.Phone]
		for _, customer := range []identity.Observation{other, personOf(o.Email, want)} {
			if got[customer] {
				t.Fatalf("%v is merged twice", customer)
			}
			got[customer] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func personOf(email string, people map[identity.Observation]bool) identity.Observation {
	for o := range people {
		if o.Email == email {
			return o
		}
	}
	return identity.Observation{}
}
