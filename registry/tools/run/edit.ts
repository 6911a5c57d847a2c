/** Runs Edit: reads, replaces in memory, and puts the result in place only where the file is still the one that was read. */
import { isBinary } from "../../lines.ts";
import { refused } from "../../refusal.ts";
import { counted, shownPath } from "../../shown.ts";
import type { ActingContext, ToolOutput } from "../../tool.ts";
import { type EditInput, editedBytesMax } from "../input/edit.ts";

export async function run(input: EditInput, { box, signal }: ActingContext): Promise<ToolOutput> {
  const { file_path: path, old_string: old, new_string: replacement, replace_all: all = false } = input;
  try {
    await box.known(path);
    const found = await box.hash(path);
    const { bytes, truncated } = await box.read(path, { bytesMax: editedBytesMax, signal });
    const name = shownPath(path);
    if (truncated) return no(`${name} is larger than ${counted(editedBytesMax, "byte")}; it cannot be edited.`);
    const text = textOf(bytes);
    if (text === null) return no(`${name} is not UTF-8 text; it cannot be edited.`);
    const places = text.split(old);
    const count = places.length - 1;
    if (count === 0) return no(`old_string does not occur in ${name}.${hint(text, old)}`);
    if (count > 1 && !all) {
      return no(`old_string occurs ${count} times in ${name}; give more of what is around it, or set replace_all.`);
    }
    await box.replace(path, Buffer.from(places.join(replacement), "utf8"), { expected: found?.sha256 ?? null });
    return { ok: true, text: `Edited ${name}: ${counted(count, "place")} replaced.` };
  } catch (error) {
    return refused(error, { "box.not_found": "Use Write to make a new file, Glob to find one." });
  }
}

const no = (text: string): ToolOutput => ({ ok: false, text });

/** Bytes that are no text would not survive being written back. */
function textOf(bytes: Uint8Array): string | null {
  if (isBinary(bytes)) return null;
  const text = Buffer.from(bytes).toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : null;
}

function hint(text: string, old: string): string {
  if (text.includes("\r\n") && text.replaceAll("\r\n", "\n").includes(old)) {
    return " Its lines end in CR LF: write \\r\\n between lines.";
  }
  return /^\s*\d+\t/m.test(old) ? " It contains line numbers, which are Read's and not the file's." : "";
}
