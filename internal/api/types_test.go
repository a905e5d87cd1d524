package api

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// Fails when the TypeScript types were generated from another document, also where there is no Node.js.
func TestTypeScriptTypesAreCurrent(t *testing.T) {
	t.Parallel()
	types, err := os.ReadFile("../../client/typescript/identikit.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(types), "\n")
	sum := sha256.Sum256([]byte(openapiJSON))
	if want := "// From internal/api/openapi.json with the SHA-256 " + hex.EncodeToString(sum[:]) + "."; first != want {
		t.Errorf("the types begin with %s, want %s: run make types", first, want)
	}
}
