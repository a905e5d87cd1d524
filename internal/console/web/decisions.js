// What people decided and what is in force, with the way back.
// @ts-check
import { html, useEffect, useState } from "./lib/htm-preact.js";
import { all } from "./api.js";
import { Confirm } from "./decide.js";
import { useKeyNames } from "./keys.js";
import { go, Link } from "./router.js";
import { Failure, Time, useLoaded, Value } from "./ui.js";
import { Continue, useDecided } from "./work.js";

const kinds = [
  { kind: "retractions", title: "Retracted links", none: "No link is retracted." },
  { kind: "separations", title: "Separations", none: "No customers are kept apart." },
  { kind: "blocked", title: "Blocked values", none: "No value is blocked." },
  { kind: "erasures", title: "Erasures", none: "Nothing was erased." },
  { kind: "suppressions", title: "Kept out", none: "No erased value is kept out." },
];

/** @param {{can: (scope: string) => boolean, kind?: string}} props */
export function Decisions({ can, kind: wanted }) {
  const kind = kinds.some((k) => k.kind === wanted) ? /** @type {string} */ (wanted) : kinds[0].kind;
  const [decision, setDecision] = useState(/** @type {import("./decide.js").Decision|undefined} */ (undefined));
  const { data, error, reload } = useLoaded(async () => ({ kind, ...(await all("/" + kind, kind, 2000)) }), [kind]);
  useDecided(reload);
  const nameOf = useKeyNames(can);
  useEffect(() => {
    document.title = "Decisions · Identikit";
  }, []);
  const ready = data?.kind === kind ? data : undefined;
  const entries = ready?.entries ?? [];
  const shown = kinds.find((k) => k.kind === kind);
  const hasReason = kind !== "erasures" && kind !== "suppressions";
  return html`<div class="decisions">
    <header class="head"><h1>Decisions</h1><p>What people decided and what is in force, the newest first.</p></header>
    <div class="tabs" role="tablist">${kinds.map((k) => html`<button type="button" role="tab" aria-selected=${String(k.kind === kind)} onClick=${() => go("/decisions/" + k.kind)}>${k.title}</button>`)}</div>
    ${error && html`<${Failure} error=${error} retry=${reload} />`}
    ${!ready && !error && html`<p class="loading">Loading…</p>`}
    ${ready && entries.length === 0 && html`<div class="empty"><p>${shown?.none}</p></div>`}
    ${entries.length > 0 && html`<table><thead><tr><th scope="col">What</th>${hasReason && html`<th scope="col">Why</th>`}<th scope="col">Who</th><th scope="col">When</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
      <tbody>${entries.map((/** @type {any} */ e) => html`<tr key=${e.id ?? e.observationId ?? e.contactId}><td>${what(kind, e)}</td>${hasReason && html`<td data-label="Why">${e.reason || html`<span class="fine">none given</span>`}</td>`}
        <td data-label="Who">${nameOf(e.keyId)}</td><td data-label="When"><${Time} at=${e.createdAt ?? e.retractedAt ?? e.erasedAt} /></td>
        <td>${kind === "blocked" && can("decisions:write") && html`<${Continue} block=${e} decided=${reload} />`}
          ${kind !== "erasures" && can(kind === "suppressions" ? "erase" : "decisions:write") && html`<button type="button" class="plain" onClick=${() => setDecision(ending(kind, e))}>Take back…</button>`}</td></tr>`)}</tbody></table>
      ${ready?.more && html`<p class="fine">There are more.</p>`}`}
    ${decision && html`<${Confirm} decision=${decision} close=${() => setDecision(undefined)} decided=${reload} />`}
  </div>`;
}

/** @param {string} kind @param {any} e */
function what(kind, e) {
  if (kind === "retractions") {
    return html`<${Link} to=${"/customers/" + e.emailContactId}><${Value} email=${e.email} /></${Link}> and <${Link} to=${"/customers/" + e.phoneContactId}><${Value} phone=${e.phoneNumber} /></${Link}>`;
  }
  if (kind === "erasures") return `${e.tombstone ? "contact" : "a value of contact"} ${e.contactId}${e.suppressed ? ", kept out from now on" : ""}`;
  if (kind === "blocked") {
    return html`<${Link} to=${"/customers/" + e.contactId}><${Value} email=${e.kind === "email" ? e.value : undefined} phone=${e.kind === "email" ? undefined : e.value} /></${Link}>
      ${!e.complete && html` <span class="badge warn">${e.ending ? "its end is not complete" : "not complete"}</span>`}`;
  }
  if (kind === "separations") {
    return html`<${Link} to=${"/customers/" + e.contactId}>contact ${e.contactId}</${Link}> and <${Link} to=${"/customers/" + e.otherContactId}>contact ${e.otherContactId}</${Link}>`;
  }
  return `an erased ${e.kind === "email" ? "e-mail address" : "phone number"}`;
}

/** @param {string} kind @param {any} e @returns {import("./decide.js").Decision} the end of a decision */
function ending(kind, e) {
  if (kind === "retractions") {
    return {
      title: "Link these two values again?", verb: "Restore this link", done: "The link was restored.",
      request: ["POST", `/observations/${e.observationId}/restore`], undo: () => ["POST", `/observations/${e.observationId}/retract`, { reason: e.reason }],
    };
  }
  const request = /** @type {[string, string]} */ (["DELETE", `/${kind}/${e.id}`]);
  if (kind === "separations") {
    return {
      title: "May these two be one customer again?", verb: "End the separation", done: "The separation has ended.", request,
      undo: () => ["PUT", "/separations", { contactId: e.contactId, otherContactId: e.otherContactId, reason: e.reason }],
    };
  }
  if (kind === "blocked") {
    return {
      title: "May this value link customers again?", verb: "End the block", done: "The block has ended.", request,
      undo: () => ["POST", "/blocked", { kind: e.kind, value: e.value, reason: e.reason }],
    };
  }
  return { title: "May this value be stored again?", text: "It is stored when it is seen next. What was erased does not come back.", verb: "Let it in", done: "The value may be stored again.", request };
}
