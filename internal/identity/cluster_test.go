package identity_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
)

func member(id uint64, second int64, email, phone string) identity.Member {
	return identity.Member{Age: identity.Age{CreatedAt: time.Unix(second, 0), ID: id}, Email: email, Phone: phone}
}

// Catches another order than (created_at, id), a list that is nil, and one that is not led by the
// primary's values.
func TestNewCluster(t *testing.T) {
	t.Parallel()
	members := []identity.Member{member(9, 2, "b", ""), member(1, 3, "", "3"), member(7, 1, "a", "1"), member(4, 2, "", "2")}
	slices.SortFunc(members, func(a, b identity.Member) int { return a.Compare(b.Age) })
	same := func(m identity.Member) identity.Member { return m }
	want := identity.Cluster{
		PrimaryID: 7, Emails: []string{"a", "b"}, Phones: []string{"1", "2", "3"}, SecondaryIDs: []uint64{4, 9, 1},
	}
	if diff := cmp.Diff(want, identity.NewCluster(members, same)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want = identity.Cluster{PrimaryID: 4, Emails: []string{}, Phones: []string{"2"}, SecondaryIDs: []uint64{}}
	if diff := cmp.Diff(want, identity.NewCluster(members[1:2], same)); diff != "" {
		t.Errorf("alone (-want +got):\n%s", diff)
	}
}
