// The largest customers, and the values that were seen most often, as the last survey has found them.
// @ts-check
import { html, useState } from "./lib/htm-preact.js";
import { call } from "./api.js";
import { Block } from "./forms.js";
import { Link } from "./router.js";
import { BeforeAfter, count, Dialog, Failure, Time, useLoaded, useRefreshed, Value } from "./ui.js";

/** @typedef {{primaryContactId: number, contacts: number, email?: string, phoneNumber?: string}} Large */
/** @typedef {{contactId: number, primaryContactId: number, kind: "email"|"phoneNumber", value?: string, observations: number, blocked: boolean}} Hub */
/** @typedef {{running?: {startedAt: string, percent: number}, result?: {finishedAt: string, clusters: Large[], hubs: Hub[]}}} State */

/** @param {{can: (scope: string) => boolean}} props */
export function Survey({ can }) {
  const [fast, setFast] = useState(false);
  const { data, error, reload } = useRefreshed(() => call("GET", "/survey"), fast ? 1 : 10);
  const [failure, setFailure] = useState(/** @type {Error|undefined} */ (undefined));
  const state = /** @type {State|undefined} */ (data);
  const running = state?.running, result = state?.result;
  if (state && Boolean(running) !== fast) setFast(Boolean(running));
  const begin = async () => {
    setFailure(undefined);
    try {
      await call("POST", "/survey");
    } catch (e) {
      setFailure(/** @type {Error} */ (e));
    }
    reload();
  };
  return html`<section aria-labelledby="survey">
    <div class="head"><h2 id="survey">Largest customers and hubs</h2>
      <p>${result && html`Surveyed <${Time} at=${result.finishedAt} />`}</p>
      <button type="button" disabled=${!state || Boolean(running)} onClick=${begin}>Survey now</button></div>
    ${(failure || error) && html`<${Failure} error=${failure || error} retry=${failure ? begin : reload} />`}
    ${running && html`<p class="progress"><progress max="100" value=${running.percent} aria-label="Survey"></progress> <span>${running.percent} %</span> <span role="status">Surveying. It goes on when you leave this page.</span></p>`}
    ${state && !result && !running && html`<div class="empty"><p>No survey was made yet. It goes through all customers in the background, and finds the largest ones and the values that join most.</p></div>`}
    ${result && html`<div class="halves">
      <${LargestCustomers} clusters=${result.clusters} />
      <${Hubs} hubs=${result.hubs} can=${can} changed=${reload} />
    </div>`}
  </section>`;
}

/** @param {{clusters: Large[]}} props */
function LargestCustomers({ clusters }) {
  return html`<div><h3>Largest customers</h3>
    ${clusters.length === 0 && html`<p class="fine">No customer has more than one contact.</p>`}
    ${clusters.length > 0 && html`<table><thead><tr><th scope="col">Customer</th><th scope="col" class="number">Contacts</th></tr></thead>
      <tbody>${clusters.map((c) => html`<tr key=${c.primaryContactId}>
        <td><${Link} to=${"/customers/" + c.primaryContactId}><${Value} email=${c.email} phone=${c.phoneNumber} /></${Link}> <span class="fine">customer ${c.primaryContactId}</span></td>
        <td class="number">${c.contacts.toLocaleString("en")}</td></tr>`)}</tbody></table>`}</div>`;
}

/** @param {{hubs: Hub[], can: (scope: string) => boolean, changed: () => void}} props */
function Hubs({ hubs, can, changed }) {
  const [asked, setAsked] = useState(/** @type {Hub|undefined} */ (undefined));
  const [block, setBlock] = useState(/** @type {Hub|undefined} */ (undefined));
  return html`<div><h3>Hubs: values seen with the most others</h3>
    ${hubs.length === 0 && html`<p class="fine">No value was seen with more than two others.</p>`}
    ${hubs.length > 0 && html`<table><thead><tr><th scope="col">Value</th><th scope="col" class="number">Seen with</th></tr></thead>
      <tbody>${hubs.map((h) => html`<tr key=${h.kind + h.contactId}>
        <td><${Link} to=${"/customers/" + h.primaryContactId}><${HubValue} hub=${h} /></${Link}>
          ${h.blocked && html` <span class="badge">blocked</span>`}
          ${h.value && !h.blocked && can("decisions:write") && html`<button type="button" class="plain ask" aria-label=${"Would blocking it help? " + h.value} onClick=${() => setAsked(h)}>Would blocking it help?</button>`}</td>
        <td class="number">${h.observations.toLocaleString("en")}</td></tr>`)}</tbody></table>`}
    ${asked && html`<${WouldHelp} hub=${asked} close=${() => setAsked(undefined)} block=${() => { setBlock(asked); setAsked(undefined); }} />`}
    ${block && html`<${Block} email=${block.kind === "email" ? block.value : undefined} phone=${block.kind === "email" ? undefined : block.value} close=${() => setBlock(undefined)} done=${changed} />`}
  </div>`;
}

/** @param {{hub: Hub}} props */
function HubValue({ hub }) {
  return html`<${Value} email=${hub.kind === "email" ? hub.value : undefined} phone=${hub.kind === "email" ? undefined : hub.value} />`;
}

/** What a block would do, by its dry run. @param {{hub: Hub, close: () => void, block: () => void}} props */
function WouldHelp({ hub, close, block }) {
  const { data, error, reload } = useLoaded(() => call("POST", "/blocked", { body: { kind: hub.kind, value: hub.value }, dryRun: true }), []);
  return html`<${Dialog} title="Would blocking it help?" close=${close}>
    <p><${HubValue} hub=${hub} /> was seen with ${count(hub.observations, "other value")}.</p>
    ${error && html`<${Failure} error=${error} retry=${reload} />`}
    ${!data && !error && html`<p class="loading">Working out what would change…</p>`}
    ${data && html`<p class="verdict" role="status">${verdict(hub, data)}</p>`}
    ${data?.before && html`<details><summary>Before and after</summary><${BeforeAfter} change=${data} /></details>`}
    <footer><button type="button" data-first onClick=${close}>Close</button><button type="button" class="primary" disabled=${!data} onClick=${block}>Block it…</button></footer>
  </${Dialog}>`;
}

/**
 * What would become of the customer, without the value itself.
 * @param {Hub} hub
 * @param {{before?: import("./api.js").Contact[], after?: import("./api.js").Contact[], progress: {linking: number, withheld: number}}} dryRun
 */
function verdict(hub, { before, after, progress }) {
  if (!before || !after) {
    return `The customer is too large to say into how many it would come apart. ${count(progress.linking + progress.withheld, "link")} would be withheld, some at a time.`;
  }
  /** @param {import("./api.js").Contact} c */
  const others = (c) => [...c.emails, ...c.phoneNumbers].filter((v) => v !== hub.value).length;
  const parts = after.map(others).filter((n) => n > 0).sort((a, b) => b - a);
  if (parts.length === 0) return "No: no other value depends on it.";
  if (parts.length === 1) return `No: the other ${count(parts[0], "value")} stay one customer, because other links hold them together.`;
  return `Yes, if these are different people: nothing else holds them together. One customer would become ${parts.length}, the largest with ${count(parts[0], "value")}.`;
}
