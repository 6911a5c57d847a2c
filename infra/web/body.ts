/** The body of an answer, unpacked and bounded: what is packed small and unfolds large ends at the same limit. */
import type { IncomingMessage } from "node:http";
import { pipeline, Transform, type TransformCallback } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

export interface Body {
  readonly bytes: Uint8Array;
  /** There was more. */
  readonly cut: boolean;
}

/** Packings that are asked for, and no other is taken. */
export const ACCEPTED_ENCODINGS = "gzip, deflate, br";

/** Throws {@link UnknownEncodingError}, or what zlib and the wire throw. Ends the connection where it stops reading. */
export async function readBody(answer: IncomingMessage, bytesMax: number): Promise<Body> {
  const encoding = (answer.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  // What comes over the wire has an end of its own: a packing can be made to yield next to nothing.
  const wire = counted(bytesMax);
  const unpack = unpackerOf(encoding);
  const source = unpack === null ? pipeline(answer, wire, ignore) : pipeline(answer, wire, unpack, ignore);
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of source as AsyncIterable<Buffer>) {
      pieces.push(piece.subarray(0, bytesMax - bytes));
      bytes += piece.length;
      if (bytes > bytesMax) break;
    }
  } catch (cause) {
    if (!(cause instanceof TooLong)) throw cause;
    bytes = bytesMax + 1;
  } finally {
    answer.destroy();
  }
  return { bytes: Buffer.concat(pieces), cut: bytes > bytesMax };
}

export class UnknownEncodingError extends Error {
  override readonly name = "UnknownEncodingError";
}

class TooLong extends Error {}

/** Errors reach whoever reads the last stream. */
const ignore = (): void => {};

function unpackerOf(encoding: string): Transform | null {
  switch (encoding) {
    case "identity":
    case "":
      return null;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      throw new UnknownEncodingError(
        `it is packed as ${JSON.stringify(encoding.slice(0, 40))}, which is not understood`,
      );
  }
}

function counted(bytesMax: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done: TransformCallback) {
      bytes += piece.length;
      // One piece more than is kept, so that the reader sees that there was more.
      if (bytes > bytesMax + 65_536) done(new TooLong());
      else done(null, piece);
    },
  });
}
