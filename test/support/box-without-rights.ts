// What the box makes of a workspace that this process may not fully read, as JSON on stdout. Everything is
// loaded before root gives its rights away: another user may not be able to read this repository.

import { join } from "node:path";
import { BoxRefusal } from "../../infra/sandbox/refusal.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";

const root = process.argv[2] ?? "";

async function main(): Promise<void> {
  if (process.getuid?.() === 0) {
    process.setgroups?.([]);
    process.setgid?.(65_534);
    process.setuid?.(65_534);
  }
  const refusal = await openBox(join(root, "closed-root")).catch((error: unknown) => error);
  const box = await openBox(root);
  const skipped: string[] = [];
  const walked: string[] = [];
  for await (const { path } of box.walk({ onSkip: ({ path, why }) => skipped.push(`${path} ${why}`) }))
    walked.push(path);
  const codeOf = async (path: string) =>
    box.read(path, { bytesMax: 10 }).catch((error: unknown) => (error instanceof BoxRefusal ? error.code : error));
  const a = await box.read("open/a.txt", { bytesMax: 10 });
  const seen = {
    root: refusal instanceof BoxRefusal ? { code: refusal.code, hint: refusal.hint !== undefined } : String(refusal),
    walked,
    skipped,
    file: await codeOf("open/shut.txt"),
    behind: await codeOf("shut/b.txt"),
    a: Buffer.from(a.bytes).toString(),
  };
  process.stdout.write(JSON.stringify(seen));
}

await main();
