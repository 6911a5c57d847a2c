/**
 * Every regular file below a folder, in byte-wise order of its path, without recursion and with every limit counted.
 * What is passed over is said with its reason; what cannot be read never ends the walk.
 */
import type { Stats } from "node:fs";
import { setImmediate as nextTick } from "node:timers/promises";
import { type Grip, hold } from "./confine.ts";
import type { IgnoreRules } from "./ignore-rules.ts";
import { type Found, listFolder, namesMax, type Pass, rulesIn } from "./listing.ts";
import { type RootNames, under } from "./path-rules.ts";
import { BoxRefusal, quoted } from "./refusal.ts";

export interface WalkEntry {
  readonly path: string;
  readonly kind: "file";
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

export interface WalkSkip {
  readonly path: string;
  readonly why:
    | "ignored"
    | "unreadable"
    | "link_outside"
    | "link_loop"
    | "not_a_file"
    | "too_deep"
    | "too_many"
    | "bad_name";
}

export interface WalkOptions {
  readonly under?: string;
  readonly respectIgnore?: boolean;
  readonly filesMax?: number;
  readonly signal?: AbortSignal;
  readonly onSkip?: (skip: WalkSkip) => void;
}

/** Files yielded, by default and at most. */
const walkFilesMax = 100_000;
const depthMax = 100;
/** Longest stretch without a turn for others, in milliseconds: the worker renews its queue lock in between. */
const stretchMs = 20;

/** Never source, always big or private; what is built (`dist`) is left out only where `.gitignore` says so. */
const neverWalked: ReadonlySet<string> = new Set(
  ".git .hg .svn .jj .swarm node_modules bower_components __pycache__ .venv venv .tox .nox .mypy_cache .pytest_cache .ruff_cache".split(
    " ",
  ),
);

interface Scope {
  /** How many parts of a path lie above the rules' folder. */
  readonly depth: number;
  readonly rules: IgnoreRules;
}

interface Frame {
  readonly folder: string;
  readonly scopes: readonly Scope[];
  readonly found: readonly Found[];
  next: number;
}

interface Walk extends Pass {
  readonly names: RootNames;
  readonly grip: Grip;
  readonly respectIgnore: boolean;
  readonly skip: (path: string, why: WalkSkip["why"]) => void;
  readonly start: string;
  /** Real paths that links led to: each is yielded once, under the first link's name. */
  readonly linked: Set<string>;
}

/** @throws BoxRefusal when the starting folder is refused, and the signal's reason when it is aborted. */
export async function* walk(names: RootNames, grip: Grip, options: WalkOptions = {}): AsyncGenerator<WalkEntry> {
  const state: Walk = {
    names,
    grip,
    start: await startOf(names, grip, options.under ?? ""),
    respectIgnore: options.respectIgnore ?? true,
    signal: options.signal,
    skip: (path, why) => options.onSkip?.({ path, why }),
    linked: new Set(),
    namesSeen: 0,
  };
  const filesMax = Math.min(options.filesMax ?? walkFilesMax, walkFilesMax);
  let files = 0;
  for await (const entry of everyFile(state)) {
    if (files === filesMax) return state.skip(entry.path, "too_many");
    files += 1;
    yield entry;
  }
}

async function* everyFile(state: Walk): AsyncGenerator<WalkEntry> {
  const frames: Frame[] = [await firstFrame(state)];
  let since = performance.now();
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    state.signal?.throwIfAborted();
    if (state.namesSeen > namesMax) return state.skip(frame.folder, "too_many");
    const found = frame.found[frame.next];
    frame.next += 1;
    if (found === undefined) {
      frames.pop();
      continue;
    }
    if (performance.now() - since > stretchMs) {
      await nextTick();
      since = performance.now();
    }
    const path = under(frame.folder, found.name);
    if (state.respectIgnore && isIgnored(frame.scopes, path, found)) {
      state.skip(path, "ignored");
    } else if (found.kind === "folder") {
      const inner = await enter(state, path, frame.scopes, frames.length);
      if (inner) frames.push(inner);
    } else {
      const entry = found.kind === "link" ? await behindLink(state, path) : entryOf(path, found.stats);
      if (entry) yield entry;
    }
  }
}

