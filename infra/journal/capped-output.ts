/**
 * What a command said, at most so much of it: the head goes to the file as it comes, of the rest the tail is kept and
 * written in the end, with a line between them that says how much is missing.
 */
import { closeSync, fsyncSync, futimesSync, openSync, writeSync } from "node:fs";

/** Kept of one command, in bytes, and how much of that is head. */
const OUTPUT_BYTES_MAX = 1024 * 1024;
const HEAD_BYTES = OUTPUT_BYTES_MAX / 2;
const TAIL_BYTES = OUTPUT_BYTES_MAX - HEAD_BYTES;
/** Output that is only counted still shows as a sign of life, at most so often, in milliseconds. */
const SIGN_MS = 1_000;

export interface CappedOutput {
  take(chunk: Buffer): void;
  /** Writes what is left and syncs. Answers what there was, in bytes, and what was left out. */
  end(): { readonly bytes: number; readonly dropped: number };
}

export function cappedOutput(path: string): CappedOutput {
  const file = openSync(path, "wx", 0o600);
  let bytes = 0;
  let tail: Buffer[] = [];
  let tailBytes = 0;
  let signMs = 0;
  const writeAll = (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
  };
  return {
    take(chunk) {
      const head = chunk.subarray(0, Math.max(0, HEAD_BYTES - bytes));
      const rest = chunk.subarray(head.length);
      bytes += chunk.length;
      if (head.length > 0) writeAll(head);
      if (rest.length === 0) return;
      tail.push(rest);
      tailBytes += rest.length;
      if (tailBytes > 2 * TAIL_BYTES) {
        const kept = Buffer.concat(tail).subarray(-TAIL_BYTES);
        tail = [Buffer.from(kept)];
        tailBytes = kept.length;
      }
      if (performance.now() - signMs > SIGN_MS) {
        signMs = performance.now();
        futimesSync(file, new Date(), new Date());
      }
    },
    end() {
      const kept = Buffer.concat(tail).subarray(-TAIL_BYTES);
      const dropped = Math.max(0, bytes - HEAD_BYTES - kept.length);
      if (dropped > 0) writeAll(Buffer.from(`\n[${dropped} bytes of output were left out here]\n`));
      writeAll(kept);
      fsyncSync(file);
      closeSync(file);
      return { bytes, dropped };
    },
  };
}
