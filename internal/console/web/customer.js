// One customer: its values, why they belong together, and what happened.
// @ts-check
import { html, useEffect, useMemo, useState } from "./lib/htm-preact.js";
import { all, call, ProblemError } from "./api.js";
import { Confirm } from "./decide.js";
import { Erase } from "./erase.js";
import { GraphView } from "./graph.js";
import { useKeyNames } from "./keys.js";
import { graphOf } from "./model.js";
import { go, Link } from "./router.js";
import { count, Failure, reasons, Time, useLoaded, Value } from "./ui.js";
import { Continue, useDecided } from "./work.js";

/** @typedef {import("./api.js").Observation} Observation */
/** @typedef {import("./model.js").Node} Node */

/** @param {string} id */
async function load(id) {
  const customer = await call("GET", `/contacts/${id}`);
  const primary = customer.contact.primaryContactId;
  const [observed, events, explained, blocked] = await Promise.all([
    all(`/contacts/${primary}/observations`, "observations"),
    all(`/contacts/${primary}/history`, "events", 1000),
    call("GET", `/contacts/${primary}/explain?with=${primary}`),
    all("/blocked", "blocked", 2000),
  ]);
  const mine = new Set(customer.members.map((/** @type {import("./api.js").Member} */ m) => m.id));
  const interrupted = blocked.entries.filter((b) => !b.complete && mine.has(b.contactId));
  return { customer, primary, observations: /** @type {Observation[]} */ (observed.entries), more: observed.more, events: events.entries, bridges: explained.bridges, interrupted };
}

/** @param {{id: string, can: (scope: string) => boolean}} props */
export function Customer({ id, can }) {
  const { data, error, reload } = useLoaded(() => load(id), [id]);
  useDecided(reload);
  const [decision, setDecision] = useState(/** @type {import("./decide.js").Decision|undefined} */ (undefined));
  const [erasing, setErasing] = useState(/** @type {{contactId: number, value: string}|undefined} */ (undefined));
  const [selected, setSelected] = useState(/** @type {Node[]} */ ([]));
  const [open, setOpen] = useState(/** @type {Set<string>} */ (new Set()));
  const graph = useMemo(() => data && graphOf(data.customer.members, data.observations, data.bridges), [data]);
  useEffect(() => setSelected([]), [id]);
  const why = useLoaded(async () => (selected.length === 2 && data ? { of: selected, chain: await explain(selected[0], selected[1], data.observations) } : undefined), [selected, data]);
  const chain = why.data?.of === selected ? why.data.chain : undefined; // else it is that of other values
  useEffect(() => {
    document.title = data ? `Customer ${data.primary} · Identikit` : "Identikit";
  }, [data]);
  const chained = useMemo(() => new Set((chain || []).map((o) => o.id)), [chain]);
  const names = useMemo(() => selected.map((n) => n.id), [selected]);
  if (error && !data) return html`<${Missing} error=${error} id=${id} retry=${reload} />`;
  if (!data || !graph) return html`<p class="loading">Loading customer ${id}…</p>`;

  /** @param {Node} node */
  const select = (node) => setSelected((/** @type {Node[]} */ old) =>
    old.some((n) => n.id === node.id) ? old.filter((n) => n.id !== node.id) : [...old.slice(-1), node]);
  /** @param {Observation} o */
  const retract = (o) => setDecision({
    title: "Do these two values belong to different people?",
    text: `${o.email} and ${o.phoneNumber} were seen together. If that was wrong, the link between them is retracted and stays retracted when they are seen together again.`,
    verb: "Retract this link", done: "The link was retracted.",
    request: ["POST", `/observations/${o.id}/retract`], undo: () => ["POST", `/observations/${o.id}/restore`], why: "he used her phone",
  });
  /** @param {Observation} o */
  const restore = (o) => setDecision({
    title: "Link these two values again?", text: o.reason && `The link was retracted for this reason: ${o.reason}`,
    verb: "Restore this link", done: "The link was restored.",
    request: ["POST", `/observations/${o.id}/restore`], undo: () => ["POST", `/observations/${o.id}/retract`, { reason: o.reason }],
  });
  const { contact, members } = data.customer;
  const decide = can("decisions:write") ? { retract, restore } : undefined;
  return html`<div class="customer">
    <header class="head">
      <h1>Customer ${data.primary}</h1>
      <p>${count(contact.emails.length, "e-mail address", "e-mail addresses")}, ${count(contact.phoneNumbers.length, "phone number")}; known since <${Time} at=${members[0].createdAt} /></p>
      ${String(data.primary) !== id && html`<p class="note">Contact ${id} is part of this customer now.</p>`}
      ${data.interrupted.map((b) => html`<p class="note" key=${b.id}>${b.ending ? "The end of the block of a value" : "The block of a value"} of contact ${b.contactId} is not complete.
        ${can("decisions:write") && html`<${Continue} block=${b} decided=${reload} />`}</p>`)}
    </header>
    <div class="columns">
      <section aria-label="Graph">
        <${GraphView} graph=${graph} open=${open} selected=${names} chain=${chained} select=${select}
          expand=${(/** @type {string} */ hub) => setOpen((/** @type {Set<string>} */ old) => new Set([...old, hub]))} />
        <${Legend} />
      </section>
      <aside>
        <${Why} selected=${selected} chain=${chain} error=${why.error} retry=${why.reload} decide=${decide} clear=${() => setSelected([])} />
        <${Weak} bridges=${data.bridges} decide=${decide} />
      </aside>
    </div>
    <${Values} members=${members} graph=${graph} selected=${names} select=${select}
      erase=${can("erase") ? (/** @type {number} */ contactId, /** @type {string} */ value) => setErasing({ contactId, value }) : undefined} />
    <${Evidence} observations=${data.observations} more=${data.more} decide=${decide} />
    <${History} events=${data.events} can=${can} />
    ${decision && html`<${Confirm} decision=${decision} close=${() => setDecision(undefined)} decided=${() => { setSelected([]); reload(); }} />`}
    ${erasing && html`<${Erase} ...${erasing} close=${() => setErasing(undefined)} erased=${() => (members.length > 1 ? reload() : go("/"))} />`}
  </div>`;
}

