/**
 * The input contract of a task: what its parent said of brief, results and model is held against what is there, before
 * anything is asked of a model. Pure. An agent does nothing on a contract that is broken: it says what is missing.
 */
import { sha256 } from "../../infra/ids.ts";
import { type Brief, envelopeSchema } from "../../machines/brief.ts";
import type { TaskTerms } from "../../machines/effect.ts";
import { contractTrouble } from "./contract-check.ts";
import { modelTrouble } from "./model-tier.ts";
import type { RunRow } from "./run-row.ts";

/** Topics are named like tasks: lowercase letters, digits and hyphens. */
const TOPIC = /^[a-z0-9][a-z0-9-]{0,63}$/;

export interface Given {
  /** Of the task. */
  readonly brief: string;
  /** Result → envelope (JSON), as far as they are there. */
  readonly results: ReadonlyMap<string, string>;
}

/** What is missing or not what was given, in words, all of it; empty where the task can be begun. */
export function termsProblems(terms: TaskTerms, task: string, given: Given, run: RunRow): string[] {
  const { brief, results, model, topics } = terms;
  const is = sha256(given.brief);
  return [
    ...(brief === null || brief === is
      ? []
      : [`the brief is not the one it was given (task ${task}: ${short(brief)} was said, ${short(is)} is there)`]),
    ...results.flatMap(({ result, sha256: said }) => resultProblem(result, said, given.results.get(result))),
    ...[model === null ? null : modelTrouble(model, run)].filter((problem) => problem !== null),
    ...topics.filter((topic) => !TOPIC.test(topic)).map((topic) => `${JSON.stringify(topic.slice(0, 80))} is no topic`),
  ];
}

/** What nobody could ever be held to is no contract. */
export function contractProblem({ contract }: Pick<Brief, "contract">): string | null {
  const trouble = contract === undefined ? null : contractTrouble(contract);
  return trouble === null ? null : `its contract is not a JSON Schema this version understands: ${trouble}`;
}

function resultProblem(result: string, said: string | null, envelope: string | undefined): string[] {
  if (envelope === undefined) return [`result ${result}, which it is built on, is missing`];
  const { status } = envelopeSchema.parse(JSON.parse(envelope));
  // Said first: what was taken back has another text as well.
  if (status !== "verified") return [`result ${result}, which it is built on, is ${status}`];
  const is = sha256(envelope);
  if (said === null || said === is) return [];
  return [`result ${result} is not the one it was given (${short(said)} was said, ${short(is)} is there)`];
}

const short = (hash: string): string => hash.slice(0, 12);

export const refusal = (problems: readonly string[]): string => `refused: ${problems.join("; ")}`;
