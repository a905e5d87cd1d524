package api

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
)

const (
	// maxBatch is the most observations that one request may have. They are linked in one
	// transaction, and other requests wait for its locks.
	maxBatch = 1000
	// maxBatchBody is the largest body in bytes. It has room for maxBatch of the longest
	// observations.
	maxBatchBody = 1 << 20
	// maxBatchValues is the most e-mail addresses and phone numbers that one answer may have.
	// Without a limit, 1,000 elements of 20 bytes that match a large cluster produce an answer of
	// hundreds of megabytes.
	maxBatchValues = 100_000
)

// batchAnswer is the answer to one element: a contact or a problem.
type batchAnswer struct {
	*answer
	Problem *batchProblem `json:"problem,omitempty"`
}

// batchProblem is a problem with the index of its element.
type batchProblem struct {
	problem
	Index int `json:"index"`
}

// identifyBatch links the elements of an array in order and in one transaction, as if they had been
// sent one by one. A malformed element is answered with a problem and does not affect the others.
func (s *server) identifyBatch(c echo.Context) error {
	body, err := readJSON(c.Response().Writer, c.Request(), maxBatchBody)
	if err != nil {
		return err
	}
	elements, err := parseBatch(body)
	if err != nil {
		return err
	}
	// A batch takes a slot after its body was read, so that a slow client does not hold one, and
	// keeps it until the answer is sent, because the answer takes the most memory.
	select {
	case s.batches <- struct{}{}:
		defer func() { <-s.batches }()
	case <-c.Request().Context().Done():
		return &refusal{
			code: identity.CodeOverloaded, detail: "Too many batches are running. Nothing in this batch was linked; send it again.",
		}
	}
	answers, err := s.linkBatch(c, elements)
	if err != nil {
		return err
	}
	return writeArray(c, answers)
}

// linkBatch links the well-formed elements and answers every element.
func (s *server) linkBatch(c echo.Context, elements []json.RawMessage) ([]batchAnswer, error) {
	charge(c, len(elements)-1)
	answers := make([]batchAnswer, len(elements))
	var seen []identity.Observation
	var screened [][]identity.Refusal
	var positions []int
	for i, element := range elements {
		o, refused, err := s.observation(element)
		if err != nil {
			answers[i] = batchRefusal(c, i, err)
			continue
		}
		seen, screened, positions = append(seen, o), append(screened, refused), append(positions, i)
	}
	clusters, err := s.linker.Link(c.Request().Context(), seen)
	if err != nil {
		return nil, err
	}
	if len(clusters) != len(seen) {
		return nil, errors.New("the linker did not answer with one cluster per observation")
	}
	if err := checkBatchValues(clusters); err != nil {
		return nil, err
	}
	for i, cluster := range clusters {
		if a, err := s.answerOf(cluster, screened[i]); err != nil {
			answers[positions[i]] = batchRefusal(c, positions[i], err)
		} else {
			answers[positions[i]].answer = &a
		}
	}
	return answers, nil
}

// checkBatchValues refuses an answer that is too large. It runs after the observations were linked,
// because the size of the clusters is not known before. A batch of one is always answered, as
// /identify would, so that splitting a batch always helps.
func checkBatchValues(clusters []identity.Cluster) error {
	values := 0
	for _, cl := range clusters {
		values += len(cl.Emails) + len(cl.Phones)
	}
	if values <= maxBatchValues || len(clusters) == 1 {
		return nil
	}
	return &refusal{
		code: codeAnswerTooLarge,
		detail: fmt.Sprintf("All observations were linked, but their contacts have %d values and an answer holds at most %d. "+
			"Send smaller batches. Repeating these observations is safe.", values, maxBatchValues),
	}
}

func batchRefusal(c echo.Context, index int, err error) batchAnswer {
	p := batchProblem{problemOf(err, ""), index}
	p.RequestID = idOf(c)
	return batchAnswer{Problem: &p}
}

// parseBatch splits the body into its elements. Its errors are *refusal.
func parseBatch(body []byte) ([]json.RawMessage, error) {
	if err := checkText(body); err != nil {
		return nil, err
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(body, &elements); err != nil || elements == nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, badRequest("", fmt.Sprintf(
				"The body is not valid JSON: syntax error at byte %d. Send an array of at most %d objects.", syntax.Offset, maxBatch))
		}
		return nil, badRequest("", fmt.Sprintf("The body must be an array of at most %d objects.", maxBatch))
	}
	if len(elements) > maxBatch {
		return nil, &refusal{
			code:   codeRequestTooLarge,
			detail: fmt.Sprintf("The array has %d elements. Send at most %d at a time.", len(elements), maxBatch),
		}
	}
	return elements, nil
}
