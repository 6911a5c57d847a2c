/** The text of a file that is searched as a whole, or why it is not: shared by Grep and AstSearch. */
import type { Box } from "./box.ts";
import { isBinary } from "./lines.ts";
import { isBoxRefusal } from "./refusal.ts";

/** Larger files are data or generated; Read shows any part of them. In bytes. */
export const searchedBytesMax = 5_000_000;

export type SourceText = { readonly text: string } | { readonly why: "binary" | "too large" | "unreadable" };

/** Line ends are made LF. @throws only what is no refusal of the box. */
export async function readSource(box: Box, path: string, bytesMax: number, signal: AbortSignal): Promise<SourceText> {
  try {
    const { bytes, truncated } = await box.read(path, { bytesMax, signal });
    if (truncated) return { why: "too large" };
    if (isBinary(bytes)) return { why: "binary" };
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
    const unmarked = text.startsWith("\uFEFF") ? text.slice(1) : text;
    return { text: unmarked.includes("\r") ? unmarked.replaceAll("\r\n", "\n") : unmarked };
  } catch (error) {
    if (isBoxRefusal(error)) return { why: "unreadable" };
    throw error;
  }
}
