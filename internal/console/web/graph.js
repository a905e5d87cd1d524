// Draws a customer.
// @ts-check
import { html, useEffect, useMemo, useRef, useState } from "./lib/htm-preact.js";
import { layout } from "./layout.js";
import { collapse } from "./model.js";
import { reasons } from "./ui.js";

/** @typedef {import("./model.js").Graph} Graph */
/** @typedef {import("./model.js").Node} Node */

/** The largest factor by which the graph can be enlarged; its place then scrolls. */
const maxZoom = 8;

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * @param {{graph: Graph, open: Set<string>, selected: string[], chain: Set<number>, select: (node: Node) => void, expand: (hub: string) => void}} props
 * chain has the ids of the observations that join what is selected
 */
export function GraphView({ graph, open, selected, chain, select, expand }) {
  const place = useRef(/** @type {HTMLElement|null} */ (null));
  const [zoom, setZoom] = useState(window.innerWidth < 640 ? 2 : 1);
  const drawn = useMemo(() => layout(collapse(graph, open)), [graph, open]);
  useEffect(() => {
    const start = performance.now();
    const svg = draw(drawn, { selected: new Set(selected), chain, zoom, select, expand });
    if (place.current) replace(place.current, svg);
    performance.measure("draw", { start }); // for tests and developers
  }, [drawn, selected, chain, zoom]);
  return html`<div class="zoom">
      <button type="button" aria-label="Smaller" disabled=${zoom === 1} onClick=${() => setZoom(zoom / 2)}>−</button>
      <button type="button" aria-label="Larger" disabled=${zoom === maxZoom} onClick=${() => setZoom(zoom * 2)}>+</button>
    </div>
    <figure class="graph" ref=${place}></figure>`;
}

/**
 * Puts another drawing in its place, and keeps what was in the middle there, and the focus.
 * @param {HTMLElement} place @param {SVGElement} svg
 */
function replace(place, svg) {
  const x = (place.scrollLeft + place.clientWidth / 2) / place.scrollWidth, y = (place.scrollTop + place.clientHeight / 2) / place.scrollHeight;
  const focused = place.querySelector(":focus")?.getAttribute("data-node");
  place.replaceChildren(svg);
  place.scrollTo(x * place.scrollWidth - place.clientWidth / 2, y * place.scrollHeight - place.clientHeight / 2);
  if (!focused) return;
  const node = svg.querySelector(`[data-node="${focused}"]`) ?? svg.querySelector(`[data-node="${focused.slice("more".length)}"]`);
  /** @type {SVGElement|null} */ (node)?.focus();
}

/**
 * @param {ReturnType<typeof layout>} drawn
 * @param {{selected: Set<string>, chain: Set<number>, zoom: number, select: (node: Node) => void, expand: (hub: string) => void}} options
 */
function draw(drawn, { selected, chain, zoom, select, expand }) {
  const svg = element("svg", { viewBox: `0 0 ${drawn.width} ${drawn.height}`, role: "group", "aria-label": "The values of this customer and what joins them. The table below has the same." });
  const many = drawn.nodes.length > 100, small = many && zoom < 4;
  svg.classList.toggle("many", many);
  if (zoom > 1) {
    svg.style.width = `${zoom * 100}%`;
    svg.style.maxHeight = "none";
  } else svg.style.maxWidth = `${drawn.width * 1.2}px`;
  for (const e of drawn.edges) {
    const withheld = e.observation.withheld;
    const holds = e.bridge && Math.min(...e.bridge.parts) > 1; // more than a single value
    const kind = [withheld ? "withheld" : "", holds ? "bridge" : "", chain.has(e.id) ? "chain" : ""].join(" ");
    const line = element("line", { x1: e.source.x, y1: e.source.y, x2: e.target.x, y2: e.target.y, class: "edge " + kind });
    line.append(element("title", {}, withheld ? `${reasons[withheld]?.title ?? withheld}: not linked` : `Seen together, observation ${e.id}`));
    svg.append(line);
    if (small || !(holds || withheld)) continue;
    const text = withheld ? reasons[withheld]?.title ?? withheld : e.bridge.parts.join(" + ");
    svg.append(element("text", { x: (e.source.x + e.target.x) / 2, y: (e.source.y + e.target.y) / 2 - 5, class: "label" }, text));
  }
  for (const n of drawn.nodes) svg.append(drawNode(n, small, selected.has(n.id), () => (n.kind === "more" ? expand(n.id.slice(4)) : select(n))));
  return svg;
}

/** @param {any} n @param {boolean} small @param {boolean} selected @param {() => void} act */
function drawNode(n, small, selected, act) {
  const group = element("g", {
    class: `node ${n.kind} ${n.mine ? "" : "other"} ${selected ? "selected" : ""}`, transform: `translate(${n.x} ${n.y})`,
    tabindex: "0", role: "button", "data-node": n.id, "aria-pressed": String(selected), "aria-label": n.kind === "more" ? `Show ${n.leaves.length} more values` : n.text,
  });
  group.addEventListener("click", act);
  group.addEventListener("keydown", (event) => {
    const key = /** @type {KeyboardEvent} */ (event).key;
    if (key !== "Enter" && key !== " ") return;
    event.preventDefault();
    act();
  });
  group.append(element("title", {}, n.text));
  group.append(n.kind === "phone" ? element("rect", { x: -7, y: -7, width: 14, height: 14, rx: 3 }) : element("circle", { r: n.kind === "more" ? 13 : 8 }));
  if (n.kind === "more") group.append(element("text", { y: 4, class: "count" }, n.text));
  else if (!small || selected) group.append(element("text", { y: n.above ? -13 : 24 }, shorten(n.text)));
  return group;
}

/** @param {string} text */
const shorten = (text) => (text.length > 26 ? text.slice(0, 12) + "…" + text.slice(-12) : text);

/** @param {string} name @param {Record<string, string|number>} attributes @param {string} [text] */
function element(name, attributes, text) {
  const e = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, String(value));
  if (text !== undefined) e.textContent = text;
  return /** @type {SVGElement} */ (e);
}
