/**
 * Reads everything that lies in the folder of a skill, within limits: every file is hashed in the pass in which it is
 * read, so that what is shown is what was compared. Links that lead out, devices and the like are faults, never followed.
 */
import { SwarmError } from "../errors.ts";
import { sha256 } from "../ids.ts";
import { BoxRefusal } from "../sandbox/refusal.ts";
import type { WalkSkip } from "../sandbox/walk.ts";
import { openBox } from "../sandbox/workspace-box.ts";

export interface FolderFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface FolderContents {
  /** Absolute and link-free. */
  readonly folder: string;
  readonly files: readonly FolderFile[];
  /** Of the files that were wanted, are UTF-8, and have at most {@link TEXT_BYTES_MAX} bytes. */
  readonly texts: ReadonlyMap<string, string>;
  readonly faults: readonly { readonly path: string; readonly reason: string }[];
}

/** Files of one skill, bytes of one of them and of all. The largest public skills have 83 files and 6 MB. */
const FILES_MAX = 1_000;
const FILE_BYTES_MAX = 8 * 1024 * 1024;
const ALL_BYTES_MAX = 64 * 1024 * 1024;
/** Of a file whose text is given. */
const TEXT_BYTES_MAX = 256 * 1024;

const WHY: Readonly<Record<WalkSkip["why"], string>> = {
  ignored: "it was passed over",
  unreadable: "it cannot be read",
  link_outside: "it is a link out of the skill's folder",
  link_loop: "it is a link that leads in a circle, or to what is there already",
  not_a_file: "it is neither a file nor a folder",
  too_deep: "it lies too deep",
  too_many: `the skill has more than ${FILES_MAX} files`,
  bad_name: "its name is no text",
};

/** Nobody's work: left by a desktop, or git's own. They are no part of a skill and cannot be opened with it. */
const isForeign = (path: string): boolean => /(?:^|\/)(?:\.git(?:\/|$)|\.DS_Store$)/.test(path);

/**
 * `wanted`: files whose text is to be given, relative to the folder.
 * @throws BoxRefusal where the folder itself cannot be opened.
 */
export async function readSkillFolder(
  folder: string,
  wanted: readonly string[],
  signal?: AbortSignal,
): Promise<FolderContents> {
  const box = await openBox(folder);
  const files: FolderFile[] = [];
  const texts = new Map<string, string>();
  const faults: { path: string; reason: string }[] = [];
  let bytesTotal = 0;
  const onSkip = ({ path, why }: WalkSkip): void => {
    if (!isForeign(path) && faults.length < 20) faults.push({ path, reason: WHY[why] });
  };
  const options = { respectIgnore: false, filesMax: FILES_MAX, onSkip, ...(signal === undefined ? {} : { signal }) };
  for await (const { path, bytes } of box.walk(options)) {
    if (isForeign(path)) continue;
    bytesTotal += bytes;
    const tooLarge = limitPassed(bytes, bytesTotal);
    if (tooLarge !== null) {
      faults.push({ path, reason: tooLarge });
      if (bytesTotal > ALL_BYTES_MAX) break;
      continue;
    }
    try {
      const content = await box.read(path, {
        bytesMax: FILE_BYTES_MAX + 1,
        ...(signal === undefined ? {} : { signal }),
      });
      if (content.truncated || content.bytes.length > FILE_BYTES_MAX) throw new Error("it grew while it was read");
      files.push({ path, bytes: content.bytes.length, sha256: sha256(content.bytes) });
      const text = wanted.includes(path) ? textOf(content.bytes) : null;
      if (text !== null) texts.set(path, text);
    } catch (cause) {
      signal?.throwIfAborted();
      faults.push({ path, reason: reasonOf(cause) });
    }
  }
  return { folder: box.root, files, texts, faults };
}

/**
 * The same as files to be put elsewhere.
 * @throws SwarmError `skill.folder`, exit 2, where anything in it cannot be taken along
 */
export async function skillFilesOf(folder: string): Promise<readonly { path: string; bytes: Uint8Array }[]> {
  const { files, faults } = await readSkillFolder(folder, []);
  const [fault] = faults;
  if (fault !== undefined) {
    throw new SwarmError("skill.folder", `${folder}/${fault.path}: ${fault.reason}`, {
      exit: 2,
      hint: "A skill is a folder of plain files. Nothing of it was taken.",
    });
  }
  const box = await openBox(folder);
  return Promise.all(
    files.map(async ({ path, sha256: was }) => {
      const { bytes } = await box.read(path, { bytesMax: FILE_BYTES_MAX });
      if (sha256(bytes) === was) return { path, bytes };
      throw new SwarmError("skill.folder", `${folder}/${path} changed while it was read`, { exit: 2, retry: true });
    }),
  );
}

function limitPassed(bytes: number, bytesTotal: number): string | null {
  if (bytesTotal > ALL_BYTES_MAX) return `the skill has more than ${ALL_BYTES_MAX} bytes`;
  return bytes > FILE_BYTES_MAX ? `it has ${bytes} bytes; at most ${FILE_BYTES_MAX}` : null;
}

function textOf(bytes: Uint8Array): string | null {
  if (bytes.length > TEXT_BYTES_MAX) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof BoxRefusal) return `it cannot be read (${cause.code})`;
  return cause instanceof Error ? cause.message : String(cause);
}
