package api

import (
	"net/http"
	"slices"
	"sync"

	"github.com/identikit/identikit/internal/identity"
)

// The codes that only HTTP has. Those of the domain are in package identity.
const (
	codeKeyMissing           identity.Code = "key-missing"
	codeKeyInvalid           identity.Code = "key-invalid"
	codeNoKeys               identity.Code = "no-keys"
	codeSessionEnded         identity.Code = "session-ended"
	codeScopeMissing         identity.Code = "scope-missing"
	codeForeignOrigin        identity.Code = "foreign-origin"
	codePathNotFound         identity.Code = "path-not-found"
	codeMethodNotAllowed     identity.Code = "method-not-allowed"
	codeBodyTimeout          identity.Code = "body-timeout"
	codeRequestTooLarge      identity.Code = "request-too-large"
	codeAnswerTooLarge       identity.Code = "answer-too-large"
	codeUnsupportedMediaType identity.Code = "unsupported-media-type"
	codeUnknownHost          identity.Code = "unknown-host"
	codeQuotaExceeded        identity.Code = "quota-exceeded"
	codeTooManyFailures      identity.Code = "too-many-failures"
	codeTooManyStreams       identity.Code = "too-many-streams"
)

// problemsPath is where the problems are explained. The type of a problem is this path, a slash and its code.
const problemsPath = "/problems"

// problemType is what all problems with one code have in common.
type problemType struct {
	Code    identity.Code
	Status  int
	Title   string
	Meaning string
	Remedy  string // how to get out of it
}

// typeOf returns the type with the code, or false.
func typeOf(code identity.Code) (problemType, bool) {
	t, known := typesByCode()[code]
	return t, known
}

//nolint:gochecknoglobals // it is computed once and never changes
var typesByCode = sync.OnceValue(func() map[identity.Code]problemType {
	types := map[identity.Code]problemType{}
	for _, t := range problemTypes() {
		types[t.Code] = t
	}
	return types
})

// problemTypes are all problems that the service can answer with. A code is public: its meaning and its name never
// change. docs/problems.md and openapi.json list the same in the same order; tests compare them.
func problemTypes() []problemType {
	return slices.Concat(requestProblems(), accessProblems(), repeatProblems(), decisionProblems(), serviceProblems())
}

func requestProblems() []problemType {
	return []problemType{
		{identity.CodeInvalidRequest, http.StatusBadRequest, "Invalid request",
			"The JSON, a member, a query parameter or a header is not what the operation takes, or members contradict each other.",
			"The detail says what would be accepted, and /openapi.json describes every request."},
		{identity.CodeInvalidValue, http.StatusBadRequest, "Invalid value",
			"An e-mail address or a phone number is malformed. field says which of the two.",
			"Correct the value as the detail says, or leave it out. Nothing of this observation was stored."},
		{identity.CodeCursorAhead, http.StatusBadRequest, "Cursor ahead of the feed",
			"The cursor is newer than the newest event. It comes from another service, or the database was restored from a backup.",
			"Read all contacts again from an export, then follow the feed from the cursor that the detail names."},
		{codePathNotFound, http.StatusNotFound, "Path not found",
			"No operation has this path.",
			"Check the path, including upper and lower case and a slash at its end. /openapi.json lists all paths."},
		{identity.CodeRecordNotFound, http.StatusNotFound, "Record not found",
			"There is no such contact, observation, refusal, separation, block, suppression or key, or no contact holds this value.",
			"Check the id or the value. If you repeated a request whose answer was lost, its work may be done already."},
		{codeMethodNotAllowed, http.StatusMethodNotAllowed, "Method not allowed",
			"The path exists, but not with this method.",
			"Use one of the methods that the header Allow lists."},
		{codeBodyTimeout, http.StatusRequestTimeout, "Body timeout",
			"The body of the request took longer to arrive than the setting REQUEST_TIMEOUT allows. Nothing was done.",
			"Send the request again. If the connection is slow, send smaller batches."},
		{identity.CodeContactErased, http.StatusGone, "Contact erased",
			"The contact was erased, and its id is never used again. Its values can no longer be suppressed, because they are no longer known.",
			"Delete your own copy of the contact. If its values are seen again, they get a new contact, unless they are suppressed."},
		{identity.CodeEventsExpired, http.StatusGone, "Events expired",
			"The events after the cursor are older than the setting EVENTS_RETENTION and were deleted.",
			"Read all contacts again from an export, then follow the feed from the cursor that the detail names."},
		{codeRequestTooLarge, http.StatusRequestEntityTooLarge, "Request too large",
			"The body has too many bytes, or the batch too many elements. Nothing was done.",
			"Send less at a time. The detail names the limit."},
		{codeAnswerTooLarge, http.StatusRequestEntityTooLarge, "Answer too large",
			"All observations of the batch were linked, but the answer would have too many values.",
			"If you need the answers, send the same observations again in smaller batches. Repeating them is safe."},
		{codeUnsupportedMediaType, http.StatusUnsupportedMediaType, "Unsupported media type",
			"The body is not declared as plain JSON.",
			"Send the header Content-Type: application/json, and no compression."},
		{identity.CodeIdentifiesNobody, http.StatusUnprocessableEntity, "Identifies nobody",
			"Every value of the observation is blocked, screened out or permanently erased. Nothing was stored.",
			"Usually nothing. If a value was blocked by mistake, end its block with DELETE /blocked; " +
				"if it was erased by mistake, end its suppression with DELETE /suppressions."},
	}
}

