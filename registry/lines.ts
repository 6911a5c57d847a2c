/**
 * Lines of a file of any size, read in ranges: memory stays at one range and what was asked for. Read shows them and
 * quotes are compared with them, so both see the same text.
 */
import { isUtf8 } from "node:buffer";
import type { Box } from "./box.ts";

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line end. Invalid UTF-8 is replaced; NUL and a carriage return within are shown as ␀ and ␍. */
  readonly text: string;
  /** Bytes of the line beyond `lineBytesMax`, not in `text`. */
  readonly bytesCut: number;
  readonly isUtf8: boolean;
  /** Ended by CR LF. */
  readonly isCrLf: boolean;
}

export type FileLines =
  | { readonly kind: "binary"; readonly bytesTotal: number; readonly isUtf16: boolean }
  /** The file grew or shrank between two ranges: what was read belongs to no state of it. */
  | { readonly kind: "changed" }
  | {
      readonly kind: "text";
      readonly lines: readonly Line[];
      readonly bytesTotal: number;
      /** Undefined where the file is longer than `countBytesMax`: then it was not read to its end. */
      readonly linesTotal: number | undefined;
    };

export interface LinesWanted {
  /** First line, from 1. */
  readonly from: number;
  readonly count: number;
  /** Longest stretch of one line that is kept. */
  readonly lineBytesMax: number;
  /** Longer files are not read to the end just to count their lines. */
  readonly countBytesMax: number;
  readonly signal?: AbortSignal;
}

/** Bytes of one range. */
const rangeBytes = 1024 * 1024;
/** A NUL byte this early makes a file binary, as for git. */
const binaryProbeBytes = 8_000;
const newline = 0x0a;

/** @throws BoxRefusal as `box.read` does. */
export async function readLines(box: Box, path: string, wanted: LinesWanted): Promise<FileLines> {
  const take = createTaker(wanted);
  const stop = wanted.signal ? { signal: wanted.signal } : {};
  let bytesTotal: number | undefined;
  for (let offset = 0; ; ) {
    const range = await box.read(path, { bytesMax: rangeBytes, offset, ...stop });
    bytesTotal ??= range.bytesTotal;
    if (range.bytesTotal !== bytesTotal) return { kind: "changed" };
    if (offset === 0 && isBinary(range.bytes))
      return { kind: "binary", bytesTotal, isUtf16: hasUtf16Mark(range.bytes) };
    take.bytes(range.bytes);
    offset += range.bytes.length;
    const isEnd = !range.truncated || range.bytes.length === 0;
    if (isEnd) {
      take.end();
      return { kind: "text", lines: take.lines, bytesTotal, linesTotal: take.count() };
    }
    if (take.isFull() && bytesTotal > wanted.countBytesMax) {
      return { kind: "text", lines: take.lines, bytesTotal, linesTotal: undefined };
    }
  }
}

export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, binaryProbeBytes).includes(0) || hasUtf16Mark(bytes);
}

function hasUtf16Mark(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

interface Taker {
  readonly lines: Line[];
  readonly bytes: (range: Uint8Array) => void;
  readonly end: () => void;
  readonly isFull: () => boolean;
  /** Lines that ended so far. */
  readonly count: () => number;
}

function createTaker({ from, count, lineBytesMax }: LinesWanted): Taker {
  const lines: Line[] = [];
  /** The beginning of the line that is going on, as much of it as is kept, and all its bytes so far. */
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let lineBytes = 0;
  let last = 0;
  let ended = 0;

  const isWanted = () => ended + 1 >= from && ended + 1 < from + count;
  const keep = (bytes: Uint8Array) => {
    if (bytes.length === 0) return;
    lineBytes += bytes.length;
    last = bytes[bytes.length - 1] ?? 0;
    const room = lineBytesMax - keptBytes;
    if (!isWanted() || room <= 0) return;
    // Copied: a view would keep its whole range in memory.
    const part = Buffer.from(bytes.subarray(0, room));
    kept.push(part);
    keptBytes += part.length;
  };
  const endLine = (isEnded: boolean) => {
    if (isWanted()) {
      lines.push(
        lineFrom({ number: ended + 1, bytes: Buffer.concat(kept), lineBytes, isCrLf: isEnded && last === 0x0d }),
      );
    }
    ended += 1;
    kept = [];
    keptBytes = 0;
    lineBytes = 0;
    last = 0;
  };
  return {
    lines,
    bytes: (range) => {
      let at = 0;
      for (let next = range.indexOf(newline); next >= 0; next = range.indexOf(newline, at)) {
        keep(range.subarray(at, next));
        endLine(true);
        at = next + 1;
      }
      keep(range.subarray(at));
    },
    end: () => {
      if (lineBytes > 0) endLine(false);
    },
    isFull: () => ended + 1 >= from + count,
    count: () => ended,
  };
}

interface RawLine {
  readonly number: number;
  readonly bytes: Buffer;
  readonly lineBytes: number;
  readonly isCrLf: boolean;
}

function lineFrom({ number, bytes, lineBytes, isCrLf }: RawLine): Line {
  const isWhole = bytes.length === lineBytes;
  const own = isCrLf && isWhole ? bytes.subarray(0, -1) : bytes;
  const shown = isWhole ? own : own.subarray(0, wholeCharsEnd(own));
  const text = shown.toString("utf8");
  return {
    number,
    text: (number === 1 ? text.replace(/^\uFEFF/, "") : text).replaceAll("\0", "␀").replaceAll("\r", "␍"),
    bytesCut: lineBytes - (isCrLf ? 1 : 0) - shown.length,
    isUtf8: isUtf8(shown),
    isCrLf,
  };
}

/** Where the last whole character ends: a line may have been cut inside one. */
function wholeCharsEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}
