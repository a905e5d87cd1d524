// API keys: who may do what.
// @ts-check
import { html, useEffect, useMemo, useState } from "./lib/htm-preact.js";
import { all, call } from "./api.js";
import { Dialog, Failure, Time, toast, useLoaded, useOnce } from "./ui.js";

const scopes = [
  ["identify", "link what a checkout has seen"],
  ["contacts:read", "see customers, refusals and decisions"],
  ["decisions:write", "retract, separate, block, accept, dismiss"],
  ["erase", "erase people"],
  ["events:read", "follow the feed"],
  ["keys:write", "make and revoke keys"],
  ["all", "everything"],
];

/**
 * Returns what to call a key: its name, if the person may see the keys.
 * @param {(scope: string) => boolean} can
 * @returns {(id: number|undefined) => string}
 */
export function useKeyNames(can) {
  const { data } = useLoaded(async () => (can("keys:write") ? (await all("/keys", "keys")).entries : []), []);
  const names = new Map((data ?? []).map((/** @type {any} */ k) => [k.id, k.name]));
  return (id) => (id ? (names.has(id) ? `${names.get(id)} (key ${id})` : `key ${id}`) : "no key");
}

export function Keys() {
  const { data, error, reload } = useLoaded(() => all("/keys", "keys"), []);
  const [form, setForm] = useState(/** @type {{kind: string, key?: any}|undefined} */ (undefined));
  const [secret, setSecret] = useState(/** @type {any} */ (undefined));
  useEffect(() => {
    document.title = "Keys · Identikit";
  }, []);
  const close = () => setForm(undefined);
  /** @param {any} made */
  const made = (made) => {
    close();
    setSecret(made);
    reload();
  };
  return html`<div class="keys">
    <header class="head"><h1>API keys</h1><button type="button" class="primary" onClick=${() => setForm({ kind: "create" })}>Make a key</button></header>
    ${error && html`<${Failure} error=${error} retry=${reload} />`}
    ${data && html`<table><thead><tr><th scope="col">Key</th><th scope="col">Scopes</th><th scope="col">Made</th><th scope="col">Last used</th><th scope="col">State</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
      <tbody>${data.entries.map((/** @type {any} */ k) => html`<tr key=${k.id} class=${k.revokedAt ? "over" : ""}>
        <td><strong>${k.name}</strong> <span class="fine">${k.id} ${k.prefix ? `${k.prefix}…` : "from ADMIN_KEY"}</span></td>
        <td>${k.scopes.map((/** @type {string} */ s) => html`<span class="badge">${s}</span> `)}</td>
        <td data-label="Made"><${Time} at=${k.createdAt} /></td><td data-label="Last used">${k.lastUsedAt ? html`<${Time} at=${k.lastUsedAt} />` : "never"}</td><td data-label="State">${state(k)}</td>
        <td>${!k.revokedAt && html`${k.prefix && html`<button type="button" class="plain" onClick=${() => setForm({ kind: "rotate", key: k })}>Rotate…</button>`}
          <button type="button" class="plain danger" onClick=${() => setForm({ kind: "revoke", key: k })}>Revoke…</button>`}</td></tr>`)}</tbody></table>`}
    ${form?.kind === "create" && html`<${Create} close=${close} made=${made} />`}
    ${form?.kind === "rotate" && html`<${Rotate} of=${form.key} close=${close} made=${made} />`}
    ${form?.kind === "revoke" && html`<${Revoke} of=${form.key} close=${close} done=${() => { close(); reload(); }} />`}
    ${secret && html`<${Secret} made=${secret} close=${() => setSecret(undefined)} />`}
  </div>`;
}

/** @param {any} k */
function state(k) {
  if (k.revokedAt) return html`revoked <${Time} at=${k.revokedAt} />${k.reason && html` <span class="fine">${k.reason}</span>`}`;
  if (!k.expiresAt) return "works";
  return html`${new Date(k.expiresAt) > new Date() ? "works until" : "expired"} <${Time} at=${k.expiresAt} />`;
}

/**
 * A form that sends one request.
 * @param {{title: string, verb: string, danger?: boolean, close: () => void, send: () => Promise<void>, children?: unknown}} props
 */
