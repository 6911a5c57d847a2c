/**
 * What stands between silence and absence: reasons why a primitive may live where the probes did not look. Nothing may
 * be called absent while one of them holds.
 */

import type { PrimitiveId } from "./finding.ts";
import { type CallFact, type FileFacts, functionAt } from "./source/facts.ts";
import { codeOf, textOf } from "./source/query.ts";
import type { Workspace } from "./source/workspace.ts";
import { importsClient } from "./stores/storage-flow.ts";

/** Primitives that live in a durable store. */
const durable: ReadonlySet<PrimitiveId> = new Set(["session-persistence", "workflow-state", "permission-audit-trail"]);
/** Languages in which stores are programmed. */
const storeLanguages: ReadonlySet<string> = new Set([".sql"]);
/** Languages in which no harness is written, though repositories are full of them. */
const marginal: ReadonlySet<string> = new Set([".sh", ".ipynb", ".h", ".css", ".sql"]);
/** With more unread files than this share of the read ones, the harness may be written in the unread language. */
const unreadShareMax = 0.25;

export function doubtsAbout({ index, files, unread }: Workspace, primitive: PrimitiveId): string[] {
  const doubts: string[] = [];
  const product = files.filter(({ role }) => role === "product");
  const foreign = Object.entries(unread).filter(([extension]) => !marginal.has(extension));
  const count = foreign.reduce((sum, [, files]) => sum + files, 0);
  if (count > product.length * unreadShareMax)
    doubts.push(`${count} files of product code are in languages that were not read (${listed(foreign)})`);
  if (!durable.has(primitive)) return doubts;
  const programs = Object.entries(unread).filter(([extension]) => storeLanguages.has(extension));
  if (programs.length > 0) doubts.push(`programs of a store were not read (${listed(programs)})`);
  const client = product.find(
    (file) =>
      index.farFromAnchors(file.path) <= 2 &&
      importsClient(file) &&
      !keepsCopies(file) &&
      // What the run never writes to keeps nothing of the run; what is written must speak of the subject there.
      file.calls.some(
        (call) =>
          index.storage.writes(file, call) &&
          index.onRunPath(file, call.start) &&
          subjects[primitive]?.test(spokenAt(file, call)) !== false,
      ),
  );
  if (client)
    doubts.push(`${client.path} uses the client of a store, and what goes through it was not followed to its end`);
  return doubts;
}

/** A longer function does more than write. In UTF-16 units. */
const writerCharsMax = 1_500;

/** What a write and the function around it say, without the sessions of the store's own client. */
function spokenAt(file: FileFacts, call: CallFact): string {
  const fn = functionAt(file, call.start);
  const said = fn !== undefined && fn.end - fn.start <= writerCharsMax ? codeOf(file, fn) : textOf(file, call);
  return `${fn?.owner ?? ""} ${fn?.name ?? ""} ${said}`.replace(
    /\b(?:db_?)?session(?:_scope|_?maker|_?factory|\.\w+)|\bas\s+session\b|\(\s*(?:self,\s*)?session,/gi,
    "",
  );
}

/** A client in a file that never speaks of the subject keeps something else. */
const subjects: Partial<Readonly<Record<PrimitiveId, RegExp>>> = {
  "session-persistence": /session|conversation|messages|transcript|history|checkpoint|thread/i,
  "workflow-state": /status|task|workflow|phase|checkpoint|\bruns?\b|session/i,
  "permission-audit-trail": /approv|permission|audit|decision|allow|deny|policy/i,
};

/** What can be made again at any time: caches and indexes of the workspace tell nothing of the run. */
function keepsCopies({ path, imports }: FileFacts): boolean {
  return (
    /cache|index|embed|vector|repo_?map|search/i.test(path.slice(path.lastIndexOf("/") + 1)) ||
    /\bdiskcache\b/i.test(imports)
  );
}

/** `.rs 120, .go 3`. */
function listed(counts: readonly (readonly [string, number])[]): string {
  return counts.map(([extension, files]) => `${extension} ${files}`).join(", ");
}
