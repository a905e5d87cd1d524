// A customer as a graph: values are nodes, observations are edges. No drawing here.
// @ts-check

/** @typedef {import("./api.js").Member} Member */
/** @typedef {import("./api.js").Observation} Observation */
/** @typedef {import("./api.js").Bridge} Bridge */

/** @typedef {{id: string, kind: "email"|"phone"|"more", text: string, contactId: number, since: string, mine: boolean, leaves?: Node[]}} Node */
/** @typedef {{id: number, source: string, target: string, observation: Observation, bridge?: Bridge}} Edge */
/** @typedef {{nodes: Node[], edges: Edge[]}} Graph */

/** How many nodes are drawn before leaves are collapsed. */
export const manyNodes = 200;

/** @param {"email"|"phone"} kind @param {number} contact */
export const nodeID = (kind, contact) => kind + contact;

/**
 * @param {Member[]} members the contacts of the customer
 * @param {Observation[]} observations
 * @param {Bridge[]} bridges
 * @returns {Graph} with a node for each value of the customer, and for each value of others that a withheld
 * observation names
 */
export function graphOf(members, observations, bridges) {
  /** @type {Map<string, Node>} */
  const nodes = new Map();
  for (const m of members) {
    if (m.email) nodes.set(nodeID("email", m.id), { id: nodeID("email", m.id), kind: "email", text: m.email, contactId: m.id, since: m.createdAt, mine: true });
    if (m.phoneNumber) nodes.set(nodeID("phone", m.id), { id: nodeID("phone", m.id), kind: "phone", text: m.phoneNumber, contactId: m.id, since: m.createdAt, mine: true });
  }
  const byObservation = new Map(bridges.filter((b) => b.observation).map((b) => [/** @type {Observation} */ (b.observation).id, b]));
  /** @type {Edge[]} */
  const edges = [];
  for (const o of observations) {
    const source = nodeID("email", o.emailContactId), target = nodeID("phone", o.phoneContactId);
    if (!nodes.has(source)) nodes.set(source, { id: source, kind: "email", text: o.email || "erased", contactId: o.emailContactId, since: o.firstSeenAt, mine: false });
    if (!nodes.has(target)) nodes.set(target, { id: target, kind: "phone", text: o.phoneNumber || "erased", contactId: o.phoneContactId, since: o.firstSeenAt, mine: false });
    edges.push({ id: o.id, source, target, observation: o, bridge: byObservation.get(o.id) });
  }
  return { nodes: [...nodes.values()], edges };
}

/**
 * Replaces the leaves of each node that has several by one node, if the graph is too large to be read.
 * @param {Graph} graph
 * @param {Set<string>} open nodes whose leaves stay
 * @returns {Graph}
 */
export function collapse(graph, open) {
  if (graph.nodes.length <= manyNodes) return graph;
  /** @type {Map<string, Edge[]>} */
  const at = new Map(graph.nodes.map((n) => [n.id, []]));
  for (const e of graph.edges) {
    at.get(e.source)?.push(e);
    at.get(e.target)?.push(e);
  }
  const byID = new Map(graph.nodes.map((n) => [n.id, n]));
  /** @type {Map<string, Node[]>} */
  const leaves = new Map();
  for (const n of graph.nodes) {
    const edges = at.get(n.id) || [];
    if (edges.length !== 1) continue;
    const hub = edges[0].source === n.id ? edges[0].target : edges[0].source;
    if (!open.has(hub) && (at.get(hub) || []).length > 1) leaves.set(hub, [...(leaves.get(hub) || []), n]);
  }
  /** @type {Set<string>} */
  const gone = new Set();
  /** @type {Graph} */
  const collapsed = { nodes: [], edges: [] };
  for (const [hub, hidden] of leaves) {
    if (hidden.length < 3) continue;
    hidden.forEach((n) => gone.add(n.id));
    const more = /** @type {Node} */ ({ ...hidden[0], id: "more" + hub, kind: "more", text: `+${hidden.length}`, leaves: hidden });
    collapsed.nodes.push(more);
    const first = /** @type {Edge} */ ((at.get(hidden[0].id) || [])[0]);
    collapsed.edges.push({ ...first, source: hub, target: more.id, bridge: undefined });
  }
  collapsed.nodes.push(...graph.nodes.filter((n) => !gone.has(n.id) && byID.has(n.id)));
  collapsed.edges.push(...graph.edges.filter((e) => !gone.has(e.source) && !gone.has(e.target)));
  return collapsed;
}
