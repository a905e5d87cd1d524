package store

import "slices"

// ChunkSize is the most values that one statement lists. MariaDB turns a list of 1,000 into a table
// and joins it in any order, and MySQL stops using the index if the ranges of a list need more
// memory than allowed.
const ChunkSize = 500

// InChunks calls read with at most ChunkSize keys at a time, in order, and returns all rows.
// Without keys it does not call read. It stops at the first error.
func InChunks[K, R any](keys []K, read func([]K) ([]R, error)) ([]R, error) {
	var all []R
	for chunk := range slices.Chunk(keys, ChunkSize) {
		rows, err := read(chunk)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// InPairsOfChunks is InChunks for a statement with two lists: read gets at most ChunkSize keys of
// each.
func InPairsOfChunks[K, L, R any](keys []K, others []L, read func([]K, []L) ([]R, error)) ([]R, error) {
	var all []R
	for len(keys) > 0 || len(others) > 0 {
		n, m := min(len(keys), ChunkSize), min(len(others), ChunkSize)
		rows, err := read(keys[:n], others[:m])
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		keys, others = keys[n:], others[m:]
	}
	return all, nil
}
