/** A person at a terminal, asked through @clack/prompts on stderr: stdout is data. */
import { isCancel, log, select } from "@clack/prompts";
import { type QuestionId, questionNamed } from "./questions.ts";
import type { Respondent } from "./walk.ts";

const output = process.stderr;

export const person: Respondent = {
  answer: async ({ ask, options }, number) => {
    const answer = await select<string>({
      message: `${number}. ${ask}`,
      options: options.map(({ id, label }, index) => ({ value: id, label, ...(index === 0 && { hint: "lean" }) })),
      initialValue: options[0].id,
      output,
    });
    return isCancel(answer) ? null : answer;
  },
  challenge: async (says, questions) => {
    log.warn(says, { output });
    const choice = await select<"keep" | QuestionId>({
      message: "Is that what you want?",
      options: [
        ...questions.map((id) => ({ value: id, label: `Answer again: ${questionNamed(id).ask}` })),
        { value: "keep" as const, label: "Yes, keep it so" },
      ],
      output,
    });
    return isCancel(choice) ? null : choice;
  },
};
