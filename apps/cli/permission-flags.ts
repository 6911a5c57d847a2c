/** What a run may do, from flags and configuration: latched with the run, so that whoever goes on with it is bound by it. */
import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { RunConfig } from "../../actors/runtime/run-row.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import type { Approve, Mode } from "../../registry/permission/question.ts";
import { oneOf } from "./flags.ts";
import { permissionsOf } from "./permission-lists.ts";

const MODES: readonly Mode[] = ["read-only", "plan", "edit"];
const ANSWERS: readonly Approve[] = ["ask", "deny", "allow-safe"];
/** Folders beside the workspace, at most. */
const ADD_DIRS_MAX = 16;

export interface Rights {
  readonly latched: Required<Pick<RunConfig, "permissions" | "mode" | "approve" | "addDirs" | "home">>;
  /** What of the rules does nothing, to be said once. */
  readonly notices: readonly string[];
}

/** `attended`: a person looks at this and can answer. Throws SwarmError `usage.*` or `config.permissions`, exit 2. */
export function rightsOf(flags: Record<string, unknown>, config: Config, workspace: string, attended: boolean): Rights {
  const { notices, ...permissions } = permissionsOf(config, workspace);
  const latched = {
    permissions,
    mode: oneOf(flags.mode, "--mode", MODES) ?? "edit",
    approve: oneOf(flags.approve, "--approve", ANSWERS) ?? (attended ? "ask" : "deny"),
    addDirs: addDirsOf((flags.addDir as readonly string[] | undefined) ?? [], config),
    home: realOf(config.commandEnv.HOME),
  };
  return { latched, notices };
}

/** On a terminal, and not told to go on without. */
export const isAttended = (flags: Record<string, unknown>): boolean =>
  process.stdin.isTTY === true &&
  process.stderr.isTTY === true &&
  flags.detach !== true &&
  flags.json !== true &&
  flags.jsonl !== true;

function addDirsOf(given: readonly string[], config: Config): string[] {
  if (given.length > ADD_DIRS_MAX) throw refused(`${given.length} folders`, `are more than ${ADD_DIRS_MAX}`);
  const found = given.map((path) => addDir(path, config));
  return [...new Set(found)];
}

function addDir(given: string, { dataDir, stateDirs, commandEnv }: Config): string {
  const path = realOf(resolve(given));
  if (path === null || !statSync(path).isDirectory()) throw refused(`"${given}"`, "is no folder that there is");
  if (path === "/" || path === realOf(commandEnv.HOME)) {
    throw refused(`"${given}"`, "is too much to be opened: everything that starts with you lies there");
  }
  const own = [dataDir, ...stateDirs].map((folder) => realOf(folder) ?? resolve(folder));
  if (own.some((folder) => `${folder}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${folder}/`))) {
    throw refused(`"${given}"`, "holds statehive's own data, or lies in it");
  }
  return path;
}

const refused = (what: string, why: string): SwarmError =>
  new SwarmError("usage.add_dir", `--add-dir ${what} ${why}`, {
    exit: 2,
    hint: "Give the folder that is to be written, and no larger one.",
  });

function realOf(path: string | undefined): string | null {
  try {
    return path === undefined ? null : realpathSync(path);
  } catch {
    return null;
  }
}
