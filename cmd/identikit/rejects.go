package main

import "os"

// rejectsFile is made when the first byte is written: until then an earlier one
// stays, so a mistake on the command line costs nothing. It holds values of
// customers, so only its owner may read it.
type rejectsFile struct {
	name string
	file *os.File
}

// openRejects returns nil without a name. It refuses the file that is imported.
func openRejects(name string, input *os.File) (*rejectsFile, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // none was asked for
	}
	read, err := input.Stat()
	if err != nil {
		return nil, err
	}
	if written, err := os.Stat(name); err == nil && os.SameFile(read, written) {
		return nil, usageError("--rejects names the file that is imported; it would be overwritten")
	}
	return &rejectsFile{name: name}, nil
}

func (r *rejectsFile) Write(p []byte) (n int, err error) {
	if r.file == nil {
		if r.file, err = os.OpenFile(r.name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
			return 0, err
		}
	}
	return r.file.Write(p)
}

// Close returns what the system could not write.
func (r *rejectsFile) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
