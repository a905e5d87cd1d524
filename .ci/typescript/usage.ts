// What a program does with the types. It is compiled, not run: each @ts-expect-error is a mistake that the types must
// find.
import type { components, operations, paths } from "../../client/typescript/identikit";

type JSONOf<T> = T extends { content: { "application/json": infer Body } } ? Body : never;
type Observation = components["schemas"]["Observation"];
type Identify = paths["/identify"]["post"];
type Identified = JSONOf<Identify["responses"]["200"]>;

const seen: Observation = { email: "mcfly@hillvalley.edu", phoneNumber: 123456 };
const body: JSONOf<Identify["requestBody"]> = seen;

export async function identify(base: string, key: string): Promise<Identified["contact"]> {
  const answer = await fetch(base + "/identify", {
    method: "POST",
    headers: { Authorization: "Bearer " + key, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) {
    const problem: components["schemas"]["Problem"] = await answer.json();
    throw new Error(`${problem.status} ${problem.detail} (${problem.requestId})`);
  }
  const found: Identified = await answer.json();
  return found.contact;
}

export function primary(contact: components["schemas"]["Contact"]): string {
  const id: number = contact.primaryContactId;
  return `${id}: ${contact.emails.join(", ")}`;
}

export const dryRun: operations["retract"]["parameters"] = { path: { id: 3 }, query: { dryRun: true } };

export function isMerge(event: components["schemas"]["FeedEvent"]): boolean {
  // @ts-expect-error there is no such kind
  if (event.kind === "married") return true;
  return event.kind === "merged";
}

// @ts-expect-error an e-mail address is a string
export const wrongType: Observation = { email: 1 };
// @ts-expect-error the id is missing
export const noID: operations["retract"]["parameters"] = { query: { dryRun: true } };
// @ts-expect-error there is no such path
export type NoPath = paths["/identity"];
// @ts-expect-error a key has scopes
export const noScopes: components["schemas"]["KeyRequest"] = { name: "checkout" };
