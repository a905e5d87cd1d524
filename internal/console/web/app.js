// The frame of all pages: who is signed in, where to go, and the keyboard.
// @ts-check
import { html, render, useEffect, useRef, useState } from "./lib/htm-preact.js";
import { call, ProblemError } from "./api.js";
import { Customer } from "./customer.js";
import { Decisions } from "./decisions.js";
import { Health } from "./health.js";
import { Keys } from "./keys.js";
import { Refusals } from "./refusals.js";
import { go, Link, useRoute } from "./router.js";
import { forget, Search, SearchBox } from "./search.js";
import { Dialog, Failure, Toasts } from "./ui.js";
import { forgetWork, Working, WorkShown } from "./work.js";

/** @typedef {import("./api.js").Session} Session */

/** The pages, each with the scope that a key needs to see it. */
const pages = [
  { path: "", title: "Search", scope: "contacts:read" },
  { path: "refusals", title: "Refusals", scope: "contacts:read" },
  { path: "decisions", title: "Decisions", scope: "contacts:read" },
  { path: "health", title: "Health", scope: "contacts:read" },
  { path: "keys", title: "Keys", scope: "keys:write" },
];

function App() {
  const [session, setSession] = useState(/** @type {Session|null|undefined} */ (undefined));
  const [ended, setEnded] = useState(false); // and not by the person
  const [error, setError] = useState(/** @type {Error|undefined} */ (undefined));
  const begin = () => {
    setError(undefined);
    call("GET", "/session").then(setSession, (e) => {
      if (!(e instanceof ProblemError) || e.problem.status !== 401) return setError(e);
      setEnded(e.problem.code === "session-ended");
      setSession(null);
    });
  };
  useEffect(begin, []);
  useEffect(() => {
    const end = () => setSession((/** @type {Session|null|undefined} */ old) => {
      if (old) setEnded(true); // the cookie may be gone by now, so that the answer does not say it
      return null;
    });
    window.addEventListener("signed-out", end);
    return () => window.removeEventListener("signed-out", end);
  }, []);
  useEffect(() => {
    if (!session?.expiresAt) return;
    const left = new Date(session.expiresAt).getTime() - Date.now();
    const look = setTimeout(() => call("GET", "/session").catch(() => {}), left + 1000); // a 401 ends it
    return () => clearTimeout(look);
  }, [session]);
  if (error) return html`<main><${Failure} error=${error} retry=${begin} /></main>`;
  if (session === undefined) return html`<p class="loading">Loading…</p>`;
  if (session === null) return html`<${SignIn} ended=${ended} signedIn=${setSession} />`;
  const signOut = async () => {
    forget();
    forgetWork();
    await call("DELETE", "/session");
    setEnded(false);
    setSession(null);
  };
  return html`<${Frame} session=${session} signOut=${signOut} />`;
}

/** @param {{ended: boolean, signedIn: (s: Session) => void}} props */
function SignIn({ ended, signedIn }) {
  const [key, setKey] = useState("");
  const [error, setError] = useState(/** @type {Error|undefined} */ (undefined));
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setError(undefined);
    try {
      signedIn(await call("POST", "/session", { key: key.trim() }));
    } catch (e) {
      if (e instanceof ProblemError && e.problem.status === 401) setKey("");
      setError(/** @type {Error} */ (e));
    }
  };
  useEffect(() => {
    document.title = "Sign in · Identikit";
  }, []);
  return html`<main class="signin"><h1>Identikit</h1>
    ${ended && html`<p class="note" role="status">Your session has ended. Sign in again to go on with this page.</p>`}
    <form onSubmit=${submit}>
      <input type="text" name="username" value="identikit" autocomplete="username" hidden readonly />
      <label>API key <input type="password" value=${key} onInput=${(/** @type {any} */ e) => setKey(e.target.value)} autocomplete="current-password" autofocus required /></label>
      <button class="primary">Sign in</button>
      ${error && html`<${Failure} error=${error} />`}
    </form>
    <p class="fine">The key is exchanged for a session of twelve hours and is not kept. Make one with <code>identikit keys create</code>.</p>
  </main>`;
}

/** @param {{session: Session, signOut: () => void}} props */
function Frame({ session, signOut }) {
  const [page = "", id] = useRoute();
  const [help, setHelp] = useState(false);
  /** @param {string} scope */
  const can = (scope) => session.scopes.includes(scope) || session.scopes.includes("all");
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const press = (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || document.querySelector("dialog[open]")) return;
      if (event.key === "/") window.dispatchEvent(new Event("focus-search"));
      else if (event.key === "?") setHelp(true);
      else if (event.key === "u") window.dispatchEvent(new Event("undo"));
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  const first = useRef(true);
  useEffect(() => {
    const main = document.getElementById("main");
    if (!first.current && !main?.contains(document.activeElement)) main?.focus(); // so that the new page is read
    first.current = false;
  }, [page, id]);
  const shown = pages.filter((p) => can(p.scope));
  return html`<a class="skip" href="#main">Skip to the content</a>
  <header class="bar">
    <${Link} to="/" class="brand">Identikit</${Link}>
    <nav aria-label="Pages">${shown.map((p) => html`<${Link} to=${"/" + p.path} aria-current=${p.path === page ? "page" : undefined}>${p.title}</${Link}>`)}</nav>
    <${Working} />
    ${page !== "" && can("contacts:read") && html`<${SearchBox} compact />`}
    ${session.expiresAt && html`<button type="button" class="plain" onClick=${signOut}>Sign out</button>`}
    <button type="button" class="plain" aria-label="Keyboard shortcuts" onClick=${() => setHelp(true)}>?</button>
  </header>
  <main id="main" tabindex="-1">${content(page, id, can)}</main>
  <${Toasts} />
  <${WorkShown} />
  ${help && html`<${Help} close=${() => setHelp(false)} />`}`;
}

/** @param {string} page @param {string|undefined} id @param {(scope: string) => boolean} can */
function content(page, id, can) {
  const needed = pages.find((p) => p.path === page)?.scope ?? "contacts:read";
  if (!can(needed)) return html`<div class="empty"><h1>Your key does not allow this</h1><p>It needs the scope <code>${needed}</code>.</p></div>`;
  switch (page) {
    case "":
      return html`<${Search} />`;
    case "customers":
      return id ? html`<${Customer} id=${id} can=${can} key=${id} />` : html`<${Search} />`;
    case "refusals":
      return html`<${Refusals} can=${can} code=${id} key=${id} />`;
    case "decisions":
      return html`<${Decisions} can=${can} kind=${id} />`;
    case "health":
      return html`<${Health} can=${can} />`;
    case "keys":
      return html`<${Keys} />`;
  }
  return html`<div class="empty"><h1>There is no such page</h1><p><button type="button" onClick=${() => go("/")}>Search for a customer</button></p></div>`;
}

/** @param {{close: () => void}} props */
function Help({ close }) {
  const keys = [
    ["/", "find a customer"], ["?", "show this list"], ["j, k", "next and previous refusal"], ["a", "accept: link the two values"],
    ["d", "dismiss: leave them apart"], ["s", "separate the two customers"], ["b", "block a value"], ["x", "select for a common decision"],
    ["u", "undo the last decision"], ["g", "go to the customer"],
  ];
  return html`<${Dialog} title="Keyboard shortcuts" close=${close}><dl class="shortcuts">${keys.map(([key, text]) => html`<dt><kbd>${key}</kbd></dt><dd>${text}</dd>`)}</dl></${Dialog}>`;
}

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
