/**
 * Finds what lies in the places where people put skills and agent files: folders one level deep, or Markdown files at
 * any depth. What cannot be looked at is said; a place that is not there is no fault.
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { BoxRefusal } from "../sandbox/refusal.ts";
import { openBox } from "../sandbox/workspace-box.ts";

export interface PlaceFault {
  /** Absolute. */
  readonly path: string;
  readonly reason: string;
}

export interface Place {
  /** Absolute. */
  readonly path: string;
  /** What it brings must really lie in here; null: wherever links lead, the person made them. */
  readonly within: string | null;
}

/** Skills, or agent files, of one place. */
const ENTRIES_MAX = 1_000;
const AGENT_FILE_BYTES_MAX = 256 * 1024;

/** Absolute paths of the folders in it, sorted. */
export async function skillFoldersIn(
  place: Place,
): Promise<{ readonly folders: readonly string[]; readonly faults: readonly PlaceFault[] }> {
  const faults: PlaceFault[] = [];
  const folders: string[] = [];
  if (!(await isOpen(place, faults))) return { folders, faults };
  const entries = await readdir(place.path, { withFileTypes: true });
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(place.path, entry.name);
    if (entry.name.startsWith(".")) continue;
    if (folders.length === ENTRIES_MAX) {
      faults.push({ path, reason: `${place.path} holds more than ${ENTRIES_MAX} skills; the others are not read` });
      break;
    }
    if (entry.isDirectory()) folders.push(path);
    else if (entry.isSymbolicLink()) {
      const kind = await kindBehind(path, place.within);
      if (kind === "folder") folders.push(path);
      else if (kind !== "file") faults.push({ path, reason: kind });
    } else if (entry.name.toLowerCase().endsWith(".md") && !/^readme\b/i.test(entry.name)) {
      faults.push({ path, reason: "a skill is a folder with SKILL.md in it, not a file" });
    }
  }
  return { folders, faults };
}

async function kindBehind(path: string, within: string | null): Promise<string> {
  try {
    const real = await realpath(path);
    if (within !== null && !`${real}${sep}`.startsWith(`${within}${sep}`)) return `it is a link out of ${within}`;
    return (await stat(real)).isDirectory() ? "folder" : "file";
  } catch {
    return "it is a link that leads nowhere";
  }
}

/** Every Markdown file below it, sorted by path; `text` is null where it is none, or too long. */
export async function markdownBelow(
  place: Place,
): Promise<{ readonly files: readonly { path: string; text: string }[]; readonly faults: readonly PlaceFault[] }> {
  const faults: PlaceFault[] = [];
  const files: { path: string; text: string }[] = [];
  if (!(await isOpen(place, faults))) return { files, faults };
  const box = await openBox(place.path);
  const onSkip = ({ path, why }: { path: string; why: string }): void => {
    if (why === "too_many") faults.push({ path: place.path, reason: `it holds more than ${ENTRIES_MAX} files` });
    else if (path.endsWith(".md")) faults.push({ path: join(place.path, path), reason: `it is not read (${why})` });
  };
  for await (const { path, bytes } of box.walk({ respectIgnore: false, filesMax: ENTRIES_MAX, onSkip })) {
    if (!path.endsWith(".md")) continue;
    const shown = join(place.path, path);
    if (bytes > AGENT_FILE_BYTES_MAX) {
      faults.push({ path: shown, reason: `it has ${bytes} bytes; at most ${AGENT_FILE_BYTES_MAX} are read` });
      continue;
    }
    try {
      const content = await box.read(path, { bytesMax: AGENT_FILE_BYTES_MAX });
      files.push({ path: shown, text: new TextDecoder("utf-8", { fatal: true }).decode(content.bytes) });
    } catch (cause) {
      const reason = cause instanceof BoxRefusal ? `it cannot be read (${cause.code})` : "it is not UTF-8 text";
      faults.push({ path: shown, reason });
    }
  }
  return { files, faults };
}

/** False where there is none, or where it is somebody else's. */
async function isOpen({ path, within }: Place, faults: PlaceFault[]): Promise<boolean> {
  try {
    const real = await realpath(path);
    if (within !== null && !`${real}${sep}`.startsWith(`${within}${sep}`)) {
      faults.push({ path, reason: `it is a link out of ${within}` });
      return false;
    }
    if ((await stat(real)).isDirectory()) return true;
    faults.push({ path, reason: "it is not a folder" });
    return false;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "ENOTDIR") faults.push({ path, reason: `it cannot be opened (${code})` });
    return false;
  }
}
