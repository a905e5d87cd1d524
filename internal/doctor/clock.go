package doctor

import (
	"fmt"
	"time"
)

// maxSkew is how far clocks may differ. The database's clock decides which contact is the oldest.
const maxSkew = time.Second

// checkClock compares the server's clock with that of this process.
func checkClock(s server, _ Options) []Finding {
	found := fmt.Sprintf("The server's clock is %s this machine's.", relation(s.clock.ahead))
	if s.clock.ahead.Abs()-s.clock.within > maxSkew {
		return []Finding{{Level: Risk, Found: found,
			Advice: "Synchronize both with NTP: the time at which a value is stored decides which contact is the oldest."}}
	}
	return []Finding{fine("The server's clock agrees with this machine's within a second.")}
}

// relation says how a clock differs.
func relation(ahead time.Duration) string {
	if ahead < 0 {
		return ahead.Abs().Round(100*time.Millisecond).String() + " behind"
	}
	return ahead.Round(100*time.Millisecond).String() + " ahead of"
}

// compareClocks compares the clocks of several servers with each other.
func compareClocks(servers []server) []Finding {
	var slow, fast *server
	for i, s := range servers {
		if s.err != nil {
			continue
		}
		if slow == nil || s.clock.ahead < slow.clock.ahead {
			slow = &servers[i]
		}
		if fast == nil || s.clock.ahead > fast.clock.ahead {
			fast = &servers[i]
		}
	}
	if slow == fast {
		return nil
	}
	apart := fast.clock.ahead - slow.clock.ahead
	if apart-slow.clock.within-fast.clock.within <= maxSkew {
		return nil
	}
	return []Finding{{Check: "clock", Level: Risk, Servers: []string{slow.address, fast.address},
		Found:  fmt.Sprintf("The clocks of %s and %s differ by %s.", slow.address, fast.address, apart.Round(100*time.Millisecond)),
		Advice: "Synchronize them with NTP: after a switch, new contacts could be older than earlier ones."}}
}
