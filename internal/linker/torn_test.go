package linker_test

import (
	"testing"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when the answer to a known observation mixes two moments: the two values in one cluster, and yet a
// refusal to link them. Reads take several statements, and somebody decides about the observation all the time.
func TestAnswersAreOfOneMoment(t *testing.T) {
	t.Parallel()
	const rounds = 150
	phone := linkertest.Saw("", "4155550101")
	for name, toggle := range map[string]func(*linkertest.System) error{
		"retraction": func(l *linkertest.System) error {
			if _, err := l.Retract(t.Context(), 1, "a test", false); err != nil {
				return err
			}
			_, err := l.Restore(t.Context(), 1, false)
			return err
		},
		"block": func(l *linkertest.System) error {
			b, err := l.Block(t.Context(), phone, "a test", false)
			if err != nil {
				return err
			}
			_, err = l.Unblock(t.Context(), b.ID, false)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := linkertest.Open(t, mysqltest.NewDB(t).Config)
			seen := linkertest.Saw("one@example.com", phone.Phone)
			linkertest.LinkOne(t, l, seen)
			done := make(chan error, 1)
			go func() {
				for range rounds {
					if err := toggle(l); err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
			for n := 0; ; n++ {
				select {
				case err := <-done:
					if err != nil {
						t.Error(err)
					}
					t.Logf("%d answers", n)
					return
				default:
				}
				checkOneMoment(t, linkertest.LinkOne(t, l, seen))
				found, err := l.Find(t.Context(), []identity.Observation{seen})
				if err == nil && found[0].Known {
					checkOneMoment(t, found[0].Cluster)
				}
			}
		})
	}
}

func checkOneMoment(t *testing.T, c identity.Cluster) {
	t.Helper()
	linked := len(c.Emails) == 1 && len(c.Phones) == 1
	if linked != (len(c.Refused) == 0) {
		t.Errorf("%d e-mail addresses and %d phone numbers, %d refused", len(c.Emails), len(c.Phones), len(c.Refused))
	}
}