function Form({ title, verb, danger, close, send, children }) {
  const [error, setError] = useState(/** @type {Error|undefined} */ (undefined));
  const [busy, setBusy] = useState(false);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await send();
    } catch (e) {
      setError(/** @type {Error} */ (e));
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} close=${close}><form onSubmit=${submit}>${children}
    ${error && html`<${Failure} error=${error} />`}
    <footer><button type="button" onClick=${close}>Cancel</button><button class=${danger ? "danger" : "primary"} disabled=${busy}>${verb}</button></footer></form></${Dialog}>`;
}

/** @param {{close: () => void, made: (m: any) => void}} props */
function Create({ close, made }) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState(/** @type {string[]} */ (["identify"]));
  const [days, setDays] = useState("");
  const expiresAt = useMemo(() => (days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : undefined), [days]);
  const body = { name, scopes: chosen, ...(expiresAt && { expiresAt }) };
  const once = useOnce(body);
  const send = async () => made(await call("POST", "/keys", { body, once }));
  /** @param {string} s */
  const toggle = (s) => setChosen(chosen.includes(s) ? chosen.filter((/** @type {string} */ c) => c !== s) : [...chosen, s]);
  return html`<${Form} title="Make a key" verb="Make the key" close=${close} send=${send}>
    <label>Who uses it? <input value=${name} maxlength="100" required placeholder="checkout" data-first onInput=${(/** @type {any} */ e) => setName(e.target.value)} /></label>
    <fieldset><legend>What may it do?</legend>${scopes.map(([s, text]) => html`<label class="check"><input type="checkbox" checked=${chosen.includes(s)} onChange=${() => toggle(s)} /> <code>${s}</code> <span class="fine">${text}</span></label>`)}</fieldset>
    <label>Works for <select value=${days} onChange=${(/** @type {any} */ e) => setDays(e.target.value)}><option value="">ever</option><option value="30">30 days</option><option value="90">90 days</option><option value="365">a year</option></select></label>
  </${Form}>`;
}

/** @param {{of: any, close: () => void, made: (m: any) => void}} props */
function Rotate({ of, close, made }) {
  const [seconds, setSeconds] = useState("86400");
  const body = { overlapSeconds: Number(seconds) };
  const once = useOnce(body);
  const send = async () => made(await call("POST", `/keys/${of.id}/rotate`, { body, once }));
  return html`<${Form} title=${`Replace the key ${of.name}?`} verb="Make the new key" close=${close} send=${send}>
    <p>The new key may do the same.</p>
    <label>The old key works for another <select value=${seconds} onChange=${(/** @type {any} */ e) => setSeconds(e.target.value)}>
      <option value="0">0 seconds: it ends now</option><option value="3600">hour</option><option value="86400">day</option><option value="604800">week</option></select></label>
  </${Form}>`;
}

/** @param {{of: any, close: () => void, done: () => void}} props */
function Revoke({ of, close, done }) {
  const [reason, setReason] = useState("");
  const send = async () => {
    await call("POST", `/keys/${of.id}/revoke`, { body: { reason } });
    toast(`The key ${of.name} does not work any more.`);
    done();
  };
  return html`<${Form} title=${`Revoke the key ${of.name}?`} verb="Revoke it" danger close=${close} send=${send}>
    <p>Whoever uses it is refused within a second. This cannot be undone.</p>
    <label>Reason <input value=${reason} maxlength="500" placeholder="it was in a public repository" data-first onInput=${(/** @type {any} */ e) => setReason(e.target.value)} /></label>
  </${Form}>`;
}

/** @param {{made: any, close: () => void}} props */
function Secret({ made, close }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(made.key);
    setCopied(true);
  };
  return html`<${Dialog} title=${`The key ${made.name}`} close=${close}>
    <p>It is shown only now. Store it where the program that uses it will find it.</p>
    <p class="secret"><code>${made.key}</code></p>
    <footer><button type="button" data-first onClick=${copy}>${copied ? "Copied" : "Copy"}</button><button type="button" class="primary" onClick=${close}>I have stored it</button></footer>
  </${Dialog}>`;
}
