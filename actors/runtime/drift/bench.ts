/**
 * The workbench on which examples are tried: a scratch folder, the real box over it, a real gate and, where there is a
 * sandbox, the real recorder. It is gone once it is closed.
 */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Confinement } from "../../../infra/bwrap/confine.ts";
import { openHostState } from "../../../infra/journal/host-state.ts";
import { type Journal, openJournal } from "../../../infra/journal/journal.ts";
import { openBox, type WorkspaceBox } from "../../../infra/sandbox/workspace-box.ts";
import { openWebDoor } from "../../../infra/web/web-door.ts";
import type { Box } from "../../../registry/box.ts";

export interface BenchOptions {
  /** What confines commands; null: there is nothing (or nothing that is to be trusted), and none is tried. */
  readonly confinement: Confinement | null;
  /** All that a command sees of the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** File of the compiled recorder, where this is not the build. */
  readonly recorder?: string | undefined;
}

export interface Bench {
  readonly journal: Journal;
  readonly confined: boolean;
  /** The real door of WebFetch, with no host of the operator's open. */
  readonly fetch: NonNullable<Box["fetch"]>;
  /** A new workspace with these files, and an effect id that nobody has used. */
  workspace(files: Readonly<Record<string, string>>): Promise<{ readonly box: WorkspaceBox; readonly effect: string }>;
  close(): Promise<void>;
}

export async function openBench({ confinement, env, recorder }: BenchOptions): Promise<Bench> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "statehive-check-")));
  const state = await openHostState([join(folder, "state")]);
  const journal = openJournal({ state, env, confinement, ...(recorder === undefined ? {} : { recorder }) });
  const { fetch } = openWebDoor({ privateHosts: [] });
  let made = 0;
  return {
    journal,
    confined: confinement !== null,
    fetch,
    async workspace(files) {
      made += 1;
      const root = join(folder, `workspace-${made}`);
      await mkdir(root);
      const folders = new Set(Object.keys(files).map((path) => dirname(join(root, path))));
      for (const one of folders) await mkdir(one, { recursive: true });
      await Promise.all(Object.entries(files).map(([path, content]) => writeFile(join(root, path), content)));
      return { box: await openBox(root, [state.folder]), effect: `r_check/a_check/0.${made}:0` };
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