/** @param {{error: Error, id: string, retry: () => void}} props */
function Missing({ error, id, retry }) {
  const status = error instanceof ProblemError ? error.problem.status : 0;
  if (status === 404 || status === 410) {
    return html`<div class="empty"><h1>${status === 410 ? "This customer was erased" : `There is no customer ${id}`}</h1>
      <p>${error.message}</p><p><${Link} to="/">Search again</${Link}></p></div>`;
  }
  return html`<${Failure} error=${error} retry=${retry} />`;
}

/**
 * What joins two values, as observations from the one to the other.
 * @param {Node} a @param {Node} b @param {Observation[]} observations
 * @returns {Promise<Observation[]>} empty if nothing does
 */
async function explain(a, b, observations) {
  const direct = observations.find((o) => !o.withheld && [a, b].every((n) => (n.kind === "email" ? o.emailContactId : o.phoneContactId) === n.contactId));
  if (direct && a.kind !== b.kind) return [direct];
  const answer = await call("GET", `/contacts/${a.contactId}/explain?with=${b.contactId}`);
  return answer.chain;
}

/** @typedef {{retract: (o: Observation) => void, restore: (o: Observation) => void}|undefined} Decide */

/** @param {{selected: Node[], chain: Observation[]|undefined, error: Error|undefined, retry: () => void, decide: Decide, clear: () => void}} props */
function Why({ selected, chain, error, retry, decide, clear }) {
  if (selected.length < 2) {
    return html`<section class="panel why" aria-live="polite"><h2>Why do two values belong together?</h2>
      <p>${selected.length === 0 ? "Choose two values, in the graph or in the table." : html`<${NodeValue} node=${selected[0]} /> and …? Choose another value.`}</p></section>`;
  }
  return html`<section class="panel why" aria-live="polite">
    <h2>Why do they belong together?</h2>
    <p><${NodeValue} node=${selected[0]} /> and <${NodeValue} node=${selected[1]} /></p>
    ${error && html`<${Failure} error=${error} retry=${retry} />`}
    ${chain === undefined && !error && html`<p class="loading">Looking…</p>`}
    ${chain?.length === 0 && html`<p>They do not: no link leads from the one to the other.</p>`}
    ${chain && chain.length > 0 && html`<ol class="chain">${chain.map((o) => html`<li key=${o.id}><${Seen} o=${o} decide=${decide} /></li>`)}</ol>`}
    <button type="button" class="plain" onClick=${clear}>Choose others</button>
  </section>`;
}

