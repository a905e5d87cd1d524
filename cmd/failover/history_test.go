package main

import "testing"

// two returns a history of a caller with two acknowledged customers: contact 1, and contact 2.
func two() (h *history, a, b *customer) {
	a = &customer{contacts: []contact{{id: 1, age: 0, email: "a@x", phone: "11"}}}
	b = &customer{contacts: []contact{{id: 2, age: 1, email: "b@x", phone: "22"}}}
	return &history{customers: []*customer{a, b}}, a, b
}

func answerA() answer { return answer{PrimaryID: 1, Emails: []string{"a@x"}, Phones: []string{"11"}} }

func merged() answer {
	return answer{PrimaryID: 1, Emails: []string{"a@x", "b@x"}, Phones: []string{"11", "22"}, SecondaryIDs: []uint64{2}}
}

// Fails when a wrong answer about a known value passes, or a right one does not.
func TestKnownValueIsJudged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*answer)
		right  bool
	}{
		"as acknowledged":       {func(*answer) {}, true},
		"another primary":       {func(a *answer) { a.PrimaryID = 7 }, false},
		"no primary":            {func(a *answer) { a.PrimaryID = 0 }, false},
		"an e-mail is missing":  {func(a *answer) { a.Emails = nil }, false},
		"a phone is missing":    {func(a *answer) { a.Phones = nil }, false},
		"another's value":       {func(a *answer) { a.Emails = append(a.Emails, "b@x") }, false},
		"a contact that nobody": {func(a *answer) { a.SecondaryIDs = []uint64{9} }, false},
	} {
		h, known, _ := two()
		a := answerA()
		c.change(&a)
		if err := h.checkKnown(known, a); (err == nil) != c.right {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Fails when an answer from before an acknowledged merge passes: a server that was demoted and lags gives
// such answers.
func TestAnswerOlderThanAcknowledgedIsWrong(t *testing.T) {
	t.Parallel()
	h, a, b := two()
	h.begin(observation{"a@x", "22"}, merge(a, b), a, b)
	if err := h.checkKnown(a, answerA()); err != nil {
		t.Errorf("before the merge is acknowledged: %v", err)
	}
	if err := h.checkChange(merged()); err != nil {
		t.Fatalf("the merge: %v", err)
	}
	if len(h.customers) != 1 || h.pending != nil {
		t.Fatalf("%d customers, pending %v", len(h.customers), h.pending)
	}
	if err := h.checkKnown(h.customers[0], answerA()); err == nil {
		t.Error("an answer from before the merge passed")
	}
}

// Fails when a change that one answer shows may be missing in the next.
func TestChangeThatWasSeenMustStay(t *testing.T) {
	t.Parallel()
	h, a, b := two()
	h.begin(observation{"a@x", "22"}, merge(a, b), a, b)
	if err := h.checkKnown(b, merged()); err != nil {
		t.Fatalf("the change under way: %v", err)
	}
	if err := h.checkKnown(h.customers[0], answerA()); err == nil {
		t.Error("an answer without the change passed after one with it")
	}
}

// Fails when the answer to a new value passes that names a contact of somebody else, or lacks the value.
func TestNewValueIsJudged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer answer
		right  bool
	}{
		"a secondary": {answer{1, []string{"a@x"}, []string{"11", "33"}, []uint64{3}, ""}, true},
		"not stored":  {answerA(), false},
		"its own":     {answer{3, []string{"a@x"}, []string{"11", "33"}, []uint64{1}, ""}, false},
		"same id":     {answer{1, []string{"a@x"}, []string{"11", "33"}, []uint64{1}, ""}, false},
		"no id":       {answer{1, []string{"a@x"}, []string{"11", "33"}, []uint64{0}, ""}, false},
		"two":         {answer{1, []string{"a@x"}, []string{"11", "33"}, []uint64{3, 4}, ""}, false},
	} {
		h, a, _ := two()
		h.begin(observation{"a@x", "33"}, a.with(contact{age: 2, phone: "33"}), a)
		if err := h.checkChange(c.answer); (err == nil) != c.right {
			t.Errorf("%s: %v", name, err)
		}
	}
}
