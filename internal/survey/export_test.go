package survey

import "time"

// Small makes a Surveyor read so many entries at once, and hurry.
func (s *Surveyor) Small(chunk int32) *Surveyor {
	s.chunk, s.renewEvery, s.pollEvery, s.retryPause = chunk, 0, 10*time.Millisecond, 10*time.Millisecond
	return s
}

// Silent makes a Surveyor not renew its lease.
func (s *Surveyor) Silent() *Surveyor {
	s.renewEvery = time.Hour
	return s
}

// WithLease sets how long a process may be silent, and how long what fails is tried again.
func (s *Surveyor) WithLease(lease, patience time.Duration) *Surveyor {
	s.lease, s.patience = lease, patience
	return s
}