func accessProblems() []problemType {
	return []problemType{
		{codeKeyMissing, http.StatusUnauthorized, "API key missing",
			"The operation needs an API key, and the request has none.",
			"Send a key in the header Authorization: Bearer idk_…. An operator can create one with identikit keys create or POST /keys."},
		{codeKeyInvalid, http.StatusUnauthorized, "API key invalid",
			"The API key does not exist, was revoked or has expired.",
			"Use another key. identikit keys list and GET /keys show which keys work."},
		{codeSessionEnded, http.StatusUnauthorized, "Session ended",
			"The session of the browser was ended, has expired, or its API key no longer works.",
			"Sign in again with a key that works."},
		{codeNoKeys, http.StatusUnauthorized, "No API keys",
			"The operation needs an API key, but there is no key that works.",
			"Create the first one on the command line: identikit keys create --name NAME --scopes all"},
		{codeScopeMissing, http.StatusForbidden, "Scope missing",
			"The API key works, but does not have the scope that the operation needs.",
			"Use a key with the scope that the detail names. The scopes of a key never change; create another key if none has it."},
		{identity.CodeGrantTooWide, http.StatusForbidden, "Grant too wide",
			"A key can only create or rotate keys whose scopes it has itself.",
			"Ask for fewer scopes, use a key that has them, or use the command line, which may grant all."},
		{codeForeignOrigin, http.StatusForbidden, "Foreign origin",
			"A web page of another origin sent the request, and that origin is not allowed.",
			"If the page is yours, list its origin in the setting CORS_ORIGINS. Other programs should send neither Origin nor Sec-Fetch-Site."},
		{codeUnknownHost, http.StatusMisdirectedRequest, "Unknown host",
			"The Host header has a name that is not listed in the setting ALLOWED_HOSTS.",
			"Add the name to ALLOWED_HOSTS, or use one that it lists."},
		{codeQuotaExceeded, http.StatusTooManyRequests, "Quota exceeded",
			"The API key has sent more requests than its rate allows. An element of a batch counts as one request. Nothing was done.",
			"Wait as many seconds as Retry-After says, then send the request again. The header RateLimit shows what is left; " +
				"a key can have its own rate."},
		{codeTooManyFailures, http.StatusTooManyRequests, "Too many failures",
			"Too many requests with a wrong API key came from this address.",
			"Correct the key, then wait as many seconds as Retry-After says. Requests with a working key are not affected."},
		{codeTooManyStreams, http.StatusTooManyRequests, "Too many streams",
			"The API key has as many open streams of events as a key may have.",
			"Close one, or read pages of JSON instead. A program that reconnects should close its old stream first."},
	}
}