function entryOf(path: string, stats: Stats | undefined): WalkEntry | undefined {
  return stats && { path, kind: "file", bytes: stats.size, modifiedAtMs: stats.mtimeMs };
}

async function startOf(names: RootNames, grip: Grip, path: string): Promise<string> {
  const held = await hold(names, grip, path);
  held.close();
  if (held.stats.isDirectory()) return held.path;
  throw new BoxRefusal("box.not_a_folder", path, `${quoted(path)} is not a folder`);
}

/** The rules of the folders above the start hold below it too. */
async function firstFrame(walk: Walk): Promise<Frame> {
  const parts = partsOf(walk.start);
  let scopes: readonly Scope[] = [];
  for (let depth = 0; depth < parts.length && walk.respectIgnore; depth += 1) {
    const held = await hold(walk.names, walk.grip, `./${parts.slice(0, depth).join("/")}`);
    try {
      scopes = withRules(scopes, depth, await rulesIn(held));
    } finally {
      held.close();
    }
  }
  return frameOf(walk, walk.start, scopes);
}

async function enter(walk: Walk, folder: string, scopes: readonly Scope[], depth: number): Promise<Frame | undefined> {
  if (depth >= depthMax) {
    walk.skip(folder, "too_deep");
    return undefined;
  }
  try {
    return await frameOf(walk, folder, scopes);
  } catch (error) {
    if (!(error instanceof BoxRefusal)) throw error;
    walk.skip(folder, error.code === "box.outside" ? "link_outside" : "unreadable");
    return undefined;
  }
}

/** "./" keeps a name that begins with "~" a name. */
async function frameOf(walk: Walk, folder: string, scopes: readonly Scope[]): Promise<Frame> {
  const { found, rules } = await listFolder(walk, await hold(walk.names, walk.grip, `./${folder}`), folder);
  return { folder, found, scopes: withRules(scopes, partsOf(folder).length, rules), next: 0 };
}

function withRules(scopes: readonly Scope[], depth: number, rules: IgnoreRules | undefined): readonly Scope[] {
  return rules ? [...scopes, { depth, rules }] : scopes;
}

function partsOf(path: string): readonly string[] {
  return path === "" ? [] : path.split("/");
}

/** The deepest file of rules that speaks of the path decides, as in git. */
function isIgnored(scopes: readonly Scope[], path: string, { name, kind }: Found): boolean {
  if (neverWalked.has(name)) return true;
  if (scopes.length === 0) return false;
  const parts = path.split("/");
  for (let at = scopes.length - 1; at >= 0; at -= 1) {
    const scope = scopes[at];
    const verdict = scope?.rules(parts.slice(scope.depth), kind === "folder");
    if (verdict !== undefined) return verdict === "ignored";
  }
  return false;
}

/** A link to a file inside gives that file under the link's name; a link to a folder is not entered, so nothing loops. */
async function behindLink(state: Walk, path: string): Promise<WalkEntry | undefined> {
  try {
    const held = await hold(state.names, state.grip, `./${path}`);
    try {
      const { stats } = held;
      const inCircle = `${path}/`.startsWith(held.path === "" ? "" : `${held.path}/`);
      if (stats.isDirectory()) state.skip(path, inCircle ? "link_loop" : "ignored");
      else if (!stats.isFile()) state.skip(path, "not_a_file");
      else if (state.linked.has(held.path)) state.skip(path, "ignored");
      else {
        state.linked.add(held.path);
        return entryOf(path, stats);
      }
    } finally {
      held.close();
    }
  } catch (error) {
    if (!(error instanceof BoxRefusal)) throw error;
    state.skip(path, whyOf(error));
  }
  return undefined;
}

function whyOf({ code, cause }: BoxRefusal): WalkSkip["why"] {
  if (code === "box.outside") return "link_outside";
  if (code === "box.not_found") return "not_a_file";
  if (code === "box.bad_path") return "bad_name";
  return cause instanceof Error && "code" in cause && cause.code === "ELOOP" ? "link_loop" : "unreadable";
}
