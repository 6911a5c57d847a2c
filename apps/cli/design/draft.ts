/** The answers of a walk that was not finished: kept beside what it will write, taken up again, gone when it is done. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../evaluate/output-file.ts";
import { answersFile, type GivenAnswers } from "./answers.ts";

const DRAFT_FILE = ".harness-draft.json";

export interface Draft {
  readonly path: string;
  /** Null where there is none. @throws SwarmError `usage.answers` where it cannot be understood. */
  read(): GivenAnswers | null;
  keep(given: GivenAnswers): void;
  drop(): void;
}

export function draftIn(folder: string): Draft {
  const path = join(folder, DRAFT_FILE);
  return {
    path,
    read: () => (existsSync(path) ? answersFile(path, "the draft") : null),
    keep: ({ answers, confirmed }) => writeWhole(path, `${JSON.stringify({ v: 1, ...answers, confirmed })}\n`),
    drop: () => rmSync(path, { force: true }),
  };
}
