package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Outcomes is observations by what became of them.
type Outcomes struct {
	Known   int `json:"known"`   // nothing that their customer lacked
	Created int `json:"created"` // a new customer
	Linked  int `json:"linked"`  // a new value of a customer
	Merged  int `json:"merged"`  // two customers became one
	Refused int `json:"refused"` // at least one value was not linked
}

// Statistics is how the service is doing.
type Statistics struct {
	Minutes  []Minute       `json:"minutes"` // the last 60, the oldest first; the last one is not over yet
	Total    Outcomes       `json:"total"`   // of these
	Refusals []OpenRefusals `json:"refusals"`
	Feed     FeedLag        `json:"feed"`
}

// Minute is the observations of one minute.
type Minute struct {
	At time.Time `json:"at"`
	Outcomes
}

// OpenRefusals is the number of refusals in the queue with a code, at most 10,000.
type OpenRefusals struct {
	Code Reason `json:"code"`
	Open int    `json:"open"`
	More bool   `json:"more"` // there are more than that
}

// FeedLag is the events that nobody has read yet, and the age of the oldest.
type FeedLag struct {
	Unnumbered int     `json:"unnumbered"`
	AgeSeconds float64 `json:"ageSeconds"`
}

// Statistics returns the observations of the last hour, the open refusals and the lag of the feed.
func (c *Client) Statistics(ctx context.Context) (Statistics, error) {
	var s Statistics
	err := c.do(ctx, call{method: http.MethodGet, path: "/statistics", query: url.Values{}, reads: true}, &s)
	return s, err
}

// Survey is the survey that runs, and the result of the last one.
type Survey struct {
	Running *RunningSurvey `json:"running"` // nil if none runs
	Result  *SurveyResult  `json:"result"`  // nil before the first one was finished
}

// RunningSurvey is how far a survey is.
type RunningSurvey struct {
	StartedAt time.Time `json:"startedAt"`
	Percent   int       `json:"percent"`
}

// SurveyResult has the largest clusters and hubs of a survey, at most 20 of each, the largest first.
type SurveyResult struct {
	StartedAt  time.Time      `json:"startedAt"`
	FinishedAt time.Time      `json:"finishedAt"`
	Clusters   []LargeCluster `json:"clusters"`
	Hubs       []Hub          `json:"hubs"`
}

// LargeCluster is a cluster, with the values of its primary.
type LargeCluster struct {
	PrimaryContactID uint64 `json:"primaryContactId"`
	Contacts         int    `json:"contacts"`
	Email            string `json:"email"`
	PhoneNumber      string `json:"phoneNumber"`
}

// Hub is a value that was seen with at least three others.
type Hub struct {
	ContactID        uint64 `json:"contactId"`
	PrimaryContactID uint64 `json:"primaryContactId"`
	BlockedValue            // "" if it was erased
	Observations     int    `json:"observations"`
	Blocked          bool   `json:"blocked"`
}

// Survey returns the largest clusters and hubs, as the last survey has found them.
func (c *Client) Survey(ctx context.Context) (Survey, error) {
	var s Survey
	err := c.do(ctx, call{method: http.MethodGet, path: "/survey", query: url.Values{}, reads: true}, &s)
	return s, err
}

// BeginSurvey starts a survey, unless one is running.
func (c *Client) BeginSurvey(ctx context.Context) (Survey, error) {
	var s Survey
	err := c.do(ctx, call{method: http.MethodPost, path: "/survey", query: url.Values{}}, &s)
	return s, err
}
