/**
 * The box: everything a tool can reach. A tool gets no other door to the world, so what the box refuses cannot
 * happen. The registry declares the shape; a sandbox in `infra/` has it; the runtime joins the two.
 */
import type { Plugin, PluginTool } from "./capabilities.ts";

/** Why the box did not do what it was asked. `path` is shown as the caller gave it. */
export type BoxRefusalCode =
  | "box.outside" // the path, once links are resolved, lies outside the workspace
  | "box.not_found"
  | "box.not_a_file" // a folder, socket, device, FIFO…
  | "box.not_a_folder"
  | "box.unreadable" // the operating system denies it
  | "box.bad_path" // NUL, too long, not text
  | "box.too_large"
  | "box.protected" // statehive's own state, or a path that the run's permissions do not name
  | "box.unread" // the agent would overwrite a file that it has never looked at
  | "box.web_refused" // an address that is not asked: not public, not http, with credentials…
  | "box.web_failed" // it was asked, and no whole answer came
  | "box.changed"; // the file is no longer what the agent, or the check before, has seen

export class BoxRefusal extends Error {
  readonly code: BoxRefusalCode;
  readonly path: string;
  constructor(code: BoxRefusalCode, path: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "BoxRefusal";
    this.code = code;
    this.path = path;
  }
}

/** One thing in the workspace. `path` is relative to the root, with `/` between its parts. */
export interface BoxEntry {
  readonly path: string;
  readonly kind: "file" | "folder" | "other";
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

/** The first `bytesMax` bytes of a file; `bytesTotal` says what there was. */
export interface BoxBytes {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly bytesTotal: number;
  readonly truncated: boolean;
}

/** Something a walk passed over, and why. */
export interface BoxSkip {
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

export interface BoxWalkOptions {
  /** Folder to start from, relative to the root; the root when absent. */
  readonly under?: string;
  /** Whether `.gitignore` rules and the built-in list (.git, node_modules, .swarm…) are obeyed. Default true. */
  readonly respectIgnore?: boolean;
  /** At most so many files are yielded; the walk then ends with a `too_many` skip. Default and ceiling 100,000. */
  readonly filesMax?: number;
  readonly signal?: AbortSignal;
  readonly onSkip?: (skip: BoxSkip) => void;
}

/** What a server answered. */
export interface BoxPage {
  /** After redirects, all of them on the same host. */
  readonly url: string;
  readonly status: number;
  /** As the server says it; empty where it says nothing. */
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** There was more. */
  readonly cut: boolean;
  /** Another host that the answer points to; it was not followed. */
  readonly elsewhere?: string;
}

/** What the tool of a plugin server gave, in words; whatever went wrong with the server is an answer, too. */
export interface PluginAnswer {
  readonly ok: boolean;
  readonly text: string;
  /** All of it, where `text` is less. */
  readonly whole?: string;
  readonly truncated?: boolean;
}

export interface PluginCallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Calls one latched tool of its server, which is started for it where it is not there. */
export type PluginDoor = (
  plugin: Plugin,
  tool: PluginTool,
  input: unknown,
  options: PluginCallOptions,
) => Promise<PluginAnswer>;

/** Read-only view of one workspace. Every method resolves links at the moment of use and throws {@link BoxRefusal}. */
export interface Box {
  /** Absolute, link-free path of the workspace. For messages only: tools never join paths onto it. */
  readonly root: string;
  stat(path: string): Promise<BoxEntry>;
  read(path: string, options: { bytesMax: number; offset?: number; signal?: AbortSignal }): Promise<BoxBytes>;
  /** Regular files in a stable (byte-wise, depth-first) order. */
  walk(options?: BoxWalkOptions): AsyncIterable<BoxEntry>;
  /** SHA-256 (hex) and size of a whole file; null where there is none. */
  hash(path: string): Promise<{ readonly sha256: string; readonly bytes: number } | null>;
  /** One GET into the open internet. Absent: this box has no way out. Throws `box.web_refused`, `box.web_failed`. */
  readonly fetch?: (url: string, options: { readonly signal: AbortSignal }) => Promise<BoxPage>;
  /** Absent: nothing here can start a plugin server. */
  readonly plugin?: PluginDoor;
}

/** What a change came to. Hashes are SHA-256 in hex; null: there was no file. */
export interface BoxChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
  readonly bytes: number;
  readonly bytesBefore: number | null;
}

/** How a command ended. */
export interface BoxExit {
  /** The command never ran, and why. */
  readonly broke?: string | undefined;
  readonly code?: number | null | undefined;
  readonly signal?: string | null | undefined;
  /** It was stopped before it ended by itself. */
  readonly stopped: "timed_out" | "called_off" | null;
  /** Standard output and error as they came; where something is missing, a line inside says so. */
  readonly output: Uint8Array;
  /** Of all output, and of what of it was left out. */
  readonly bytes: number;
  readonly dropped: number;
  readonly tookMs: number;
  /** How it was confined; left out by versions that could not. */
  readonly sandbox?: "full" | "partial" | "none" | undefined;
  /** Protected files that it had made, and where they were put; null: they could not be moved. */
  readonly setAside?: readonly { readonly path: string; readonly to: string | null }[] | undefined;
  /** False: the workspace has too many folders to look for such files in all of them. */
  readonly watched?: boolean | undefined;
  /** It could write to no folder of the workspace: it was thought to change nothing. */
  readonly looksOnly?: boolean | undefined;
}

export interface ExecOptions {
  readonly timeoutMs: number;
  /** What is run in place of the command, which it means. */
  readonly runs?: string | undefined;
}

/**
 * A box with hands, behind the gate of one effect: one deed, at most once ever, whatever crashes. A tool that wants a
 * second one is broken.
 */
export interface ActingBox extends Box {
  /**
   * Resolves where the agent knows the file as it is now, or there is none; else {@link BoxRefusal} `box.unread` or
   * `box.changed`. `replace` asks the same of what it is about to overwrite: no tool can forget to.
   */
  known(path: string): Promise<void>;
  /**
   * Puts the whole content of a file in place at once; folders that are missing are made. With `expected` only where the
   * file still is the one that was read (its SHA-256; null: no file), else {@link BoxRefusal} `box.changed`.
   */
  replace(path: string, content: Uint8Array, options?: { readonly expected?: string | null }): Promise<BoxChange>;
  /** Runs a shell command in the workspace. */
  exec(command: string, options: ExecOptions): Promise<BoxExit>;
  /** As the reading side's, and at most once ever. */
  readonly plugin?: PluginDoor;
}
