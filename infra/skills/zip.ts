/**
 * Reads a zip archive that a stranger made: what it lists is believed only where it cannot do harm. Links, devices,
 * paths that lead elsewhere, names that fall together, and contents larger than they say are refused as a whole.
 */
import { crc32, inflateRawSync } from "node:zlib";
import { SwarmError } from "../errors.ts";

export interface UnpackedFile {
  /** Relative, with `/` between its parts. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Of the archive, of one file in it, and of all of them, in bytes; files; and how much smaller they may be packed. */
export const ZIP_BYTES_MAX = 64 * 1024 * 1024;
const FILE_BYTES_MAX = 8 * 1024 * 1024;
const ALL_BYTES_MAX = 64 * 1024 * 1024;
const ENTRIES_MAX = 2_000;
/** Text packs to a tenth, rarely to a fiftieth; a bomb to a thousandth. Small files may be anything. */
const RATIO_MAX = 200;
const RATIO_COUNTS_FROM_BYTES = 256 * 1024;
const PATH_BYTES_MAX = 1_024;
const DEPTH_MAX = 16;

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const COMMENT_BYTES_MAX = 65_535;

interface Entry {
  readonly path: string;
  readonly isFolder: boolean;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly unpacked: number;
  readonly at: number;
}

/** All files of the archive, unpacked in memory. @throws SwarmError `skill.archive`, exit 2 */
export function filesOfZip(archive: Uint8Array): readonly UnpackedFile[] {
  if (archive.length > ZIP_BYTES_MAX) throw refused(`it has ${archive.length} bytes; at most ${ZIP_BYTES_MAX}`);
  const view = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  try {
    const entries = entriesOf(view).filter(({ path }) => !isLitter(path));
    checkNames(entries);
    return contentsOf(view, entries);
  } catch (cause) {
    // A number in it that points out of it.
    if (cause instanceof RangeError) throw refused("it is damaged: it points out of itself");
    throw cause;
  }
}

/** What a desktop adds by itself. */
const isLitter = (path: string): boolean => /^__MACOSX\/|(?:^|\/)(?:\.DS_Store|Thumbs\.db|desktop\.ini)$/.test(path);

function entriesOf(view: Buffer): Entry[] {
  const end = endOf(view);
  const [disk, count, size, from] = [
    view.readUInt16LE(end + 4),
    view.readUInt16LE(end + 10),
    view.readUInt32LE(end + 12),
    view.readUInt32LE(end + 16),
  ];
  if (disk !== 0 || view.readUInt16LE(end + 8) !== count) throw refused("it is one of several parts");
  if (count === 0xffff || from === 0xffffffff) throw refused("it is of the large kind (zip64), which no skill needs");
  if (count > ENTRIES_MAX) throw refused(`it lists ${count} files; at most ${ENTRIES_MAX}`);
  if (from + size > end) throw refused("it is damaged: its list does not lie before its end");
  const entries: Entry[] = [];
  let at = from;
  for (let index = 0; index < count; index += 1) {
    if (view.readUInt32LE(at) !== CENTRAL) throw refused("it is damaged: its list breaks off");
    entries.push(entryAt(view, at));
    at += 46 + view.readUInt16LE(at + 28) + view.readUInt16LE(at + 30) + view.readUInt16LE(at + 32);
  }
  if (at !== from + size) throw refused("it is damaged: its list is not as long as it says");
  return entries;
}

function endOf(view: Buffer): number {
  const least = Math.max(0, view.length - 22 - COMMENT_BYTES_MAX);
  for (let at = view.length - 22; at >= least; at -= 1) {
    if (view.readUInt32LE(at) === END && at + 22 + view.readUInt16LE(at + 20) === view.length) return at;
  }
  throw refused("it is no zip archive");
}

function entryAt(view: Buffer, at: number): Entry {
  const name = nameIn(view.subarray(at + 46, at + 46 + view.readUInt16LE(at + 28)));
  const kind = (view.readUInt32LE(at + 38) >>> 16) & 0xf000;
  const isFolder = name.endsWith("/");
  if (kind !== 0 && kind !== (isFolder ? 0x4000 : 0x8000)) {
    throw refused(`${shown(name)} is a link, a device or the like`);
  }
  if ((view.readUInt16LE(at + 8) & 0x2041) !== 0) throw refused(`${shown(name)} is encrypted`);
  const method = view.readUInt16LE(at + 10);
  if (method !== 0 && method !== 8) throw refused(`${shown(name)} is packed in a way that nobody uses (${method})`);
  return {
    path: safePath(isFolder ? name.slice(0, -1) : name),
    isFolder,
    method,
    crc: view.readUInt32LE(at + 16),
    packed: view.readUInt32LE(at + 20),
    unpacked: view.readUInt32LE(at + 24),
    at: view.readUInt32LE(at + 42),
  };
}

function nameIn(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused("a name in it is no text");
  }
}

