// A decision: what it would change, the confirmation, and the way back.
// @ts-check
import { html, useState } from "./lib/htm-preact.js";
import { call } from "./api.js";
import { BeforeAfter, Dialog, Failure, toast, useLoaded } from "./ui.js";
import { carryOut } from "./work.js";

/** @typedef {[method: string, path: string, body?: unknown]} Request */

/**
 * @typedef {object} Decision
 * @property {string} title the question
 * @property {string} verb what the button says
 * @property {string} done what is said afterwards
 * @property {Request} request
 * @property {(answer: any) => Request} [undo] the request that takes it back, from the answer
 * @property {string} [text]
 * @property {string} [why] an example of a reason, if the request takes one in its body
 */

/** Asks why. It may be left empty. @param {{reason: string, setReason: (text: string) => void, hint: string}} props */
export function Reason({ reason, setReason, hint }) {
  return html`<label>Why <input value=${reason} maxlength="500" placeholder=${hint} data-first onInput=${(/** @type {any} */ e) => setReason(e.target.value)} /></label>
    <p class="fine">Do not write personal data here.</p>`;
}

/**
 * Shows what a decision would change, by a dry run, and carries it out when it is confirmed.
 * @param {{decision: Decision, close: () => void, decided: () => void}} props
 */
export function Confirm({ decision, close, decided }) {
  const [method, path, body] = decision.request;
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {Error|undefined} */ (undefined));
  const preview = useLoaded(() => call(method, path, { body, dryRun: true }), [path]);
  const ready = preview.data && !busy;
  /** @param {Event} event */
  const confirm = async (event) => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    setError(undefined);
    try {
      const sent = decision.why ? { .../** @type {object} */ (body), reason } : body;
      await carryOut([method, path, sent], { done: decision.done, undo: decision.undo, decided });
      close();
      decided();
    } catch (e) {
      setError(/** @type {Error} */ (e));
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${decision.title} close=${close}>
    ${decision.text && html`<p>${decision.text}</p>`}
    ${preview.error && html`<${Failure} error=${preview.error} retry=${preview.reload} />`}
    ${preview.data?.before && html`<${BeforeAfter} change=${preview.data} />`}
    ${!preview.data && !preview.error && html`<p class="loading">Working out what would change…</p>`}
    ${error && html`<${Failure} error=${error} />`}
    <form onSubmit=${confirm}>
      ${decision.why && html`<${Reason} reason=${reason} setReason=${setReason} hint=${decision.why} />`}
      <footer>
        <button type="button" onClick=${close}>Cancel</button>
        <button class="primary" aria-disabled=${!ready} data-first=${decision.why ? undefined : true}>${busy ? "Working…" : decision.verb}</button>
      </footer>
    </form>
  </${Dialog}>`;
}

/**
 * Says what was done, and offers to undo it, also by the key u.
 * @param {string} done
 * @param {Request|undefined} undo
 * @param {() => void} changed is called after it was undone
 */
export function announce(done, undo, changed) {
  if (!undo) return toast(done);
  toast(done, {
    label: "Undo",
    run: async () => {
      try {
        await carryOut(undo, { done: "Undone.", decided: changed });
        changed();
      } catch (e) {
        toast(/** @type {Error} */ (e).message);
      }
    },
  });
}
