/**
 * Opens the small source repositories under `fixtures/`, or a scratch one, through the real box. They are test data:
 * nothing compiles or runs them.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBox } from "../../../infra/sandbox/workspace-box.ts";
import type { Box } from "../../../registry/box.ts";

export const fixtureNames = [
  "ts-complete",
  "ts-bare",
  "py-complete",
  "py-partial",
  "ts-traps",
  "not-an-agent",
  "wrapped-client",
] as const;

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));

export async function openFixture(name: (typeof fixtureNames)[number]): Promise<Box> {
  return openBox(join(fixtures, name));
}

export interface Scratch {
  readonly folder: string;
  readonly box: Box;
  readonly write: (path: string, text: string | Uint8Array) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** A repository of its own in the temporary folder, made of the given files. */
export async function openScratch(files: Readonly<Record<string, string | Uint8Array>>): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), "probe-"));
  const write = async (path: string, text: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  for (const [path, text] of Object.entries(files)) await write(path, text);
  return { folder, box: await openBox(folder), write, remove: () => rm(folder, { recursive: true, force: true }) };
}