func repeatProblems() []problemType {
	return []problemType{
		{identity.CodeRequestInProgress, http.StatusConflict, "Request in progress",
			"The first request with this Idempotency-Key has not ended.",
			"Wait as many seconds as Retry-After says, then send the same request again."},
		{identity.CodeAlreadyDone, http.StatusConflict, "Already done",
			"The request was carried out before. It made the API key that keyId names, whose secret is shown only once.",
			"If you have the secret, use it. Otherwise revoke that key with POST /keys/{id}/revoke, and make another one with a new " +
				"Idempotency-Key."},
		{identity.CodeIdempotencyKeyReused, http.StatusUnprocessableEntity, "Idempotency key reused",
			"The Idempotency-Key was used for another request within the last 24 hours. Nothing was done.",
			"Repeat that request without a change, or use a new key for this one."},
	}
}

func decisionProblems() []problemType {
	return []problemType{
		{identity.CodeNotRetracted, http.StatusConflict, "Observation not retracted",
			"Only a retracted observation can be restored. This one does not link for another reason, which the detail names.",
			"blocked: end the block. separated: delete the separation. fan_out or fuse: accept its refusal."},
		{identity.CodeRefusalDecided, http.StatusConflict, "Refusal decided",
			"The refusal was already decided the other way: accepted instead of dismissed, or dismissed instead of accepted.",
			"To change the decision, retract or restore the observation that the detail names."},
		{identity.CodeValueBlocked, http.StatusConflict, "Value blocked",
			"A value of the observation is blocked because it identifies nobody, so the observation cannot link.",
			"If the block is wrong, end it with DELETE /blocked, and send the request again."},
		{identity.CodeContactsSeparated, http.StatusConflict, "Contacts separated",
			"The observation would unite contacts that were declared to be different people.",
			"If they are the same person after all, delete the separation with DELETE /separations, and send the request again."},
		{identity.CodeContactsLinked, http.StatusConflict, "Contacts linked",
			"The two contacts cannot be separated, because observations link them: they are one customer.",
			"Retract the observations in explanation that link them wrongly (POST /observations/{id}/retract), then separate the contacts."},
		{identity.CodeValueErased, http.StatusConflict, "Value erased",
			"The value was erased with suppress, so it cannot be stored. It cannot link anything and need not be blocked.",
			"Usually nothing. To let the value in again, end its suppression with DELETE /suppressions."},
		{identity.CodeErasureKeyMissing, http.StatusConflict, "Erasure key missing",
			"Suppressed values are recognized by digests under the key in the setting ERASURE_KEY, which is not set.",
			"Set ERASURE_KEY and restart the service, or send the request without suppress, or use the id of the suppression."},
		{identity.CodeKeyNotRotatable, http.StatusConflict, "API key not rotatable",
			"The API key is revoked, has expired, or is that of the setting ADMIN_KEY.",
			"Create a new key instead. To replace the key of ADMIN_KEY, change the setting."},
	}
}

func serviceProblems() []problemType {
	return []problemType{
		{identity.CodeInternal, http.StatusInternalServerError, "Internal error",
			"The request failed because of an error in the service.",
			"Report the requestId to the operator of the service: the log has the cause under the same request_id."},
		{identity.CodeUnavailable, http.StatusServiceUnavailable, "Unavailable",
			"The database did not answer in time or cannot be reached. The request may have been carried out.",
			"Wait as many seconds as Retry-After says, then send the same request again. Repeating it is safe."},
		{identity.CodeOutcomeUnknown, http.StatusServiceUnavailable, "Outcome unknown",
			"The request was not completed in time. It may have been carried out, and repeating it might do its work twice.",
			"Look whether it was carried out before you repeat it. With an Idempotency-Key, repeating it would be safe."},
		{identity.CodeOverloaded, http.StatusServiceUnavailable, "Overloaded",
			"Too many requests, batches or streams are open. Nothing was done.",
			"Wait as many seconds as Retry-After says, then send the request again. For fewer requests, use POST /identify/batch."},
	}
}
