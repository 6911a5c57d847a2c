/**
 * How tools recognise and retell what the box refused. By name and code, never by class: the sandbox has a class of its
 * own, because `infra/` and `registry/` do not import each other.
 */
import type { BoxRefusal } from "./box.ts";
import type { ToolOutput } from "./tool.ts";

export function isBoxRefusal(error: unknown): error is BoxRefusal {
  return (
    error instanceof Error &&
    error.name === "BoxRefusal" &&
    "code" in error &&
    typeof error.code === "string" &&
    error.code.startsWith("box.")
  );
}

/**
 * The refusal as the model reads it, with `advice` where there is some for its code.
 * @throws whatever is not a refusal, as it came: that is breakage.
 */
export function refused(error: unknown, advice: Partial<Record<BoxRefusal["code"], string>> = {}): ToolOutput {
  if (!isBoxRefusal(error)) throw error;
  const more = advice[error.code];
  return { ok: false, text: `${sentence(error.message)}${more === undefined ? "" : ` ${more}`}` };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