/** @param {{node: Node}} props */
function NodeValue({ node }) {
  return node.kind === "email" ? html`<${Value} email=${node.text} />` : html`<${Value} phone=${node.text} />`;
}

/** An observation, and what can be decided about it. @param {{o: Observation, decide: Decide}} props */
function Seen({ o, decide }) {
  return html`<div class="seen">
    <div><${Value} email=${o.email} /> was seen with <${Value} phone=${o.phoneNumber} /> <${Time} at=${o.firstSeenAt} /></div>
    ${decide && !o.withheld && html`<button type="button" onClick=${() => decide.retract(o)}>That was wrong…</button>`}
    ${decide && o.withheld === "retracted" && html`<button type="button" onClick=${() => decide.restore(o)}>Link them again…</button>`}
  </div>`;
}

/** The links without which the customer falls apart. @param {{bridges: import("./api.js").Bridge[], decide: Decide}} props */
function Weak({ bridges, decide }) {
  const weak = bridges.filter((b) => b.observation && Math.min(...b.parts) > 1).slice(0, 5);
  if (weak.length === 0) return null;
  return html`<section class="panel weak"><h2>What holds this customer together</h2>
    <p>Without one of these links, it would be two customers.</p>
    <ul>${weak.map((b) => html`<li key=${b.observation?.id}>
      <strong>${b.parts.join(" and ")} values</strong>
      <${Seen} o=${/** @type {Observation} */ (b.observation)} decide=${decide} />
    </li>`)}</ul>
  </section>`;
}

/** @param {{members: import("./api.js").Member[], graph: import("./model.js").Graph, selected: string[], select: (n: Node) => void, erase?: (contactId: number, value: string) => void}} props */
function Values({ graph, selected, select, erase }) {
  const mine = graph.nodes.filter((n) => n.mine);
  const [shown, setShown] = useState(50);
  return html`<section><h2>Values</h2>
    <table><thead><tr><th scope="col">Value</th><th scope="col">Contact</th><th scope="col">First seen</th><th scope="col">Links</th>${erase && html`<th scope="col"><span class="hidden">Actions</span></th>`}</tr></thead>
    <tbody>${mine.slice(0, shown).map((n) => html`<tr key=${n.id} class=${selected.includes(n.id) ? "selected" : ""}>
      <td><button type="button" class="plain pick" aria-pressed=${String(selected.includes(n.id))} onClick=${() => select(n)}><${NodeValue} node=${n} /></button></td>
      <td data-label="Contact">${n.contactId}</td><td data-label="First seen"><${Time} at=${n.since} /></td>
      <td data-label="Links">${graph.edges.filter((e) => !e.observation.withheld && (e.source === n.id || e.target === n.id)).length}</td>
      ${erase && html`<td><button type="button" class="plain danger" onClick=${() => erase(n.contactId, n.text)}>Erase…</button></td>`}
    </tr>`)}</tbody></table>
    ${mine.length > shown && html`<button type="button" onClick=${() => setShown(mine.length)}>Show all ${mine.length} values</button>`}
  </section>`;
}

