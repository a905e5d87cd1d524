package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/statistics"
	"github.com/identikit/identikit/internal/survey"
)

// statisticsAnswer is how the service is doing.
type statisticsAnswer struct {
	Minutes  []minute       `json:"minutes"`
	Total    outcomes       `json:"total"`
	Refusals []openRefusals `json:"refusals"`
	Feed     feedLag        `json:"feed"`
}

type minute struct {
	At string `json:"at"`
	outcomes
}

type outcomes struct {
	Known   int `json:"known"`
	Created int `json:"created"`
	Linked  int `json:"linked"`
	Merged  int `json:"merged"`
	Refused int `json:"refused"`
}

type openRefusals struct {
	Code identity.Reason `json:"code"`
	Open int             `json:"open"`
	More bool            `json:"more"` // there are more than are counted
}

// feedLag is the events that are committed and have no cursor yet.
type feedLag struct {
	Unnumbered int     `json:"unnumbered"`
	AgeSeconds float64 `json:"ageSeconds"`
}

// statistics answers with the outcomes of the last hour, the open refusals and the lag of the feed.
func (s *server) statistics(c echo.Context) error {
	found, err := s.stats.Read(c.Request().Context())
	if err != nil {
		return err
	}
	a := statisticsAnswer{Feed: feedLag{found.Feed.Unnumbered, found.Feed.Age.Seconds()}}
	var total statistics.Outcomes
	for _, m := range found.Minutes {
		a.Minutes = append(a.Minutes, minute{timestamp(m.At), outcomes(m.Outcomes)})
		total = total.Plus(m.Outcomes)
	}
	a.Total = outcomes(total)
	for _, r := range found.Refusals {
		a.Refusals = append(a.Refusals, openRefusals{r.Code, r.N, r.More})
	}
	return writeStored(c, a)
}

// surveyAnswer is the survey that runs and the result of the last one.
type surveyAnswer struct {
	Running *runningSurvey `json:"running,omitempty"` // absent if none runs
	Result  *surveyResult  `json:"result,omitempty"`  // absent before the first one is finished
}

type runningSurvey struct {
	StartedAt string `json:"startedAt"`
	Percent   int    `json:"percent"`
}

type surveyResult struct {
	StartedAt  string         `json:"startedAt"`
	FinishedAt string         `json:"finishedAt"`
	Clusters   []largeCluster `json:"clusters"`
	Hubs       []hub          `json:"hubs"`
}

type largeCluster struct {
	PrimaryID uint64 `json:"primaryContactId"`
	Contacts  int    `json:"contacts"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phoneNumber,omitempty"`
}

type hub struct {
	ContactID    uint64         `json:"contactId"`
	PrimaryID    uint64         `json:"primaryContactId"`
	Kind         identity.Field `json:"kind"`
	Value        string         `json:"value,omitempty"` // absent if it was erased
	Observations int            `json:"observations"`
	Blocked      bool           `json:"blocked"`
}

func surveyAnswerOf(state survey.State) (a surveyAnswer) {
	if r := state.Running; r != nil {
		a.Running = &runningSurvey{timestamp(r.StartedAt), r.Percent}
	}
	if r := state.Result; r != nil {
		a.Result = &surveyResult{timestamp(r.StartedAt), timestamp(r.FinishedAt), []largeCluster{}, []hub{}}
		for _, l := range r.Clusters {
			a.Result.Clusters = append(a.Result.Clusters, largeCluster(l))
		}
		for _, h := range r.Hubs {
			a.Result.Hubs = append(a.Result.Hubs, hub(h))
		}
	}
	return a
}

// survey answers with the survey that runs and the result of the last one.
func (s *server) survey(c echo.Context) error {
	state, err := s.surveyor.Read(c.Request().Context())
	if err != nil {
		return err
	}
	return writeStored(c, surveyAnswerOf(state))
}

// beginSurvey starts a survey unless one runs.
func (s *server) beginSurvey(c echo.Context) error {
	state, err := s.surveyor.Begin(c.Request().Context())
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusAccepted, echo.MIMEApplicationJSON, surveyAnswerOf(state))
}
