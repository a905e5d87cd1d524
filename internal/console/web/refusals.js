// The queue: what was observed and not linked, one case after the other.
// @ts-check
import { html, useEffect, useRef, useState } from "./lib/htm-preact.js";
import { call, ProblemError } from "./api.js";
import { Bulk } from "./bulk.js";
import { announce } from "./decide.js";
import { Block, Separate } from "./forms.js";
import { go, Link } from "./router.js";
import { BeforeAfter, Card, count, Failure, reasons, Time, toast, useLoaded, Value } from "./ui.js";
import { useDecided } from "./work.js";

/** @typedef {import("./api.js").Refusal} Refusal */
/** @typedef {{code: string, days: number, value: string}} Filter */

const pageSize = 100;

/** @param {Filter} filter @param {string} after */
async function load(filter, after) {
  const query = `limit=${pageSize}${after ? "&after=" + encodeURIComponent(after) : ""}`;
  const value = filter.value.trim();
  const body = {
    ...(filter.code && { code: filter.code }),
    ...(filter.days && { refusedBefore: new Date(Date.now() - filter.days * 86_400_000).toISOString() }),
    ...(value && (value.includes("@") ? { email: value } : { phoneNumber: value })),
  };
  return call("POST", `/refusals/search?${query}`, { body });
}

/** The queue, at first of one code. @param {{can: (scope: string) => boolean, code?: string}} props */
export function Refusals({ can, code = "" }) {
  const [filter, setFilter] = useState(/** @type {Filter} */ ({ code: reasons[code] ? code : "", days: 0, value: "" }));
  const [queue, setQueue] = useState(/** @type {Refusal[]} */ ([]));
  const [next, setNext] = useState("");
  const [at, setAt] = useState(0);
  const [chosen, setChosen] = useState(/** @type {Set<number>} */ (new Set()));
  const [bulk, setBulk] = useState("");
  const { data, error, reload } = useLoaded(() => load(filter, ""), [filter]);
  useDecided(reload);
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => {
    if (!data) return;
    setQueue(data.refusals);
    setNext(data.next || "");
    setAt(0);
    setChosen(new Set());
  }, [data]);
  useEffect(() => {
    document.title = "Refusals · Identikit";
  }, []);
  const current = queue[at];
  /** @param {number} id */
  const drop = (id) => {
    setQueue((/** @type {Refusal[]} */ old) => old.filter((r) => r.id !== id));
    setAt((/** @type {number} */ old) => Math.max(0, Math.min(old, queue.length - 2)));
  };
  /** @param {number} id */
  const choose = (id) => setChosen((/** @type {Set<number>} */ old) => new Set(old.has(id) ? [...old].filter((o) => o !== id) : [...old, id]));
  useKeys({
    j: () => setAt(Math.min(at + 1, queue.length - 1)),
    k: () => setAt(Math.max(at - 1, 0)),
    x: () => current && can("decisions:write") && choose(current.id),
  });
  useEffect(() => list.current?.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" }), [at]);
  const more = async () => {
    const page = await load(filter, next);
    setQueue([...queue, ...page.refusals]);
    setNext(page.next || "");
  };
  return html`<div class="queue">
    <header class="head"><h1>Refusals</h1><p>What was seen together and not linked. Each case waits for a decision.</p></header>
    <${Filters} filter=${filter} setFilter=${setFilter} />
    ${error && html`<${Failure} error=${error} retry=${reload} />`}
    ${data && queue.length === 0 && html`<div class="empty"><h2>Nothing to decide</h2><p>No refusal is open${filter.code || filter.days || filter.value ? " that matches the filter" : ""}.</p><button type="button" onClick=${reload}>Look again</button></div>`}
    ${queue.length > 0 && html`<div class="columns queue-columns">
      <section aria-label="Queue" ref=${list}>
        ${can("decisions:write") && html`<div class="bulkbar">
          <label class="check"><input type="checkbox" checked=${chosen.size === queue.length} onChange=${() => setChosen(chosen.size === queue.length ? new Set() : new Set(queue.map((/** @type {Refusal} */ r) => r.id)))} /> Select all ${queue.length}</label>
          ${chosen.size > 0 && html`<button type="button" onClick=${() => setBulk("accepted")}>Accept ${chosen.size}…</button><button type="button" onClick=${() => setBulk("dismissed")}>Dismiss ${chosen.size}…</button>`}
        </div>`}
        <ol class="cases">${queue.map((/** @type {Refusal} */ r, /** @type {number} */ i) => html`<li key=${r.id} aria-current=${i === at}>
          ${can("decisions:write") && html`<input type="checkbox" aria-label=${"Select refusal " + r.id} checked=${chosen.has(r.id)} onChange=${() => choose(r.id)} />`}
          <button type="button" class="plain" onClick=${() => setAt(i)}>
            <${Value} email=${r.email} /><${Value} phone=${r.phoneNumber} />
            <span class="badge">${reasons[r.code]?.title ?? r.code}</span> <${Time} at=${r.refusedAt} /></button></li>`)}</ol>
        ${next && html`<button type="button" onClick=${more}>Show more</button>`}
      </section>
      ${current && html`<${Case} refusal=${current} key=${current.id} can=${can} drop=${() => drop(current.id)} reload=${reload} />`}
    </div>`}
    ${bulk && html`<${Bulk} resolution=${bulk} ids=${[...chosen]} close=${() => setBulk("")} />`}
  </div>`;
}

