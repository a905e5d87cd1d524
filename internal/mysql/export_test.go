package mysql

import "math"

// Numbers lists the numbers in the table of the server's errors.
func Numbers() (numbers []uint16) {
	for n := range uint16(math.MaxUint16) {
		if reactionTo(n) != fail {
			numbers = append(numbers, n)
		}
	}
	return numbers
}
