// Small parts that all pages use.
// @ts-check
import { html, useEffect, useMemo, useRef, useState } from "./lib/htm-preact.js";
import { ProblemError } from "./api.js";

/** @typedef {import("./api.js").Contact} Contact */
/** @typedef {import("./api.js").Change} Change */

/** What each reason for not linking two values means. */
export const reasons = /** @type {Record<string, {title: string, text: string}>} */ ({
  retracted: { title: "Link retracted", text: "Somebody decided that these two values do not belong together." },
  separated: { title: "Separated", text: "Linking them would make one customer of two that were declared to be different people." },
  blocked: { title: "Blocked value", text: "One of the values is blocked: it identifies nobody." },
  fan_out: { title: "Too many values", text: "One of the values is already linked to as many others as are allowed." },
  fuse: { title: "Customer too large", text: "The customer would have more values than are allowed." },
});

/** A time, as long ago as it is; its exact value on hover. @param {{at: string}} props */
export function Time({ at }) {
  const date = new Date(at);
  return html`<time datetime=${at} title=${date.toLocaleString()}>${ago(date)}</time>`;
}

/** @param {Date} date */
function ago(date) {
  const seconds = (Date.now() - date.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];
  let value = -seconds;
  for (const [unit, size] of units) {
    if (Math.abs(value) < size) return format.format(Math.round(value), unit);
    value /= size;
  }
  return date.toLocaleDateString();
}

/** @param {number} n @param {string} one @param {string} [many] */
export function count(n, one, many = one + "s") {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** An e-mail address or a phone number. @param {{email?: string, phone?: string}} props */
export function Value({ email, phone }) {
  if (email) return html`<span class="value email"><span class="kind" aria-label="e-mail">@</span>${email}</span>`;
  if (phone) return html`<span class="value phone"><span class="kind" aria-label="phone">☎\uFE0E</span>${phone}</span>`;
  return html`<span class="value gone">erased value</span>`;
}

/** What went wrong, and a way to try again. @param {{error: Error, retry?: () => void}} props */
export function Failure({ error, retry }) {
  const id = error instanceof ProblemError ? error.problem.requestId : "";
  return html`<div class="failure" role="alert">
    <p>${error.message}</p>
    ${retry && html`<button type="button" onClick=${retry}>Try again</button>`}
    ${id && html`<p class="fine">Request ${id}</p>`}
  </div>`;
}

/** The element that had the focus last. @type {Element|null} */
let focused = null;
window.addEventListener("focusin", (event) => { focused = /** @type {Element} */ (event.target); });

/** Moves the focus to the page if the element that had it is gone: the keyboard then goes on from there. */
export function keepFocus() {
  if (focused && !focused.isConnected && document.activeElement === document.body) document.getElementById("main")?.focus();
}

/**
 * Loads data whenever one of the inputs changes.
 * @template T
 * @param {() => Promise<T>} load
 * @param {unknown[]} inputs
 * @returns {{data: T|undefined, error: Error|undefined, reload: () => void}}
 */
export function useLoaded(load, inputs) {
  const [state, setState] = useState(/** @type {{data?: any, error?: Error}} */ ({}));
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let current = true;
    load().then(
      (data) => current && setState({ data }),
      (error) => current && setState((/** @type {any} */ old) => ({ data: old.data, error })),
    );
    return () => {
      current = false;
    };
  }, [...inputs, turn]);
  useEffect(keepFocus, [state]);
  return { ...state, data: state.data, error: state.error, reload: () => setTurn((/** @type {number} */ n) => n + 1) };
}

/**
 * @param {unknown} body
 * @returns {string} a random text, the same one as long as the body is the same
 */
export function useOnce(body) {
  return useMemo(() => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join(""), [JSON.stringify(body)]);
}

/**
 * Loads data, and again some seconds after each time, while the page can be seen.
 * @template T
 * @param {() => Promise<T>} load
 * @param {number} seconds
 * @returns {{data: T|undefined, error: Error|undefined, reload: () => void}}
 */
