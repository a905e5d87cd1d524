package correction

// WithSteps returns a corrector whose blocks, and their ends, take steps of so many observations, and
// which reads only a part of clusters that are larger. It lets small clusters show what large ones do.
func (c *Corrector) WithSteps(size int) *Corrector {
	with := *c
	with.bounds = bounds{step: size, shown: size, read: 2 * size}
	return &with
}
