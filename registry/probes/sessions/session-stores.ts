/**
 * Stores of conversations as classes: which of them the product makes itself, and which it only offers to its caller.
 */
import type { FileFacts, FunctionFact } from "../source/facts.ts";
import { codeOf } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

/** A class that keeps conversations in the process. */
export const remembers = /^(?:In_?)?Memory\w*(?:Session|Conversation|Chat|History|Thread|Checkpoint)/;

/** Of so many classes below one base, none of which the product makes, the caller brings one. */
const offeredMin = 2;

/**
 * Whether the caller of the product decides if this class is what keeps: it is one of several below one base that the
 * product never makes, or one of them only remembers.
 */
export function isOffered(file: FileFacts, { owner }: FunctionFact, index: WorkspaceIndex): boolean {
  const type = file.types.find(({ name, kind }) => name === owner && kind === "class");
  const head = type && /(?:\bextends\s+|class\s+\w+\s*\()([^){\n]*)/.exec(codeOf(file, type))?.[1];
  return (head?.match(/[A-Z]\w+/g) ?? []).some((base) => {
    const kin = index.below(base);
    if (kin.some((name) => remembers.test(name))) return true;
    return (
      /session|conversation|chat|history|thread|checkpoint/i.test(base) &&
      kin.length >= offeredMin &&
      kin.every((name) => index.callsOf(name) === 0)
    );
  });
}
