package doctor

import (
	"fmt"
	"strconv"
)

const mebibyte = 1 << 20

// leastPacket is more than the longest statement, in bytes.
const leastPacket = 4 * mebibyte

// checkConnections compares the limits of the server with what one process opens.
func checkConnections(s server, o Options) []Finding {
	limit, open := s.global.number("max_connections"), s.status.number("threads_connected")
	need := uint64(max(o.Connections, 0))
	if most := s.session.number("max_user_connections"); most > 0 && most < need {
		return []Finding{{Level: Wrong, Found: fmt.Sprintf("The account may have %d connections, and one process opens up to %d.", most, need),
			Advice: "Raise the account's MAX_USER_CONNECTIONS, or lower DATABASE_MAX_CONNECTIONS."}}
	}
	found := fmt.Sprintf("max_connections = %d, %d are open now, and one process opens up to %d.", limit, open, need)
	switch {
	case limit == 0: // TiDB's word for no limit
		return []Finding{fine("max_connections = 0: no limit.")}
	case limit < need:
		return []Finding{{Level: Wrong, Found: found, Advice: "Raise max_connections, or lower DATABASE_MAX_CONNECTIONS."}}
	case open+need > limit:
		return []Finding{{Level: Risk, Found: found,
			Advice: "Raise max_connections, or lower DATABASE_MAX_CONNECTIONS, unless all processes that you want are connected already."}}
	}
	return []Finding{fine("%s", found)}
}

func checkPacket(s server, _ Options) []Finding {
	n := s.session.number("max_allowed_packet")
	if n < leastPacket {
		return []Finding{{Level: Risk, Found: fmt.Sprintf("max_allowed_packet = %s: a large batch or import may be refused.", size(n)),
			Advice: "Set it to 16 MiB or more."}}
	}
	return []Finding{fine("max_allowed_packet = %s.", size(n))}
}

// checkMemory compares the buffer pool with the tables.
func checkMemory(s server, _ Options) []Finding {
	pool := s.global.number("innodb_buffer_pool_size")
	if s.size.err != nil || pool == 0 {
		return nil
	}
	found := fmt.Sprintf("The buffer pool has %s; the tables and indexes have about %s.", size(pool), size(s.size.value))
	if s.size.value > pool {
		return []Finding{{Level: Note, Found: found,
			Advice: "Raise innodb_buffer_pool_size if the customers in use do not fit: requests then wait for the disk."}}
	}
	return []Finding{fine("%s", found)}
}

// size formats a number of bytes.
func size(n uint64) string {
	switch {
	case n >= 10*1024*mebibyte:
		return strconv.FormatUint(n/(1024*mebibyte), 10) + " GiB"
	case n >= mebibyte:
		return strconv.FormatUint(n/mebibyte, 10) + " MiB"
	}
	return strconv.FormatUint(n/1024, 10) + " KiB"
}
