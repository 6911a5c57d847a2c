/** Turns whatever was thrown into one clear message and an exit code. With `--json` it is a document on stdout. */
import { SwarmError } from "../../infra/errors.ts";
import { harmless } from "./print.ts";

interface ErrorDocument {
  readonly v: 1;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly retryable: boolean;
  };
}

export function printError(cause: unknown, json: boolean): number {
  const { code, message, hint, retry, exit } = described(cause);
  if (json) {
    const document: ErrorDocument = { v: 1, error: { code, message, hint, retryable: retry } };
    process.stdout.write(`${JSON.stringify(document)}\n`);
  } else {
    process.stderr.write(`swarm: ${plain(message)}\n${hint === null ? "" : `${plain(hint).replace(/^/gm, "  ")}\n`}`);
  }
  return exit;
}

/** Errors quote names of files and servers, which strangers chose. */
const plain = (text: string): string => text.split("\n").map(harmless).join("\n");

function described(cause: unknown): {
  code: string;
  message: string;
  hint: string | null;
  retry: boolean;
  exit: number;
} {
  if (cause instanceof SwarmError) {
    return { code: cause.code, message: cause.message, hint: cause.hint ?? null, retry: cause.retry, exit: cause.exit };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "internal";
  if (code.startsWith("commander.")) {
    return {
      code: "usage",
      message: message.replace(/^error: /, ""),
      hint: "`swarm --help` lists commands and flags.",
      retry: false,
      exit: 2,
    };
  }
  const hint = "This is a bug of statehive. Run again with SWARM_LOG_LEVEL=debug and report what it says.";
  return { code: "internal", message, hint, retry: false, exit: 1 };
}
