// One decision about many refusals.
// @ts-check
import { html, useState } from "./lib/htm-preact.js";
import { call } from "./api.js";
import { count, Dialog, Failure, useLoaded } from "./ui.js";

/** @typedef {{id: number, resolution?: string, problem?: import("./api.js").Problem}} Result */

const atOnce = 500;

/**
 * Previews and carries out one decision about several refusals. It can be closed at any time: what is decided
 * stays decided, and the rest is still in the queue.
 * @param {{resolution: string, ids: number[], close: () => void, done: () => void}} props
 */
export function Bulk({ resolution, ids, close, done }) {
  const [results, setResults] = useState(/** @type {Result[]|undefined} */ (undefined));
  const [error, setError] = useState(/** @type {Error|undefined} */ (undefined));
  const preview = useLoaded(() => resolve(resolution, ids.slice(0, atOnce), true), [ids.length]);
  const verb = resolution === "accepted" ? "Accept" : "Dismiss";
  const run = async () => {
    /** @type {Result[]} */
    const finished = [];
    setResults([]);
    setError(undefined);
    try {
      for (let rest = ids; rest.length > 0; ) {
        const answer = await resolve(resolution, rest.slice(0, atOnce), false);
        const reached = answer.results.filter((/** @type {Result} */ r) => r.resolution || r.problem);
        finished.push(...reached);
        setResults([...finished]);
        rest = rest.slice(reached.length);
      }
    } catch (e) {
      setError(/** @type {Error} */ (e));
    }
  };
  const finish = () => {
    close();
    if (results) done();
  };
  const failed = (results || preview.data?.results || []).filter((/** @type {Result} */ r) => r.problem);
  return html`<${Dialog} title=${`${verb} ${count(ids.length, "refusal")}?`} close=${finish}>
    ${preview.error && html`<${Failure} error=${preview.error} retry=${preview.reload} />`}
    ${!results && !preview.data && !preview.error && html`<p class="loading">Working out what would change…</p>`}
    ${!results && preview.data && html`<p>${summary(preview.data, resolution)}</p>`}
    ${results && html`<p>${results.length} of ${ids.length} are done.</p><progress value=${results.length} max=${ids.length}></progress>`}
    ${failed.length > 0 && html`<section><h3>${count(failed.length, "refusal")} ${results ? "could not be decided" : "cannot be decided"}</h3>
      <ul class="failed">${failed.slice(0, 20).map((/** @type {Result} */ r) => html`<li>Refusal ${r.id}: ${r.problem?.detail}</li>`)}</ul></section>`}
    ${error && html`<${Failure} error=${error} retry=${run} />`}
    <footer>
      <button type="button" onClick=${finish}>${results ? "Close" : "Cancel"}</button>
      ${!results && html`<button type="button" class="primary" disabled=${!preview.data} autofocus onClick=${run}>${verb} ${ids.length}</button>`}
    </footer>
  </${Dialog}>`;
}

/** @param {string} resolution @param {number[]} ids @param {boolean} dryRun */
const resolve = (resolution, ids, dryRun) => call("POST", "/refusals/resolve", { body: { resolution, ids }, dryRun });

/** @param {any} preview @param {string} resolution */
function summary(preview, resolution) {
  if (resolution === "dismissed") return "They leave the queue, and their values stay apart.";
  const { customersBefore = 0, customersAfter = 0 } = preview;
  const text = `${count(customersBefore, "customer")} become ${customersAfter}.`;
  return preview.complete ? text : text + " Not all could be tried in time; the real numbers are larger.";
}
