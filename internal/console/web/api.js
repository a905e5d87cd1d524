// Calls of the public API, as the person who is signed in.
// @ts-check

/**
 * @typedef {object} Problem
 * @property {number} status
 * @property {string} title
 * @property {string} detail
 * @property {string} [code]
 * @property {string} [requestId]
 * @property {Explanation} [explanation]
 */

/** @typedef {{primaryContactId: number|null, emails: string[], phoneNumbers: string[], secondaryContactIds: number[]}} Contact */
/** @typedef {{id: number, email?: string, phoneNumber?: string, linkPrecedence: string, createdAt: string, updatedAt: string}} Member */
/** @typedef {{id: number, contact: Contact, members: Member[]}} Customer */
/** @typedef {{id: number, email?: string, phoneNumber?: string, emailContactId: number, phoneContactId: number, firstSeenAt: string, withheld?: string, withheldAt?: string, reason?: string}} Observation */
/** @typedef {{observation?: Observation, value?: {contactId: number, email?: string, phoneNumber?: string}, parts: number[]}} Bridge */
/** @typedef {{connected: boolean, chain: Observation[], bridges: Bridge[], bridgeCount: number}} Explanation */
/** @typedef {{before: Contact[], after: Contact[], dryRun?: boolean}} Change */
/** @typedef {{keyId?: number, scopes: string[], expiresAt?: string}} Session */
/** @typedef {{kind: string, contactId: number, primaryContactId: number, observationId?: number, keyId?: number, at: string}} HistoryEvent */
/** @typedef {{id: number, code: string, detail: string, refusedAt: string, observationId: number, email?: string, phoneNumber?: string, emailContactId: number, phoneContactId: number}} Refusal */

/** An answer that is a problem, or no answer. */
export class ProblemError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }
}

/** The position of the last change, so that what was just written is seen, whichever server answers. */
let position = "";

/**
 * Sends a request. A 401 also tells the page that the session has ended.
 * @param {string} method
 * @param {string} path
 * @param {{body?: unknown, key?: string, dryRun?: boolean, once?: string}} [options] once makes a request that is not
 * safe to repeat safe: with the same text, it is carried out once
 * @returns {Promise<any>} the body of the answer; null if it has none
 * @throws {ProblemError}
 */
export async function call(method, path, { body, key, dryRun, once } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers.Authorization = "Bearer " + key;
  if (once) headers["Idempotency-Key"] = once;
  if (position) headers["Identikit-Position"] = position;
  if (dryRun) path += (path.includes("?") ? "&" : "?") + "dryRun=true";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin" });
  } catch {
    throw new ProblemError({ status: 0, title: "No answer", detail: "The service cannot be reached. Nothing is lost; try again in a moment." });
  }
  position = answer.headers.get("Identikit-Position") || position;
  const text = await answer.text();
  if (answer.ok) return text ? JSON.parse(text) : null;
  if (answer.status === 401 && !key) window.dispatchEvent(new Event("signed-out"));
  let problem;
  try {
    problem = JSON.parse(text);
  } catch {
    problem = { status: answer.status, title: answer.statusText, detail: `The service answered with status ${answer.status}.` };
  }
  throw new ProblemError(problem);
}

/**
 * Reads all pages of a list, up to a limit.
 * @template T
 * @param {string} path
 * @param {string} name the member of the answer that has the entries
 * @param {number} [limit]
 * @returns {Promise<{entries: T[], more: boolean}>}
 */
export async function all(path, name, limit = 5000) {
  /** @type {T[]} */
  const entries = [];
  for (let after = ""; ; ) {
    const query = `limit=1000${after ? "&after=" + encodeURIComponent(after) : ""}`;
    const page = await call("GET", `${path}?${query}`);
    entries.push(...page[name]);
    if (!page.next || entries.length >= limit) return { entries, more: Boolean(page.next) };
    after = page.next;
  }
}
