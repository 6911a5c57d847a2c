/** Runs Write: the whole file or nothing of it. */
import { refused } from "../../refusal.ts";
import { counted, shownPath } from "../../shown.ts";
import type { ActingContext, ToolOutput } from "../../tool.ts";
import type { WriteInput } from "../input/write.ts";

export async function run({ file_path: path, content }: WriteInput, { box }: ActingContext): Promise<ToolOutput> {
  try {
    const { bytes, bytesBefore } = await box.replace(path, Buffer.from(content, "utf8"));
    const was = bytesBefore === null ? "a new file" : `it had ${counted(bytesBefore, "byte")}`;
    return { ok: true, text: `Wrote ${shownPath(path)}: ${counted(bytes, "byte")} (${was}).` };
  } catch (error) {
    return refused(error);
  }
}
