/** What the runtime says to a model on the machine's order. */
import type { PromptNote } from "../../machines/effect.ts";
import { type Entry, textEntry, toolResultEntry } from "./conversation.ts";

export function noteEntry(note: PromptNote): Entry {
  switch (note.kind) {
    case "report_missing":
      return textEntry(
        `You ended without calling Report. Text is not a result: call Report with your value and evidence, or with outcome "blocked" and what stood in the way. Reminders left after this one: ${Math.max(0, note.left - 1)}.`,
      );
    case "answer_cut":
      return textEntry(
        "Your answer was cut off at its length limit. Go on in smaller steps, or call Report with what you have.",
      );
    case "report_rejected":
      return toolResultEntry(
        note.call,
        `The report was not accepted:\n${note.reasons.map((reason) => `- ${reason}`).join("\n")}\nCorrect it and report again; leave out what you cannot show.`,
        false,
      );
    case "call_interrupted":
      return toolResultEntry(note.call, `It is not known whether this call happened: ${note.reason}`, false);
  }
}
