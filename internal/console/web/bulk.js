// One decision about many refusals.
// @ts-check
import { html } from "./lib/htm-preact.js";
import { call } from "./api.js";
import { count, Dialog, Failure, toast, useLoaded } from "./ui.js";
import { begin } from "./work.js";

/** @typedef {{id: number, resolution?: string, problem?: import("./api.js").Problem}} Result */

const atOnce = 500;

/**
 * Previews one decision about several refusals, and begins to carry it out: what is decided stays decided, and what
 * was not reached is still in the queue.
 * @param {{resolution: string, ids: number[], close: () => void}} props
 */
export function Bulk({ resolution, ids, close }) {
  const preview = useLoaded(() => resolve(resolution, ids.slice(0, atOnce), true), [ids.length]);
  const verb = resolution === "accepted" ? "Accept" : "Dismiss";
  const run = () => {
    if (!preview.data) return;
    close();
    decideAll(resolution, ids);
  };
  const failed = (preview.data?.results || []).filter((/** @type {Result} */ r) => r.problem);
  return html`<${Dialog} title=${`${verb} ${count(ids.length, "refusal")}?`} close=${close}>
    ${preview.error && html`<${Failure} error=${preview.error} retry=${preview.reload} />`}
    ${!preview.data && !preview.error && html`<p class="loading">Working out what would change…</p>`}
    ${preview.data && html`<p>${summary(preview.data, resolution)}</p>`}
    ${failed.length > 0 && html`<section><h3>${count(failed.length, "refusal")} cannot be decided</h3>
      <ul class="failed">${failed.slice(0, 20).map((/** @type {Result} */ r) => html`<li>Refusal ${r.id}: ${r.problem?.detail}</li>`)}</ul></section>`}
    <footer>
      <button type="button" onClick=${close}>Cancel</button>
      <button type="button" class="primary" aria-disabled=${!preview.data} data-first onClick=${run}>${verb} ${ids.length}</button>
    </footer>
  </${Dialog}>`;
}

/** @param {string} resolution @param {number[]} ids */
function decideAll(resolution, ids) {
  let rest = ids;
  const work = begin({
    label: `${resolution === "accepted" ? "Accepting" : "Dismissing"} ${count(ids.length, "refusal")}`,
    left: "The others are still in the queue. Continue here, or select them again later.",
    done: 0, total: ids.length,
    step: async () => {
      const answer = await resolve(resolution, rest.slice(0, atOnce), false);
      const reached = answer.results.filter((/** @type {Result} */ r) => r.resolution || r.problem);
      work.failed.push(...reached.filter((/** @type {Result} */ r) => r.problem));
      work.done += reached.length;
      rest = rest.slice(reached.length);
      return rest.length === 0;
    },
    finished: () => {
      const problems = work.failed.length;
      toast(`${count(ids.length - problems, "refusal")} ${resolution}.${problems ? ` ${problems} could not be decided.` : ""}`);
    },
  });
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
