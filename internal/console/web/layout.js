// Where the nodes of a graph are drawn.
// @ts-check

/** @typedef {import("./model.js").Graph} Graph */

/** d3-force, loaded as a script. */
const d3 = /** @type {any} */ (window).d3;

/**
 * Computes a layout once, so that nothing moves while it is read. Forces start from a tree whose branches do not
 * cross; from arbitrary places they would stop with most crossings still there.
 * @param {Graph} graph
 * @returns {{nodes: any[], edges: any[], width: number, height: number}} with a position for each node
 */
export function layout(graph) {
  const nodes = graph.nodes.map((n) => /** @type {any} */ ({ ...n })); // the simulation adds the position
  const edges = graph.edges.map((e) => /** @type {any} */ ({ ...e }));
  const many = nodes.length > 100;
  const distance = many ? 34 : 110;
  const ticks = nodes.length > 400 ? 50 : 300;
  const start = performance.now();
  plant(nodes, edges, distance);
  d3.forceSimulation(nodes)
    .force("link", d3.forceLink(edges).id((/** @type {any} */ n) => n.id).distance(distance).strength(0.6))
    .force("charge", d3.forceManyBody().strength(-distance * 5).theta(1.2).distanceMax(distance * 12))
    .force("x", d3.forceX().strength(0.05))
    .force("y", d3.forceY().strength(0.11))
    .force("collide", d3.forceCollide(many ? 12 : 46))
    .stop()
    .alphaDecay(1 - 0.001 ** (1 / ticks)) // it has come to rest after these
    .tick(ticks);
  performance.measure("layout", { start, detail: { nodes: nodes.length, edges: edges.length, ticks } }); // for tests and developers
  for (const { source, target } of edges) {
    source.fall = (source.fall ?? 0) + target.y - source.y;
    target.fall = (target.fall ?? 0) + source.y - target.y;
  }
  const xs = nodes.map((n) => n.x), ys = nodes.map((n) => n.y), edge = many ? 40 : 100;
  const left = Math.min(...xs) - edge, top = Math.min(...ys) - 40;
  for (const n of nodes) {
    n.x -= left;
    n.y -= top;
    n.above = n.fall > 0; // its lines lead down, so its label goes above it
  }
  return { nodes, edges, width: Math.max(...xs) - Math.min(...xs) + 2 * edge, height: Math.max(...ys) - Math.min(...ys) + 90 };
}

/**
 * Places each part of the graph as a tree around its middle: a branch gets a sector as wide as its leaves need. Long
 * branches are bent to a spiral, so that they fill the plane.
 * @param {any[]} nodes @param {{source: string, target: string}[]} edges @param {number} distance
 */
function plant(nodes, edges, distance) {
  const neighbours = neighboursOf(nodes, edges);
  const placed = new Set();
  const byID = new Map(nodes.map((n) => [n.id, n]));
  for (const { id: start } of nodes) {
    if (placed.has(start)) continue;
    const parents = walk(middle(start, neighbours), neighbours);
    const leaves = countLeaves(parents);
    /** @type {Map<string|undefined, {from: number, size: number, depth: number}>} from: where its next branch starts */
    const sectors = new Map();
    for (const [id, parent] of parents) {
      const around = sectors.get(parent) ?? { from: -Math.PI / 2, size: 2 * Math.PI, depth: -1 };
      const size = parent === undefined ? around.size : (around.size * (leaves.get(id) ?? 1)) / (leaves.get(parent) ?? 1);
      const sector = { from: around.from, size, depth: around.depth + 1 };
      around.from += size;
      const bend = Math.sqrt(sector.depth), radius = bend * distance, node = byID.get(id);
      node.x = Math.cos(sector.from + size / 2 + bend) * radius;
      node.y = Math.sin(sector.from + size / 2 + bend) * radius * 0.7;
      sectors.set(id, { ...sector, size });
      placed.add(id);
    }
  }
}

/** @param {any[]} nodes @param {{source: string, target: string}[]} edges @returns {Map<string, string[]>} */
function neighboursOf(nodes, edges) {
  const neighbours = new Map(nodes.map((n) => [n.id, /** @type {string[]} */ ([])]));
  for (const e of edges) {
    neighbours.get(e.source)?.push(e.target);
    neighbours.get(e.target)?.push(e.source);
  }
  return neighbours;
}

/**
 * Visits all that can be reached, the nearest first.
 * @param {string} start @param {Map<string, string[]>} neighbours
 * @returns {Map<string, string|undefined>} the parent of each node, in the order of the visits
 */
function walk(start, neighbours) {
  const parents = new Map([[start, /** @type {string|undefined} */ (undefined)]]);
  for (const id of parents.keys()) { // also those that are added meanwhile
    for (const next of neighbours.get(id) ?? []) if (!parents.has(next)) parents.set(next, id);
  }
  return parents;
}

/** The middle of a longest path. @param {string} start @param {Map<string, string[]>} neighbours */
function middle(start, neighbours) {
  const end = /** @type {string} */ ([...walk(start, neighbours).keys()].at(-1));
  const parents = walk(end, neighbours);
  const path = [];
  for (let id = [...parents.keys()].at(-1); id !== undefined; id = parents.get(id)) path.push(id);
  return path[path.length >> 1];
}

/** @param {Map<string, string|undefined>} parents @returns {Map<string|undefined, number>} how many leaves each branch has */
function countLeaves(parents) {
  /** @type {Map<string|undefined, number>} */
  const leaves = new Map();
  for (const [id, parent] of [...parents].reverse()) {
    if (!leaves.has(id)) leaves.set(id, 1);
    leaves.set(parent, (leaves.get(parent) ?? 0) + (leaves.get(id) ?? 1));
  }
  return leaves;
}
