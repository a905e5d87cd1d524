// Finds a customer by an e-mail address, a phone number or an id.
// @ts-check
import { html, useEffect, useRef, useState } from "./lib/htm-preact.js";
import { call, ProblemError } from "./api.js";
import { go } from "./router.js";
import { Failure } from "./ui.js";

const storedRecent = "identikit.recent", storedOff = "identikit.recent.off";

/** @typedef {{text: string, id: number}} Recent */

/** @returns {Recent[]} what was looked up in this browser, the newest first */
function recent() {
  try {
    return JSON.parse(localStorage.getItem(storedRecent) || "[]");
  } catch {
    return [];
  }
}

/** @param {Recent} one */
function remember(one) {
  if (localStorage.getItem(storedOff)) return;
  localStorage.setItem(storedRecent, JSON.stringify([one, ...recent().filter((r) => r.text !== one.text)].slice(0, 8)));
}

/** Forgets what was looked up, when somebody signs out. */
export function forget() {
  localStorage.removeItem(storedRecent);
}

/**
 * @param {string} text an e-mail address, a phone number, or an id such as 17 or #17
 * @returns {Promise<number>} the primary of the customer
 */
async function find(text) {
  const id = /^#?(\d{1,20})$/.exec(text)?.[1];
  if (text.startsWith("#") && id) return (await call("GET", `/contacts/${id}`)).contact.primaryContactId;
  const body = text.includes("@") ? { email: text } : { phoneNumber: text };
  try {
    return (await call("POST", "/contacts/search", { body })).contact.primaryContactId;
  } catch (e) {
    if (!id || !(e instanceof ProblemError) || ![400, 404].includes(e.problem.status)) throw e;
    return (await call("GET", `/contacts/${id}`)).contact.primaryContactId;
  }
}

/** @param {{compact?: boolean}} props */
export function SearchBox({ compact }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {Error|undefined} */ (undefined));
  const input = useRef(/** @type {HTMLInputElement|null} */ (null));
  useEffect(() => {
    if (!compact) input.current?.focus();
    const focus = () => input.current?.focus();
    window.addEventListener("focus-search", focus);
    return () => window.removeEventListener("focus-search", focus);
  }, []);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    const sought = text.trim();
    if (!sought) return;
    setBusy(true);
    setError(undefined);
    try {
      const id = await find(sought);
      remember({ text: sought, id });
      setText("");
      go("/customers/" + id);
    } catch (e) {
      setError(e instanceof ProblemError && e.problem.status === 404 ? new Error("Nobody has this value.") : /** @type {Error} */ (e));
    }
    setBusy(false);
  };
  return html`<form class="search ${compact ? "compact" : ""}" role="search" onSubmit=${submit}>
    <label><span class=${compact ? "hidden" : ""}>E-mail address, phone number or customer id</span>
      <input ref=${input} type="search" value=${text} placeholder=${compact ? "Find a customer ( / )" : "lorraine@hillvalley.edu"} autocomplete="off" spellcheck=${false}
        onInput=${(/** @type {any} */ e) => { setText(e.target.value); setError(undefined); }} /></label>
    <button class="primary" disabled=${busy}>${busy ? "Looking…" : "Find"}</button>
    ${error && html`<${Failure} error=${error} />`}
  </form>`;
}

export function Search() {
  const [list, setList] = useState(recent());
  const [off, setOff] = useState(Boolean(localStorage.getItem(storedOff)));
  const toggle = () => {
    if (off) localStorage.removeItem(storedOff);
    else localStorage.setItem(storedOff, "1");
    forget();
    setList([]);
    setOff(!off);
  };
  useEffect(() => {
    document.title = "Search · Identikit";
  }, []);
  return html`<div class="home">
    <h1>Find a customer</h1>
    <${SearchBox} />
    <section class="recent">
      ${list.length > 0 && html`<h2>Recent</h2><ul>${list.map((/** @type {Recent} */ r) => html`<li key=${r.text}>
        <button type="button" class="plain" onClick=${() => go("/customers/" + r.id)}>${r.text}</button> <span class="fine">customer ${r.id}</span></li>`)}</ul>`}
      <p class="fine">${off ? "Look-ups are not remembered." : "Recent look-ups are kept in this browser only."}
        <button type="button" class="plain" onClick=${toggle}>${off ? "Remember them" : "Forget them, and remember none"}</button></p>
    </section>
  </div>`;
}
