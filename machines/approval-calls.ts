/** Names under which a coordinator asks for a yes: the merge, a plan, an agent's question. */

export const MERGE_CALL = "merge";
/** Named after the result that proposes it: a yes to a plan that was taken back must not let its successor through. */
export const planCall = (result: string): string => `plan:${result}`;
export const questionCall = (question: string): string => `question:${question}`;
