/** Keeps one item after the other, and says each that is kept: a writer that a test may kill at any moment. */
import { memoryPlaceOf } from "../../infra/memory/memory-place.ts";
import { workspaceMemory } from "../../infra/memory/workspace-memory.ts";

const [workspace = "", stateFolder = "", who = "", count = "0"] = process.argv.slice(2);
const place = memoryPlaceOf(workspace);
if (place === null) throw new Error(`no folder ${workspace}`);
const memory = workspaceMemory({ stateFolder, place });
for (let one = 0; one < Number(count); one += 1) {
  const id = `m_${who}${one.toString(16).padStart(15, "0")}`;
  const { kept } = await memory.keep({
    v: 1,
    id,
    topic: `topic-${one}`,
    fact: `Fact ${one} of ${who}.`,
    source: { kind: "person" },
    at: new Date().toISOString(),
    expiresAt: null,
    run: "r_1",
    actor: who,
  });
  if (kept) process.stdout.write(`${id}\n`);
}
