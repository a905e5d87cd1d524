package main

import "os"

// rejectsFile is created at the first write, so that a mistake on the command line does not
// overwrite an existing file. It contains values, so only its owner may read it.
type rejectsFile struct {
	name string
	file *os.File
}

// openRejects returns nil if there is no name. It refuses the name of the input file.
func openRejects(name string, input *os.File) (*rejectsFile, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // none was asked for
	}
	read, err := input.Stat()
	if err != nil {
		return nil, err
	}
	if written, err := os.Stat(name); err == nil && os.SameFile(read, written) {
		return nil, usageError("--rejects is the file to import; it would be overwritten")
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

// Close returns the error of closing the file.
func (r *rejectsFile) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
