/**
 * What the sandbox says when it does not do what it was asked. The registry declares the same shape and recognises it
 * by `name` and `code`, because the two rooms never import each other.
 */
import { SwarmError } from "../errors.ts";

export type BoxRefusalCode =
  | "box.outside"
  | "box.not_found"
  | "box.not_a_file"
  | "box.not_a_folder"
  | "box.unreadable"
  | "box.bad_path"
  | "box.too_large"
  | "box.protected"
  | "box.unread"
  | "box.web_refused"
  | "box.web_failed"
  | "box.changed";

export interface BoxRefusalDetails {
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Exit code 2 where it reaches a person: the path they gave is wrong. Only `box.changed` is worth another try. */
export class BoxRefusal extends SwarmError {
  declare readonly code: BoxRefusalCode;
  /** As the caller gave it. */
  readonly path: string;

  constructor(code: BoxRefusalCode, path: string, message: string, details: BoxRefusalDetails = {}) {
    super(code, message, { ...details, exit: 2, retry: code === "box.changed" });
    // Fixed rather than taken from the class: it is what the registry recognises a refusal by.
    this.name = "BoxRefusal";
    this.path = path;
  }
}

/**
 * Turns a failure of the operating system on `path` into a refusal. What says nothing about the path (no descriptors
 * left, no memory) is returned as it came: that is breakage.
 */
export function refusalOf(error: unknown, path: string): unknown {
  const details = { cause: error };
  switch (errnoOf(error) ?? "") {
    case "ENOENT":
    case "ENOTDIR":
      return notFound(path, details);
    case "EACCES":
    case "EPERM":
      return new BoxRefusal(
        "box.unreadable",
        path,
        `${quoted(path)} cannot be read: the operating system denies it`,
        details,
      );
    case "ELOOP":
      return new BoxRefusal(
        "box.unreadable",
        path,
        `${quoted(path)} cannot be read: its links go round in a circle`,
        details,
      );
    case "EIO":
    case "ESTALE":
    case "ENODEV":
      return new BoxRefusal("box.unreadable", path, `${quoted(path)} cannot be read: the file system failed`, details);
    case "ENAMETOOLONG":
      return new BoxRefusal("box.bad_path", path, `${quoted(path)} is too long for a path`, details);
    case "ENXIO":
    case "EISDIR":
      return new BoxRefusal("box.not_a_file", path, `${quoted(path)} is not a regular file`, details);
    default:
      return error;
  }
}

export function notFound(path: string, details: BoxRefusalDetails = {}): BoxRefusal {
  return new BoxRefusal("box.not_found", path, `${quoted(path)} does not exist in the workspace`, details);
}

export function outside(path: string): BoxRefusal {
  return new BoxRefusal("box.outside", path, `${quoted(path)} lies outside the workspace`);
}

export function protectedPath(path: string): BoxRefusal {
  return new BoxRefusal("box.protected", path, `${quoted(path)} belongs to statehive itself; no tool may look into it`);
}

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** A path inside a message: control characters escaped, so that a file name cannot write lines of its own. */
export function quoted(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
}
