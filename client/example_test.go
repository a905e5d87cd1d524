package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/identikit/identikit/client"
)

// answering starts a stand-in for the service, so that an example can run.
func answering(status int, body string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
}

func ExampleClient_Identify() {
	service := answering(http.StatusOK, `{"contact":{"primaryContactId":1,
		"emails":["lorraine@hillvalley.edu","mcfly@hillvalley.edu"],"phoneNumbers":["123456"],"secondaryContactIds":[23]}}`)
	defer service.Close()

	c, err := client.New(service.URL, client.Options{Key: "idk_4zjq7x2m5c6a_5qxkd3vj2t6mzrb7h4wynacf2e"})
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := c.Identify(context.Background(), client.Observation{Email: "mcfly@hillvalley.edu", PhoneNumber: "123456"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Contact.PrimaryContactID, answer.Contact.Emails)
	// Output: 1 [lorraine@hillvalley.edu mcfly@hillvalley.edu]
}

func ExampleProblem() {
	service := answering(http.StatusConflict, `{"type":"/problems/value-blocked","code":"value-blocked","title":"The value is blocked.",
		"status":409,"detail":"A value of the refusal is blocked. End the block first.","requestId":"5QXKD3VJ2T6MZRB7H4WYNACF2E"}`)
	defer service.Close()

	c, err := client.New(service.URL, client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.AcceptRefusal(context.Background(), 7)
	var problem *client.Problem
	if errors.As(err, &problem) && problem.Code == client.CodeValueBlocked {
		fmt.Println(problem.Detail)
	}
	// Output: A value of the refusal is blocked. End the block first.
}

func ExampleClient_Retract() {
	c, err := client.New("https://identikit.example.com", client.Options{Key: "idk_…"})
	if err != nil {
		fmt.Println(err)
		return
	}
	change, err := c.Retract(context.Background(), 3, "he used her phone", client.DryRun)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d customers would become %d.\n", len(change.Before), len(change.After))
}

func ExampleClient_AllRefusals() {
	c, err := client.New("https://identikit.example.com", client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for refusal, err := range c.AllRefusals(context.Background(), client.Page{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(refusal.ID, refusal.Code, refusal.RefusedAt)
	}
}

// Everything that changes, from the beginning, without a gap and without a repetition. A real program stores the
// cursor in the same transaction as what it makes of the event.
func ExampleClient_StreamEvents() {
	c, err := client.New("https://identikit.example.com", client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range c.StreamEvents(context.Background(), client.Oldest) {
		var problem *client.Problem
		switch {
		case errors.As(err, &problem) && problem.Status == http.StatusGone:
			fmt.Println("The cursor is older than the oldest event: start again from an export.")
			return
		case err != nil:
			fmt.Println(err) // the stream goes on, if that is possible
			continue
		}
		fmt.Println(event.Cursor, event.Kind, event.ContactID)
	}
}

// A request that another process, or this one after a restart, may repeat: its key is stored before it is sent.
func ExampleWithIdempotencyKey() {
	c, err := client.New("https://identikit.example.com", client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ctx = client.WithIdempotencyKey(ctx, "erasure-request-4711")
	receipt, err := c.EraseValue(ctx, client.Observation{Email: "mcfly@hillvalley.edu"}, client.Suppress)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(receipt.ContactID, receipt.ErasedAt)
}