/** @param {{observations: Observation[], more: boolean, decide: Decide}} props */
function Evidence({ observations, more, decide }) {
  const [shown, setShown] = useState(50);
  return html`<section><h2>What was seen</h2>
    <table><thead><tr><th scope="col">E-mail address</th><th scope="col">Phone number</th><th scope="col">First seen</th><th scope="col">Linked</th>${decide && html`<th scope="col"><span class="hidden">Actions</span></th>`}</tr></thead>
    <tbody>${observations.slice(0, shown).map((o) => html`<tr key=${o.id}>
      <td><${Value} email=${o.email} /></td><td><${Value} phone=${o.phoneNumber} /></td><td data-label="First seen"><${Time} at=${o.firstSeenAt} /></td>
      <td data-label="Linked">${o.withheld ? html`<span class="badge" title=${reasons[o.withheld]?.text}>${reasons[o.withheld]?.title ?? o.withheld}</span> ${o.reason}` : "yes"}</td>
      ${decide && html`<td>${!o.withheld ? html`<button type="button" class="plain" onClick=${() => decide.retract(o)}>Retract…</button>`
        : o.withheld === "retracted" && html`<button type="button" class="plain" onClick=${() => decide.restore(o)}>Restore…</button>`}</td>`}
    </tr>`)}</tbody></table>
    ${observations.length > shown && html`<button type="button" onClick=${() => setShown(observations.length)}>Show all ${observations.length}</button>`}
    ${more && html`<p class="fine">There are more than ${observations.length}.</p>`}
  </section>`;
}

/** What each kind of event means. */
const kinds = /** @type {Record<string, (e: import("./api.js").HistoryEvent) => unknown>} */ ({
  created: (e) => `Contact ${e.contactId} was first seen`,
  linked: (e) => `Contact ${e.contactId} was added`,
  merged: (e) => html`Customer ${e.contactId} was merged into customer ${e.primaryContactId}`,
  demoted: (e) => `Contact ${e.primaryContactId} turned out to be older than contact ${e.contactId}, and is the primary now`,
  divided: (e) => `Contact ${e.contactId} took over a value of another contact`,
  split: (e) => html`<${Link} to=${"/customers/" + e.contactId}>Customer ${e.contactId}</${Link}> was split off`,
  moved: (e) => `Contact ${e.contactId} moved to customer ${e.primaryContactId}`,
  refused: (e) => `A link was refused (observation ${e.observationId})`,
  retracted: (e) => `A link was retracted (observation ${e.observationId})`,
  restored: (e) => `A link was restored (observation ${e.observationId})`,
  separated: (e) => `Contact ${e.contactId} was separated from another`,
  unseparated: (e) => `A separation of contact ${e.contactId} ended`,
  blocked: (e) => `A value of contact ${e.contactId} was blocked`,
  unblocked: (e) => `The block of a value of contact ${e.contactId} ended`,
  erased: (e) => `Contact ${e.contactId} was erased`,
  value_erased: (e) => `A value of contact ${e.contactId} was erased`,
});

/** @param {{events: import("./api.js").HistoryEvent[], can: (scope: string) => boolean}} props */
function History({ events, can }) {
  const nameOf = useKeyNames(can);
  return html`<section><h2>History</h2><ol class="timeline">
    ${[...events].reverse().map((e, i) => html`<li key=${i} class=${e.kind}><${Time} at=${e.at} /> <span>${kinds[e.kind]?.(e) ?? e.kind}</span>
      ${e.keyId && html`<span class="fine"> by ${nameOf(e.keyId)}</span>`}</li>`)}
  </ol></section>`;
}

function Legend() {
  return html`<ul class="legend" aria-hidden="true">
    <li><svg viewBox="0 0 20 16"><circle class="dot email" cx="10" cy="8" r="6" /></svg>e-mail address</li>
    <li><svg viewBox="0 0 20 16"><rect class="dot phone" x="4" y="2" width="12" height="12" rx="3" /></svg>phone number</li>
    <li><svg viewBox="0 0 30 16"><line class="edge" x1="0" y1="8" x2="30" y2="8" /></svg>seen together</li>
    <li><svg viewBox="0 0 30 16"><line class="edge bridge" x1="0" y1="8" x2="30" y2="8" /></svg>holds two parts together, with so many values</li>
    <li><svg viewBox="0 0 30 16"><line class="edge withheld" x1="0" y1="8" x2="30" y2="8" /></svg>seen, but not linked</li>
  </ul>`;
}
