// How the service is doing: the last hour, the queue, the feed, and where the largest customers are.
// @ts-check
import { html, useEffect } from "./lib/htm-preact.js";
import { call } from "./api.js";
import { Chart, outcomes } from "./chart.js";
import { Survey } from "./survey.js";
import { Link } from "./router.js";
import { count, Failure, reasons, useRefreshed } from "./ui.js";

/** @typedef {import("./chart.js").Minute} Minute */
/** @typedef {{minutes: Minute[], total: Record<import("./chart.js").Outcome, number>, refusals: {code: string, open: number, more: boolean}[], feed: {unnumbered: number, ageSeconds: number}}} Statistics */

/** @param {{can: (scope: string) => boolean}} props */
export function Health({ can }) {
  const { data, error, reload } = useRefreshed(() => call("GET", "/statistics"), 10);
  useEffect(() => {
    document.title = "Health · Identikit";
  }, []);
  const stats = /** @type {Statistics|undefined} */ (data);
  return html`<div class="health">
    <header class="head"><h1>Health</h1><p>What was observed in the last hour, what waits, and what stands out.</p></header>
    ${error && html`<${Failure} error=${error} retry=${reload} />`}
    ${!stats && !error && html`<p class="loading">Loading…</p>`}
    ${stats && html`<section aria-labelledby="hour"><${Hour} stats=${stats} /></section>
      <div class="columns halves">
        <section aria-labelledby="queue"><${Queue} refusals=${stats.refusals} /></section>
        <section aria-labelledby="feed"><${Feed} feed=${stats.feed} /></section>
      </div>`}
    <${Survey} can=${can} />
  </div>`;
}

/** @param {Minute} m */
const sum = (m) => outcomes.reduce((n, o) => n + m[o.name], 0);

/** @param {{stats: Statistics}} props */
function Hour({ stats }) {
  const all = stats.minutes.reduce((n, m) => n + sum(m), 0);
  const last = stats.minutes.slice(-6, -1); // without the current one
  const rate = last.reduce((n, m) => n + sum(m), 0) / last.length;
  return html`<div class="head"><h2 id="hour">The last hour</h2>
      <p>${all > 0 && html`<strong>${count(all, "observation")}</strong>${rate > 0 && `, ${rate.toLocaleString("en", { maximumFractionDigits: rate < 10 ? 1 : 0 })} a minute in the last five minutes`}`}</p></div>
    ${all > 0 ? html`<${Chart} minutes=${stats.minutes} total=${stats.total} />` : html`<div class="empty"><p>Nothing was observed. What comes in is shown here within half a minute.</p></div>`}`;
}

/** @param {{refusals: Statistics["refusals"]}} props */
function Queue({ refusals }) {
  const open = refusals.filter((r) => r.open > 0);
  return html`<h2 id="queue">Refusals that wait for a decision</h2>
    ${open.length === 0 && html`<p class="fine">There are none.</p>`}
    ${open.length > 0 && html`<table><thead><tr><th scope="col">Reason</th><th scope="col" class="number">Open</th></tr></thead>
      <tbody>${open.map((r) => html`<tr key=${r.code}><td><${Link} to=${"/refusals/" + r.code}>${reasons[r.code]?.title ?? r.code}</${Link}></td>
        <td class="number">${r.open.toLocaleString("en")}${r.more && " or more"}</td></tr>`)}</tbody></table>`}`;
}

/** @param {{feed: Statistics["feed"]}} props */
function Feed({ feed }) {
  return html`<h2 id="feed">Feed of events</h2>
    ${feed.unnumbered === 0
      ? html`<p class="fine">No event waits to be read.</p>`
      : html`<p><strong>${count(feed.unnumbered, "event")}</strong> ${feed.unnumbered === 1 ? "has" : "have"} not been read yet, the oldest for ${duration(feed.ageSeconds)}.</p>
        <p class="fine">Events wait until somebody reads the feed. If nobody follows it, nothing is wrong.</p>`}`;
}

/** @param {number} seconds */
function duration(seconds) {
  for (const [unit, size] of /** @type {[string, number][]} */ ([["day", 86_400], ["hour", 3600], ["minute", 60]])) {
    if (seconds >= size) return count(Math.floor(seconds / size), unit);
  }
  return seconds < 1 ? "less than a second" : count(Math.floor(seconds), "second");
}
