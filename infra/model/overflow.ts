/** Whether a call failed because its conversation is longer than the model takes: servers have no common code for it. Pure. */
/** As Anthropic's API, llama.cpp, vLLM and LM Studio word it. */
const WORDS = /prompt is too long|maximum context|context (limit|window|length|size)/i;

export const isOverflow = ({ reason, message }: { readonly reason: string; readonly message: string }): boolean =>
  reason === "too_large" || (reason === "invalid_request" && WORDS.test(message));
