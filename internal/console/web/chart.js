// The observations of the last hour as stacked columns.
// @ts-check
import { html, useState } from "./lib/htm-preact.js";
import { count } from "./ui.js";

/** @typedef {"known"|"created"|"linked"|"merged"|"refused"} Outcome */
/** @typedef {{at: string} & Record<Outcome, number>} Minute */

/** What became of observations, from the bottom of a column to its top. */
export const outcomes = /** @type {{name: Outcome, title: string, text: string}[]} */ ([
  { name: "known", title: "Known", text: "added nothing" },
  { name: "created", title: "New customer", text: "made a new customer" },
  { name: "linked", title: "New value", text: "added a value to a customer" },
  { name: "merged", title: "Merged", text: "made one customer of two" },
  { name: "refused", title: "Refused", text: "were not linked" },
]);

const width = 10, height = 150;

/** @param {string} at */
const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

/** The next larger number of the form 1, 2 or 5 and zeros. @param {number} n */
function rounded(n) {
  let size = 1;
  while (size * 10 <= n) size *= 10;
  return [1, 2, 5, 10].map((f) => f * size).find((m) => m >= n) ?? n;
}

/** A button for each outcome shows or hides it; the chart, and the same as a table. @param {{minutes: Minute[], total: Record<Outcome, number>}} props */
export function Chart({ minutes, total }) {
  const [hidden, setHidden] = useState(/** @type {Outcome[]} */ ([]));
  const shown = outcomes.filter((o) => !hidden.includes(o.name));
  /** @param {Outcome} name */
  const toggle = (name) => setHidden(hidden.includes(name) ? hidden.filter((/** @type {Outcome} */ h) => h !== name) : [...hidden, name]);
  /** @param {Minute} m */
  const sum = (m) => shown.reduce((n, o) => n + m[o.name], 0);
  const top = rounded(Math.max(10, ...minutes.map(sum)));
  return html`<div class="outcomes" role="group" aria-label="What is shown">${outcomes.map((o) => html`<button type="button" class=${"outcome " + o.name} aria-pressed=${String(shown.includes(o))} title=${"Observations that " + o.text} onClick=${() => toggle(o.name)}>
      <span class="name">${o.title}</span> <strong>${total[o.name].toLocaleString("en")}</strong></button>`)}</div>
    <figure class="chart">
      <div class="scale" aria-hidden="true"><span>${top.toLocaleString("en")}</span><span>${(top / 2).toLocaleString("en")}</span><span>0</span></div>
      <svg viewBox=${`0 0 ${minutes.length * width} ${height}`} preserveAspectRatio="none" role="img" aria-label=${`Observations in each of the last ${minutes.length} minutes. The table below has the numbers.`}>
        <path class="lines" d=${`M0 .5H${minutes.length * width}M0 ${height / 2}H${minutes.length * width}`} />
        ${minutes.map((m, i) => html`<g class=${i === minutes.length - 1 ? "unfinished" : ""}>${column(m, i, shown, top)}</g>`)}
      </svg>
      <figcaption aria-hidden="true"><span>${clock(minutes[0].at)}</span><span>${clock(minutes[minutes.length / 2].at)}</span><span>now</span></figcaption>
    </figure>
    <details><summary>The same as a table</summary><div class="scroll" role="region" aria-label="Observations by minute" tabindex="0"><table>
      <thead><tr><th scope="col">Minute</th>${outcomes.map((o) => html`<th scope="col" class="number">${o.title}</th>`)}</tr></thead>
      <tbody>${minutes.filter((m) => outcomes.some((o) => m[o.name])).reverse().map((m) => html`<tr key=${m.at}><th scope="row">${clock(m.at)}</th>${outcomes.map((o) => html`<td class="number">${m[o.name].toLocaleString("en")}</td>`)}</tr>`)}</tbody>
    </table></div></details>`;
}

/** @param {Minute} m @param {number} i @param {typeof outcomes} shown @param {number} top */
function column(m, i, shown, top) {
  let y = height;
  const text = shown.map((o) => m[o.name] && `${count(m[o.name], "observation")} ${o.text}`).filter(Boolean);
  return html`<title>${`${clock(m.at)}: ${text.join(", ") || "nothing"}`}</title>
    <rect class="whole" x=${i * width} y="0" width=${width} height=${height} />
    ${shown.map((o) => {
      const size = (height * m[o.name]) / top;
      y -= size;
      return size > 0 && html`<rect class=${o.name} x=${i * width + 1} y=${y} width=${width - 2} height=${size} />`;
    })}`;
}
