// A real folder with real files, the real box over it, and a tool called in it as the runtime calls it.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { openBox, type WorkspaceBox } from "../../infra/sandbox/workspace-box.ts";
import type { ToolOutput } from "../../registry/tool.ts";
import { toolNamed } from "../../registry/tools/index.ts";

/** A folder that is gone when the test ends; its path is free of links. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "statehive-workspace-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder that is gone when the test file ends. */
export function largeWorkspace(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "statehive-workspace-")));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

export async function workspaceOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<WorkspaceBox> {
  const root = temporaryFolder();
  writeFiles(root, files);
  return openBox(root);
}

/** Parses the input as the runtime does and runs the implementation. */
export async function callTool(
  box: WorkspaceBox,
  name: string,
  input: unknown,
  signal?: AbortSignal,
): Promise<ToolOutput> {
  const tool = toolNamed(name);
  const run = await tool?.load?.();
  if (!tool || !run) throw new Error(`no tool ${name} to run`);
  return run(tool.input.parse(input), { box, signal: signal ?? new AbortController().signal });
}

export async function pathsOf(walk: AsyncIterable<{ readonly path: string }>): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of walk) paths.push(path);
  return paths;
}
