/**
 * The box: everything a tool can reach. A tool gets no other door to the world, so what the box refuses cannot
 * happen. The registry declares the shape; a sandbox in `infra/` has it; the runtime joins the two.
 */

/** Why the box did not do what it was asked. `path` is shown as the caller gave it. */
export type BoxRefusalCode =
  | "box.outside" // the path, once links are resolved, lies outside the workspace
  | "box.not_found"
  | "box.not_a_file" // a folder, socket, device, FIFO…
  | "box.not_a_folder"
  | "box.unreadable" // the operating system denies it
  | "box.bad_path" // NUL, too long, not text
  | "box.too_large"
  | "box.changed"; // the file was replaced between check and use

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

/** Read-only view of one workspace. Every method resolves links at the moment of use and throws {@link BoxRefusal}. */
export interface Box {
  /** Absolute, link-free path of the workspace. For messages only: tools never join paths onto it. */
  readonly root: string;
  stat(path: string): Promise<BoxEntry>;
  read(path: string, options: { bytesMax: number; offset?: number; signal?: AbortSignal }): Promise<BoxBytes>;
  /** Regular files in a stable (byte-wise, depth-first) order. */
  walk(options?: BoxWalkOptions): AsyncIterable<BoxEntry>;
}
