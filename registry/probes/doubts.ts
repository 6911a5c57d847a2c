/**
 * What stands between silence and absence: reasons why a primitive may live where the probes did not look. Nothing may
 * be called absent while one of them holds.
 */
import type { PrimitiveId } from "./finding.ts";
import { toolCallWords } from "./model-clients.ts";
import { importsClient } from "./storage-flow.ts";
import type { Workspace } from "./workspace.ts";

/** Primitives that live in a durable store. */
const durable: ReadonlySet<PrimitiveId> = new Set([
  "session-persistence",
  "workflow-state",
  "system-event-log",
  "permission-audit-trail",
]);
/** Languages in which stores are programmed. */
const storeLanguages: ReadonlySet<string> = new Set([".sql"]);
/** Languages in which no harness is written, though repositories are full of them. */
const marginal: ReadonlySet<string> = new Set([".sh", ".ipynb", ".h", ".css", ".sql"]);
/** With more unread files than this share of the read ones, the harness may be written in the unread language. */
const unreadShareMax = 0.25;

export function doubtsAbout({ index, files, unread }: Workspace, primitive: PrimitiveId): string[] {
  const doubts: string[] = [];
  const kinds = new Set(index.anchors.map(({ kind }) => kind));
  if (index.understood && !kinds.has("main-loop"))
    doubts.push("no loop around the model call was found, so the run path is known in part only");
  const speaksOfTools = files.some(
    (file) => file.role === "product" && index.farFromAnchors(file.path) <= 1 && toolCallWords.test(file.text),
  );
  if (index.understood && !kinds.has("tool-dispatch") && speaksOfTools)
    doubts.push("it was not found where tool calls are carried out");
  const product = files.filter(({ role }) => role === "product");
  const foreign = Object.entries(unread).filter(([extension]) => !marginal.has(extension));
  const count = foreign.reduce((sum, [, files]) => sum + files, 0);
  if (count > product.length * unreadShareMax)
    doubts.push(`${count} files of product code are in languages that were not read (${listed(foreign)})`);
  if (!durable.has(primitive)) return doubts;
  const programs = Object.entries(unread).filter(([extension]) => storeLanguages.has(extension));
  if (programs.length > 0) doubts.push(`programs of a store were not read (${listed(programs)})`);
  const client = product.find((file) => index.farFromAnchors(file.path) <= 2 && importsClient(file));
  if (client)
    doubts.push(`${client.path} uses the client of a store, and what goes through it was not followed to its end`);
  return doubts;
}

/** `.rs 120, .go 3`. */
function listed(counts: readonly (readonly [string, number])[]): string {
  return counts.map(([extension, files]) => `${extension} ${files}`).join(", ");
}
