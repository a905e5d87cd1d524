// Work that takes several requests. It goes on while other pages are shown, until the browser closes the tab.
// @ts-check
import { html, useEffect, useState } from "./lib/htm-preact.js";
import { call, ProblemError } from "./api.js";
import { announce } from "./decide.js";
import { count, Dialog, Failure } from "./ui.js";

/** @typedef {import("./decide.js").Request} Request */
/** @typedef {{id: number, problem?: import("./api.js").Problem}} Result what became of one refusal */

/**
 * @typedef {object} Work
 * @property {number} id
 * @property {string} label without a value: "Blocking a value of contact 7"
 * @property {string} left what is said of the rest when it has stopped
 * @property {number} [contact] whose value is blocked, or not any more
 * @property {number} done
 * @property {number} total
 * @property {"running"|"stopped"|"finished"} state
 * @property {Error} [error] why it has stopped
 * @property {Result[]} failed what could not be done, and why
 * @property {() => Promise<boolean>} step sends the next request, and says whether it was the last
 * @property {() => void} finished is called when all is done
 */

/** @type {Work[]} */
let works = [];
let last = 0;
let shown = 0; // the id of the work whose dialog is open

function changed() {
  window.dispatchEvent(new Event("work"));
  window.onbeforeunload = works.some((w) => w.state === "running") ? (event) => event.preventDefault() : null;
}

/** Shows the dialog of a work; 0 closes it. @param {number} id */
function show(id) {
  works = works.filter((w) => w.state !== "finished" || w.id === id || (w.id !== shown && w.failed.length > 0));
  shown = id;
  changed();
}

/** Forgets all work, when somebody signs out. */
export function forgetWork() {
  works = [];
  show(0);
}

/** Sends one request after the other until it is done, fails, or is forgotten. @param {Work} work */
async function run(work) {
  work.state = "running";
  work.error = undefined;
  changed();
  try {
    for (let over = false; !over; changed()) {
      over = await work.step();
      if (!works.includes(work)) return;
    }
  } catch (e) {
    work.state = "stopped";
    work.error = /** @type {Error} */ (e);
    changed();
    return window.dispatchEvent(new Event("decided")); // a part is
  }
  work.state = "finished";
  work.finished();
  show(shown); // takes it out of the list, unless something is to be read
  window.dispatchEvent(new Event("decided"));
}

/** @param {Pick<Work, "label"|"left"|"contact"|"done"|"total"|"step"|"finished"> & {failed?: Result[]}} work */
export function begin(work) {
  const added = /** @type {Work} */ ({ failed: [], ...work, id: ++last, state: "running" });
  works = [...works, added];
  show(added.id);
  run(added);
  return added;
}

/**
 * Blocks a value or ends a block. What one request does not finish goes on as work.
 * @param {Request} request
 * @param {{done: string, undo?: (answer: any) => Request, decided: () => void}} options
 * @returns {Promise<any>} the first answer
 * @throws {ProblemError} if the first request fails
 */
export async function carryOut([method, path, body], { done, undo, decided }) {
  let answer = await call(method, path, { body });
  const first = answer;
  const ends = method === "DELETE";
  const finished = () => announce(done, undo?.(first), decided);
  if (answer?.complete !== false) {
    finished();
    return first;
  }
  const { linking, withheld } = answer.progress;
  const work = begin({
    label: `${ends ? "Ending the block" : "Blocking a value"} of contact ${answer.contactId}`,
    left: "The rest can be continued here, or later under Decisions.",
    contact: answer.contactId, done: ends ? linking : withheld, total: linking + withheld, finished,
    step: async () => {
      try {
        answer = await call(method, path, { body });
      } catch (e) {
        if (ends && e instanceof ProblemError && e.problem.status === 404) return true; // another has done the rest
        throw e;
      }
      work.done = ends ? answer.progress.linking : answer.progress.withheld;
      return answer.complete;
    },
  });
  return first;
}

/**
 * Continues a block, or its end, that was interrupted. Nothing is shown if it is complete.
 * @param {{block: any, decided: () => void}} props block is an entry of GET /blocked
 */
export function Continue({ block, decided }) {
  const [error, setError] = useState(/** @type {Error|undefined} */ (undefined));
  if (block.complete || works.some((w) => w.contact === block.contactId && w.state === "running")) return null;
  const { id, kind, value, reason } = block;
  /** @type {Request} */
  const request = block.ending ? ["DELETE", `/blocked/${id}`] : ["POST", "/blocked", { kind, value, reason }];
  const done = block.ending ? "The block has ended." : "The value is blocked.";
  return html`<button type="button" class="primary" onClick=${() => carryOut(request, { done, decided }).then(decided, setError)}>Continue</button>
    ${error && html`<${Failure} error=${error} />`}`;
}

/** Calls a function after work has changed something. @param {() => void} reload */
export function useDecided(reload) {
  useEffect(() => {
    window.addEventListener("decided", reload);
    return () => window.removeEventListener("decided", reload);
  });
}

/** Draws a component again when work has changed. */
function useWork() {
  const [, draw] = useState(0);
  useEffect(() => {
    const again = () => draw((/** @type {number} */ n) => n + 1);
    window.addEventListener("work", again);
    again(); // it may have changed since the component was drawn
    return () => window.removeEventListener("work", again);
  }, []);
}

/** What is going on, for the header. */
export function Working() {
  useWork();
  return html`${works.map((w) => html`<button type="button" class="work" key=${w.id} onClick=${() => show(w.id)}>${w.label}: ${state(w)}</button>`)}`;
}

/** The dialog of the work that is shown. */
export function WorkShown() {
  useWork();
  const one = works.find((w) => w.id === shown);
  return one && html`<${WorkDialog} work=${one} key=${one.id} />`;
}

/** @param {Work} w */
function state(w) {
  if (w.state === "stopped") return "stopped";
  return w.state === "finished" ? `${w.failed.length} not done` : `${Math.floor((100 * w.done) / Math.max(w.total, w.done, 1))} %`;
}

/** @param {{work: Work}} props */
function WorkDialog({ work }) {
  const close = () => show(0);
  return html`<${Dialog} title=${work.label} close=${close}>
    <p>${work.done.toLocaleString("en")} of ${Math.max(work.total, work.done).toLocaleString("en")} are done.</p>
    <progress value=${work.done} max=${Math.max(work.total, work.done, 1)} aria-label="Progress"></progress>
    ${work.state === "running" && html`<p class="fine">It goes on while you do something else, as long as this tab is open.</p>`}
    ${work.error && html`<${Failure} error=${work.error} /><p>${work.left}</p>`}
    ${work.failed.length > 0 && html`<section><h3>${count(work.failed.length, "refusal")} could not be decided</h3>
      <ul class="failed">${work.failed.slice(0, 20).map((r) => html`<li>Refusal ${r.id}: ${r.problem?.detail}</li>`)}</ul></section>`}
    <footer><button type="button" onClick=${close}>Close</button>
      ${work.state === "stopped" && html`<button type="button" class="primary" onClick=${() => run(work)}>Continue</button>`}</footer>
  </${Dialog}>`;
}
