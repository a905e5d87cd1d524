// Erasing a value, with its receipt.
// @ts-check
import { html, useState } from "./lib/htm-preact.js";
import { call } from "./api.js";
import { count, Dialog, Failure, useOnce } from "./ui.js";

/**
 * Erases one value after it was typed again, and shows the receipt.
 * @param {{contactId: number, value: string, close: () => void, erased: () => void}} props
 */
export function Erase({ contactId, value, close, erased }) {
  const [typed, setTyped] = useState("");
  const [suppress, setSuppress] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {Error|undefined} */ (undefined));
  const [receipt, setReceipt] = useState(/** @type {any} */ (undefined));
  const body = { ...(value.includes("@") ? { email: value } : { phoneNumber: value }), suppress };
  const once = useOnce(body);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      setReceipt(await call("POST", "/erasures", { body, once }));
    } catch (e) {
      setError(/** @type {Error} */ (e));
    }
    setBusy(false);
  };
  const done = () => {
    close();
    erased();
  };
  if (receipt) return html`<${Receipt} receipt=${receipt} close=${done} />`;
  return html`<${Dialog} title="Erase this value for good?" close=${close}>
    <p>The value of contact ${contactId}, everything that was seen with it, and what was decided about it will be deleted. This cannot be undone.</p>
    <form onSubmit=${submit}>
      <label>Type <strong>${value}</strong> to confirm
        <input value=${typed} onInput=${(/** @type {any} */ e) => setTyped(e.target.value)} autocomplete="off" spellcheck=${false} data-first /></label>
      <label class="check"><input type="checkbox" checked=${suppress} onChange=${(/** @type {any} */ e) => setSuppress(e.target.checked)} />
        Do not store it again when it is seen later</label>
      ${error && html`<${Failure} error=${error} />`}
      <footer><button type="button" onClick=${close}>Cancel</button>
        <button class="danger" disabled=${busy || typed !== value}>${busy ? "Erasing…" : "Erase for good"}</button></footer>
    </form>
  </${Dialog}>`;
}

/** @param {{receipt: any, close: () => void}} props */
function Receipt({ receipt, close }) {
  const { removed } = receipt;
  return html`<${Dialog} title="Erased" close=${close}>
    <div class="receipt"><p>This receipt has no personal data and may be kept.</p>
      <dl>
        <dt>Contact</dt><dd>${receipt.contactId}</dd>
        <dt>Erased at</dt><dd>${receipt.erasedAt}</dd>
        <dt>By key</dt><dd>${receipt.keyId ?? "none"}</dd>
        <dt>Left of the contact</dt><dd>${receipt.tombstone ? "only its id" : "its other value"}</dd>
        <dt>Kept out from now on</dt><dd>${receipt.suppressed ? "yes" : "no"}</dd>
        <dt>Deleted</dt><dd>${count(removed.observations, "observation")}, ${count(removed.refusals, "refusal")}, ${count(removed.separations, "separation")}, ${count(removed.blocks, "block")}</dd>
        <dt>Customers left</dt><dd>${receipt.after.map((/** @type {any} */ c) => c.primaryContactId).join(", ") || "none"}</dd>
      </dl></div>
    <footer><button type="button" onClick=${() => window.print()}>Print</button><button type="button" class="primary" data-first onClick=${close}>Close</button></footer>
  </${Dialog}>`;
}