/**
 * Calls a function when a key is pressed, except while something is typed or a dialog is open.
 * @param {Record<string, () => void>} keys
 */
function useKeys(keys) {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const press = (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (/^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === "INPUT" && /** @type {HTMLInputElement} */ (target).type !== "checkbox")) return;
      const act = latest.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

/** @param {{filter: Filter, setFilter: (f: Filter) => void}} props */
function Filters({ filter, setFilter }) {
  const [value, setValue] = useState(filter.value);
  return html`<form class="filters" onSubmit=${(/** @type {Event} */ e) => { e.preventDefault(); setFilter({ ...filter, value }); }}>
    <label>Reason <select value=${filter.code} onChange=${(/** @type {any} */ e) => setFilter({ ...filter, code: e.target.value })}>
      <option value="">all</option>${Object.entries(reasons).map(([code, r]) => html`<option value=${code}>${r.title}</option>`)}</select></label>
    <label>Age <select value=${filter.days} onChange=${(/** @type {any} */ e) => setFilter({ ...filter, days: Number(e.target.value) })}>
      <option value="0">all</option><option value="1">older than a day</option><option value="7">older than a week</option><option value="30">older than a month</option></select></label>
    <label>Value <input type="search" value=${value} placeholder="e-mail address or phone number" onInput=${(/** @type {any} */ e) => setValue(e.target.value)} /></label>
    <button>Filter</button>
  </form>`;
}

/** @param {Refusal} r */
async function loadCase(r) {
  const [left, right, stored] = await Promise.all([
    call("GET", `/contacts/${r.emailContactId}`), call("GET", `/contacts/${r.phoneContactId}`), call("GET", `/refusals/${r.id}`),
  ]);
  /** @type {import("./api.js").Change|undefined} */
  let change;
  let obstacle = "";
  try {
    change = await call("POST", `/refusals/${r.id}/accept`, { dryRun: true });
  } catch (e) {
    if (!(e instanceof ProblemError)) throw e;
    obstacle = e.message;
  }
  return { left: left.contact, right: right.contact, stored, change, obstacle };
}

/** One case: both sides, and what accepting it would do. @param {{refusal: Refusal, can: (scope: string) => boolean, drop: () => void, reload: () => void}} props */
function Case({ refusal, can, drop, reload }) {
  const { data, error, reload: again } = useLoaded(() => loadCase(refusal), [refusal.id]);
  const [form, setForm] = useState("");
  const [busy, setBusy] = useState(false);
  const may = can("decisions:write") && data && !busy;
  /** @param {"accept"|"dismiss"} verb */
  const decide = async (verb) => {
    setBusy(true);
    try {
      const stored = await call("GET", `/refusals/${refusal.id}`);
      if (stored.resolution) {
        toast(`This case was ${stored.resolution} already${stored.keyId ? ` by key ${stored.keyId}` : ""}.`);
        return drop();
      }
      await call("POST", `/refusals/${refusal.id}/${verb}`);
      drop();
      if (verb === "accept") announce("Linked.", ["POST", `/observations/${refusal.observationId}/retract`, { reason: data?.stored.reason }], reload);
      else announce("Dismissed.", ["POST", `/refusals/${refusal.id}/reopen`], reload);
    } catch (e) {
      toast(/** @type {Error} */ (e).message);
      again();
    } finally {
      setBusy(false);
    }
  };
  useKeys({
    a: () => may && !data?.obstacle && decide("accept"),
    d: () => may && decide("dismiss"),
    s: () => may && setForm("separate"),
    b: () => may && setForm("block"),
    g: () => go("/customers/" + refusal.emailContactId),
  });
  if (error && !data) return html`<${Failure} error=${error} retry=${again} />`;
  if (!data) return html`<section class="case"><p class="loading">Loading…</p></section>`;
  const mark = new Set([refusal.email, refusal.phoneNumber].filter(Boolean));
  const same = data.left.primaryContactId === data.right.primaryContactId;
  return html`<section class="case" aria-live="polite">
    <h2>${reasons[refusal.code]?.title ?? refusal.code}</h2>
    <p>${reasons[refusal.code]?.text} <${Value} email=${refusal.email} /> was seen with <${Value} phone=${refusal.phoneNumber} /> <${Time} at=${refusal.refusedAt} />.</p>
    ${data.stored.reason && html`<p>It was retracted for this reason: ${data.stored.reason}</p>`}
    <div class="sides">
      <${Link} to=${"/customers/" + data.left.primaryContactId} class="side"><${Card} contact=${data.left} mark=${mark} level=${3} /></${Link}>
      ${!same && html`<${Link} to=${"/customers/" + data.right.primaryContactId} class="side"><${Card} contact=${data.right} mark=${mark} level=${3} /></${Link}>`}
    </div>
    ${same && html`<p>Both values already belong to one customer, by other links.</p>`}
    <h3>If you accept it</h3>
    ${data.change ? html`<p>${outcome(data.change)}</p><details><summary>Before and after</summary><${BeforeAfter} change=${data.change} /></details>` : html`<p>${data.obstacle}</p>`}
    ${can("decisions:write") && html`<div class="actions">
      <button type="button" class="primary" disabled=${!may || Boolean(data.obstacle)} onClick=${() => decide("accept")}>Accept <kbd>a</kbd></button>
      <button type="button" disabled=${!may} onClick=${() => decide("dismiss")}>Dismiss <kbd>d</kbd></button>
      <button type="button" disabled=${!may || same} onClick=${() => setForm("separate")}>Separate… <kbd>s</kbd></button>
      <button type="button" disabled=${!may} onClick=${() => setForm("block")}>Block a value… <kbd>b</kbd></button>
    </div>`}
    ${form === "separate" && html`<${Separate} contact=${refusal.emailContactId} other=${refusal.phoneContactId} close=${() => setForm("")} done=${reload} />`}
    ${form === "block" && html`<${Block} email=${refusal.email} phone=${refusal.phoneNumber} close=${() => setForm("")} done=${reload} />`}
  </section>`;
}

/** @param {import("./api.js").Change} change */
function outcome({ before, after }) {
  if (!before || !after) return "The customers are too large to show.";
  if (before.length === after.length) return "The link is recorded; no customers are merged.";
  const values = after.reduce((n, c) => n + c.emails.length + c.phoneNumbers.length, 0);
  return `${count(before.length, "customer")} become ${after.length === 1 ? "one" : after.length}, with ${count(values, "value")}.`;
}
