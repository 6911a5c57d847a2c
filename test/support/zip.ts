// Zip archives as strangers make them: every number and name in them can be a lie.
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly name: string | Uint8Array;
  readonly text?: string | Uint8Array;
  /** Type and rights as Unix has them: 0o120777 is a link. */
  readonly mode?: number;
  /** Where the entry lies it is called so. */
  readonly localName?: string;
  readonly saysBytes?: number;
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
  /** Lies where this one of the others lies. */
  readonly sharesWith?: number;
}

export function zipOf(entries: readonly ZipEntry[], { count }: { readonly count?: number } = {}): Uint8Array {
  const parts: Buffer[] = [];
  const places: number[] = [];
  let at = 0;
  const made = entries.map((entry) => {
    const content = Buffer.from(entry.text ?? "");
    const method = entry.method ?? 8;
    const packed = method === 8 ? deflateRawSync(content) : content;
    const head = { ...entry, method, packed, content };
    const local = Buffer.concat([header(0x04034b50, head, true), packed]);
    places.push(entry.sharesWith === undefined ? at : (places[entry.sharesWith] ?? 0));
    parts.push(local);
    at += local.length;
    return head;
  });
  const list = Buffer.concat(made.map((head, index) => header(0x02014b50, head, false, places[index])));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count ?? entries.length, 8);
  end.writeUInt16LE(count ?? entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, list, end]);
}

type Head = ZipEntry & { readonly method: number; readonly packed: Buffer; readonly content: Buffer };

function header(signature: number, head: Head, isLocal: boolean, place = 0): Buffer {
  const name = Buffer.from(isLocal ? (head.localName ?? head.name) : head.name);
  const fixed = Buffer.alloc(isLocal ? 30 : 46);
  fixed.writeUInt32LE(signature, 0);
  const shift = isLocal ? 0 : 2;
  if (!isLocal) fixed.writeUInt16LE(0x0314, 4);
  fixed.writeUInt16LE(head.flags ?? 0x800, 6 + shift);
  fixed.writeUInt16LE(head.method, 8 + shift);
  fixed.writeUInt32LE(head.crc ?? crc32(head.content), 14 + shift);
  fixed.writeUInt32LE(head.packed.length, 18 + shift);
  fixed.writeUInt32LE(head.saysBytes ?? head.content.length, 22 + shift);
  fixed.writeUInt16LE(name.length, 26 + shift);
  if (!isLocal) {
    fixed.writeUInt32LE(((head.mode ?? 0o100644) << 16) >>> 0, 38);
    fixed.writeUInt32LE(place, 42);
  }
  return Buffer.concat([fixed, name]);
}
