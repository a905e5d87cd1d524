// Decisions that take a reason.
// @ts-check
import { html, useState } from "./lib/htm-preact.js";
import { call } from "./api.js";
import { announce, Reason } from "./decide.js";
import { BeforeAfter, Dialog, Failure, useLoaded, Value } from "./ui.js";
import { carryOut } from "./work.js";

/** Declares two contacts to be different people. @param {{contact: number, other: number, close: () => void, done: () => void}} props */
export function Separate({ contact, other, close, done }) {
  const [reason, setReason] = useState("");
  const [error, setError] = useState(/** @type {Error|undefined} */ (undefined));
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    try {
      const answer = await call("PUT", "/separations", { body: { contactId: contact, otherContactId: other, reason } });
      close();
      done();
      announce("The two customers stay apart from now on.", ["DELETE", `/separations/${answer.id}`], done);
    } catch (e) {
      setError(/** @type {Error} */ (e));
    }
  };
  return html`<${Dialog} title="Keep these two customers apart?" close=${close}>
    <p>They are different people: whatever is seen together later will not merge them.</p>
    <form onSubmit=${submit}>
      <${Reason} reason=${reason} setReason=${setReason} hint="father and son" />
      ${error && html`<${Failure} error=${error} />`}
      <footer><button type="button" onClick=${close}>Cancel</button><button class="primary">Keep apart</button></footer>
    </form>
  </${Dialog}>`;
}

/** Blocks one of two values. @param {{email?: string, phone?: string, close: () => void, done: () => void}} props */
export function Block({ email, phone, close, done }) {
  const [kind, setKind] = useState(phone ? "phoneNumber" : "email");
  const [reason, setReason] = useState("");
  const [error, setError] = useState(/** @type {Error|undefined} */ (undefined));
  const [busy, setBusy] = useState(false);
  const body = { kind, value: kind === "email" ? email : phone };
  const preview = useLoaded(() => call("POST", "/blocked", { body, dryRun: true }), [kind]);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await carryOut(["POST", "/blocked", { ...body, reason }], { done: "The value is blocked.", undo: (b) => ["DELETE", `/blocked/${b.id}`], decided: done });
      close();
      done();
    } catch (e) {
      setError(/** @type {Error} */ (e));
      setBusy(false);
    }
  };
  return html`<${Dialog} title="Block a value?" close=${close}>
    <p>A blocked value identifies nobody: it links no one any more, and what it held together comes apart.</p>
    <form onSubmit=${submit}>
      <fieldset><legend>Which value?</legend>
        ${phone && html`<label class="check"><input type="radio" name="kind" checked=${kind === "phoneNumber"} onChange=${() => setKind("phoneNumber")} /> <${Value} phone=${phone} /></label>`}
        ${email && html`<label class="check"><input type="radio" name="kind" checked=${kind === "email"} onChange=${() => setKind("email")} /> <${Value} email=${email} /></label>`}
      </fieldset>
      <${Reason} reason=${reason} setReason=${setReason} hint="the shop's own number" />
      ${preview.data?.before && html`<${BeforeAfter} change=${preview.data} />`}
      ${(error || preview.error) && html`<${Failure} error=${error || preview.error} />`}
      <footer><button type="button" onClick=${close}>Cancel</button><button class="primary" disabled=${busy}>${busy ? "Working…" : "Block it"}</button></footer>
    </form>
  </${Dialog}>`;
}
