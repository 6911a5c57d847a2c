/** Reads a file that a stranger may have put there: a pipe or device of that name is not waited for, nor read without end. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** As UTF-8. @throws Error as the system does, or naming what it is instead of a file of at most `bytesMax` bytes. */
export function readPlainFile(path: string, bytesMax: number): string {
  const opened = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stats = fstatSync(opened);
    if (!stats.isFile()) throw new Error("it is not a file");
    const bytes = Buffer.alloc(Math.min(stats.size, bytesMax) + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(opened, bytes, length, bytes.length - length, null);
    }
    const size = Math.max(stats.size, length);
    if (size > bytesMax) throw new Error(`it has ${size} bytes; at most ${bytesMax} are read`);
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(opened);
  }
}