/** Where it would be written, or the refusal of the whole archive. */
function safePath(path: string): string {
  const parts = path.split("/");
  if (path === "" || Buffer.byteLength(path) > PATH_BYTES_MAX || parts.length > DEPTH_MAX) {
    throw refused(`${shown(path)} is empty, too long or too deep for a path`);
  }
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) throw refused(`${shown(path)} is not relative to the skill`);
  if (path.includes("\\")) throw refused(`${shown(path)} has a backslash in it`);
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/u.test(path))
    throw refused(`${shown(path)} holds a character that nobody sees`);
  if (parts.some((part) => part === ".." || part === "." || part === ""))
    throw refused(`${shown(path)} leads elsewhere`);
  // Where such endings are dropped, or mean a device, it would become another name.
  if (parts.some((part) => /[. ]$|:/.test(part) || /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(part))) {
    throw refused(`${shown(path)} is no name everywhere`);
  }
  return path;
}

/** Names that are one where case does not matter, and files in the place of folders. */
function checkNames(entries: readonly Entry[]): void {
  const seen = new Map<string, { readonly isFolder: boolean; readonly path: string }>();
  for (const { path, isFolder } of entries) {
    const parts = path.split("/");
    for (let length = 1; length <= parts.length; length += 1) {
      const own = { path: parts.slice(0, length).join("/"), isFolder: length < parts.length || isFolder };
      const folded = own.path.normalize("NFC").toLowerCase();
      const other = seen.get(folded);
      const same = other?.isFolder && own.isFolder && other.path === own.path;
      if (other !== undefined && !same)
        throw refused(`${shown(own.path)} is there twice, or takes the place of another`);
      seen.set(folded, own);
    }
  }
}

function contentsOf(view: Buffer, entries: readonly Entry[]): UnpackedFile[] {
  const files: UnpackedFile[] = [];
  let bytesTotal = 0;
  let free = 0;
  for (const entry of [...entries].sort((left, right) => left.at - right.at)) {
    const { path, at, packed, unpacked } = entry;
    if (at < free) throw refused(`${shown(path)} shares its bytes with another file`);
    if (view.readUInt32LE(at) !== LOCAL) throw refused(`${shown(path)} is not where the list says`);
    const nameEnd = at + 30 + view.readUInt16LE(at + 26);
    const local = nameIn(view.subarray(at + 30, nameEnd));
    if (local !== (entry.isFolder ? `${path}/` : path))
      throw refused(`${shown(path)} is called otherwise where it lies`);
    const from = nameEnd + view.readUInt16LE(at + 28);
    free = from + packed;
    if (free > view.length) throw refused("it is damaged: it points out of itself");
    bytesTotal += unpacked;
    if (unpacked > FILE_BYTES_MAX) throw refused(`${shown(path)} has ${unpacked} bytes; at most ${FILE_BYTES_MAX}`);
    if (bytesTotal > ALL_BYTES_MAX) throw refused(`its files have more than ${ALL_BYTES_MAX} bytes`);
    if (unpacked > RATIO_COUNTS_FROM_BYTES && unpacked > packed * RATIO_MAX) {
      throw refused(`${shown(path)} would become more than ${RATIO_MAX} times as large as it is packed`);
    }
    if (!entry.isFolder) files.push({ path, bytes: contentOf(view.subarray(from, free), entry) });
  }
  return files;
}

function contentOf(packed: Buffer, { path, method, crc, unpacked }: Entry): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = method === 0 ? Uint8Array.from(packed) : inflateRawSync(packed, { maxOutputLength: Math.max(1, unpacked) });
  } catch (cause) {
    throw refused(`${shown(path)} does not unpack to what the list says`, cause);
  }
  if (bytes.length !== unpacked || crc32(bytes) !== crc)
    throw refused(`${shown(path)} does not unpack to what the list says`);
  return bytes;
}

const shown = (name: string): string => JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);

const refused = (why: string, cause?: unknown): SwarmError =>
  new SwarmError("skill.archive", `the archive is not unpacked: ${why}`, {
    exit: 2,
    cause,
    hint: "Nothing of it was written. Ask whoever made it for a plain zip of the skill's folder.",
  });
