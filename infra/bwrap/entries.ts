/**
 * What a folder holds at one moment. Names that go away during the look are left out; they never cost the others, which
 * Node's own listing lets happen wherever the kernel does not tell a name's kind (`/proc`, some file systems).
 */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../journal/durable-file.ts";

/** A name and its kind; a link is neither file nor folder. */
export interface Entry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** Want of something of ours: it says nothing of the folder, and a look that found nothing would protect nothing. */
const ourWant = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/** None where the folder is not there, or not a folder that we may read. @throws where this process lacks the means. */
export function entriesOf(folder: string): readonly Entry[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return oneByOne(folder);
  }
}

function oneByOne(folder: string): Entry[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    if (ourWant.has(errnoOf(cause) ?? "")) throw cause;
    return [];
  }
  return names.flatMap((name) => {
    try {
      const stats = lstatSync(join(folder, name));
      return [
        {
          name,
          isFile: () => stats.isFile(),
          isDirectory: () => stats.isDirectory(),
          isSymbolicLink: () => stats.isSymbolicLink(),
        },
      ];
    } catch {
      return []; // gone meanwhile
    }
  });
}
