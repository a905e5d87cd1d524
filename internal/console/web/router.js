// Which page the URL shows. A URL has ids, never values.
// @ts-check
import { html, useEffect, useState } from "./lib/htm-preact.js";

const base = /** @type {HTMLElement} */ (document.getElementById("app")).dataset.base || "";

/** @returns {string[]} the segments of the path below the console */
function segments() {
  return location.pathname.slice(base.length).split("/").filter(Boolean);
}

/**
 * Shows another page.
 * @param {string} path such as /customers/17
 */
export function go(path) {
  history.pushState(null, "", base + path);
  window.dispatchEvent(new Event("route"));
  window.scrollTo(0, 0);
}

/** @returns {string[]} the segments of the current page; the component is drawn again when they change */
export function useRoute() {
  const [route, setRoute] = useState(segments());
  useEffect(() => {
    const changed = () => setRoute(segments());
    window.addEventListener("popstate", changed);
    window.addEventListener("route", changed);
    changed(); // it may have changed since the component was drawn
    return () => {
      window.removeEventListener("popstate", changed);
      window.removeEventListener("route", changed);
    };
  }, []);
  return route;
}

/**
 * A link to another page of the console.
 * @param {{to: string, children?: unknown, [attribute: string]: unknown}} props
 */
export function Link({ to, children, ...attributes }) {
  /** @param {MouseEvent} event */
  const follow = (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
  };
  return html`<a href=${base + to} onClick=${follow} ...${attributes}>${children}</a>`;
}