export function useRefreshed(load, seconds) {
  const loaded = useLoaded(load, []);
  useEffect(() => {
    const again = () => document.hidden || loaded.reload();
    const timer = setTimeout(again, 1000 * seconds);
    document.addEventListener("visibilitychange", again);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, [loaded.data, loaded.error, seconds]);
  return loaded;
}

/** One customer as a card, with a heading of a level. @param {{contact: Contact, mark?: Set<string>, level?: number}} props */
export function Card({ contact, mark, level = 4 }) {
  const shown = 12;
  const values = [
    ...contact.emails.map((email) => ({ text: email, view: html`<${Value} email=${email} />` })),
    ...contact.phoneNumbers.map((phone) => ({ text: phone, view: html`<${Value} phone=${phone} />` })),
  ];
  return html`<article class="card">
    <${"h" + level}>${contact.primaryContactId ? `Customer ${contact.primaryContactId}` : "New customer"}</${"h" + level}>
    <ul>
      ${values.slice(0, shown).map((v) => html`<li class=${mark?.has(v.text) ? "marked" : ""}>${v.view}</li>`)}
      ${values.length > shown && html`<li class="fine">and ${count(values.length - shown, "more value")}</li>`}
    </ul>
  </article>`;
}

/** What a decision changes, as before and after. @param {{change: Change}} props */
export function BeforeAfter({ change }) {
  const { before, after } = change;
  if (!before || !after) return html`<p>The customers are too large to show.</p>`;
  const same = JSON.stringify(before) === JSON.stringify(after);
  return html`<div class="change">
    <section><h3>Now: ${count(before.length, "customer")}</h3>${before.map((c) => html`<${Card} contact=${c} />`)}</section>
    <div class="arrow" aria-hidden="true">→</div>
    <section>
      <h3>After: ${count(after.length, "customer")}</h3>
      ${same ? html`<p>Nothing changes: other links hold the same values together.</p>` : after.map((c) => html`<${Card} contact=${c} />`)}
    </section>
  </div>`;
}

/**
 * A question in front of the page. Escape closes it. What has data-first gets the focus.
 * @param {{title: string, close: () => void, children?: unknown}} props
 */
export function Dialog({ title, close, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const shown = useRef(true);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    /** @type {HTMLElement|null|undefined} */ (element?.querySelector("[data-first]"))?.focus();
    return () => {
      shown.current = false; // its event comes later, and must not close another dialog
      element?.close();
      setTimeout(keepFocus);
    };
  }, []);
  return html`<dialog ref=${dialog} onClose=${() => shown.current && close()} aria-labelledby="dialog-title">
    <header><h2 id="dialog-title">${title}</h2><button type="button" class="plain" aria-label="Close" onClick=${close}>×</button></header>
    ${children}
  </dialog>`;
}

/**
 * Shows a message for some seconds.
 * @param {string} text
 * @param {{label: string, run: () => void}} [action] such as to undo what was done
 */
export function toast(text, action) {
  window.dispatchEvent(new CustomEvent("toast", { detail: { text, action } }));
}

/** @typedef {{id: number, text: string, action?: {label: string, run: () => void}}} Toast */

/** The place where messages appear. */
export function Toasts() {
  const [shown, setShown] = useState(/** @type {Toast[]} */ ([]));
  const latest = useRef(/** @type {Toast[]} */ ([])); // ahead of what is drawn, so that u never undoes an older decision
  /** @param {Toast[]} toasts */
  const show = (toasts) => {
    latest.current = toasts;
    setShown(toasts);
  };
  /** @param {number} id */
  const remove = (id) => show(latest.current.filter((one) => one.id !== id));
  useEffect(() => {
    let last = 0;
    /** @param {Event} event */
    const add = (event) => {
      const one = { id: ++last, .../** @type {CustomEvent} */ (event).detail };
      show([...latest.current.slice(-2), one]);
      setTimeout(() => remove(one.id), one.action ? 20_000 : 6_000);
    };
    /** Undoes the decision of the newest message. */
    const undo = () => {
      const newest = latest.current.findLast((one) => one.action);
      if (!newest) return;
      remove(newest.id);
      newest.action?.run();
    };
    window.addEventListener("toast", add);
    window.addEventListener("undo", undo);
    return () => {
      window.removeEventListener("toast", add);
      window.removeEventListener("undo", undo);
    };
  }, []);
  return html`<div class="toasts" role="status">
    ${shown.map((/** @type {Toast} */ one) => html`<div class="toast" key=${one.id}>
      <span>${one.text}</span>
      ${one.action && html`<button type="button" onClick=${() => { remove(one.id); one.action?.run(); }}>${one.action.label}</button>`}
      <button type="button" class="plain" aria-label="Close" onClick=${() => remove(one.id)}>×</button>
    </div>`)}
  </div>`;
}
