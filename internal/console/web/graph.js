// Draws a customer. The layout is computed once, so that nothing moves while it is read.
// @ts-check
import { html, useEffect, useMemo, useRef } from "./lib/htm-preact.js";
import { collapse } from "./model.js";
import { reasons } from "./ui.js";

/** @typedef {import("./model.js").Graph} Graph */
/** @typedef {import("./model.js").Node} Node */

/** d3-force, loaded as a script. */
const d3 = /** @type {any} */ (window).d3;

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * @param {Graph} graph
 * @returns {{nodes: any[], edges: any[], width: number, height: number}} with a position for each node
 */
function layout(graph) {
  const nodes = graph.nodes.map((n) => /** @type {any} */ ({ ...n })); // the simulation adds the position
  const edges = graph.edges.map((e) => ({ ...e }));
  const many = nodes.length > 100;
  const ticks = nodes.length > 400 ? 80 : 300;
  const start = performance.now();
  const spread = many ? 34 : 110;
  d3.forceSimulation(nodes)
    .force("link", d3.forceLink(edges).id((/** @type {Node} */ n) => n.id).distance(spread).strength(0.6))
    .force("charge", d3.forceManyBody().strength(-spread * 5).theta(1.2).distanceMax(spread * 12))
    .force("x", d3.forceX().strength(0.05))
    .force("y", d3.forceY().strength(0.11))
    .force("collide", d3.forceCollide(many ? 12 : 46))
    .stop()
    .alphaDecay(1 - 0.001 ** (1 / ticks)) // it has come to rest after these
    .tick(ticks);
  const xs = nodes.map((n) => n.x), ys = nodes.map((n) => n.y), edge = many ? 40 : 100;
  performance.measure("layout", { start, detail: { nodes: nodes.length, edges: edges.length, ticks } }); // for tests and developers
  const left = Math.min(...xs) - edge, top = Math.min(...ys) - 40;
  for (const n of nodes) {
    n.x -= left;
    n.y -= top;
  }
  return { nodes, edges, width: Math.max(...xs) - Math.min(...xs) + 2 * edge, height: Math.max(...ys) - Math.min(...ys) + 90 };
}

/**
 * @param {{graph: Graph, open: Set<string>, selected: string[], chain: Set<number>, select: (node: Node) => void, expand: (hub: string) => void}} props
 * chain has the ids of the observations that join what is selected
 */
export function GraphView({ graph, open, selected, chain, select, expand }) {
  const place = useRef(/** @type {HTMLElement|null} */ (null));
  const drawn = useMemo(() => layout(collapse(graph, open)), [graph, open]);
  useEffect(() => {
    const start = performance.now();
    const svg = draw(drawn, { selected: new Set(selected), chain, select, expand });
    const focused = place.current?.querySelector(":focus")?.getAttribute("data-node");
    place.current?.replaceChildren(svg);
    if (focused) /** @type {SVGElement|null} */ (svg.querySelector(`[data-node="${focused}"]`) ?? svg.querySelector(`[data-node="${focused.slice(4)}"]`))?.focus();
    performance.measure("draw", { start });
  }, [drawn, selected, chain]);
  return html`<figure class="graph" ref=${place}></figure>`;
}

/**
 * @param {ReturnType<typeof layout>} drawn
 * @param {{selected: Set<string>, chain: Set<number>, select: (node: Node) => void, expand: (hub: string) => void}} options
 */
function draw(drawn, { selected, chain, select, expand }) {
  const svg = element("svg", { viewBox: `0 0 ${drawn.width} ${drawn.height}`, role: "group", "aria-label": "The values of this customer and what joins them. The table below has the same." });
  const small = drawn.nodes.length > 100;
  svg.style.maxWidth = `${drawn.width * 1.2}px`;
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
  else if (!small || selected) group.append(element("text", { y: 24 }, shorten(n.text)));
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
