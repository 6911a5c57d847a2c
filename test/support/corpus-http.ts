/** The runs of the golden corpus that the built command line plays against a Messages server over HTTP. */
import type { RawEntry } from "../../infra/redis/reader.ts";
import type { EntryInput } from "./messages-double/script.ts";
import { openStage, quote, read, report, says, text, use } from "./run-stage.ts";
import { logOf } from "./swarm-store.ts";

const busy: EntryInput = {
  fault: { kind: "status", status: 529, type: "overloaded_error", headers: { "retry-after": "0" } },
};

const runs: Readonly<Record<string, { readonly entries: readonly EntryInput[]; readonly flags?: readonly string[] }>> =
  {
    "http-completed": { entries: [busy, says(read(), use("Grep", { pattern: "return" })), report("adds")] },
    "http-corrected": { entries: [text("it adds"), report("adds", [quote(2, "no such line")]), report("adds")] },
    "http-refused": {
      entries: [says(use("Nothing", {}), use("Read", { file_path: "../../etc/passwd" })), report("adds")],
    },
    "http-exhausted": { entries: [says(read())], flags: ["--json", "--max-turns", "1"] },
    "http-poor": { entries: [report("adds")], flags: ["--json", "--max-tokens", "40"] },
    "http-failed": { entries: [{ fault: { kind: "status", status: 404, type: "not_found_error" } }] },
  };

export async function playedOverHttp(
  write: (name: string, run: string, entries: readonly RawEntry[]) => Promise<void>,
): Promise<void> {
  for (const [name, { entries, flags }] of Object.entries(runs)) {
    const stage = await openStage();
    try {
      const { document } = await stage.play(entries, flags);
      await write(name, document.runId, await logOf(stage.swarm, document.runId));
    } finally {
      await stage[Symbol.asyncDispose]();
    }
  }
}
