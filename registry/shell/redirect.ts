/** What a redirection comes to: where it leads must be known to the letter, and what it cuts off is named. */
import type { ShellRedirect } from "./line.ts";
import { type Finding, unknown } from "./program.ts";
import { cut, fill, type OutputRoots } from "./slot.ts";

const streams = /^\/dev\/(?:null|stdout|stderr)$/;

export function judgeRedirect({ kind, target, operator }: ShellRedirect, context: OutputRoots): Finding | undefined {
  if (kind === "copy") return undefined;
  if (kind === "text") return fill(target, "text", context);
  const isPlain = target.pieces.every((piece) => piece.kind === "text" || piece.kind === "home");
  if (!isPlain) return unknown(`where ${operator} leads to is not certain`, "uncertain");
  const to = target.shown;
  if (kind === "read") {
    if (/^\/dev\/(?!null$|stdin$|zero$|u?random$)/.test(to)) return device(to, "read");
    return fill(target, "read", context);
  }
  if (streams.test(to)) return undefined;
  if (to.startsWith("/dev/")) return { ...device(to, "write"), loses: [cut(to)] };
  const found = fill(target, "write", context);
  const loses = kind === "truncate" ? [`what ${cut(to)} holds now`] : [];
  const worse = found?.risk
    ? found
    : { risk: "mutating" as const, reason: `its output is written to ${cut(to)}`, rule: kind };
  return { ...worse, paths: found?.paths ?? [], loses: [...loses, ...(found?.loses ?? [])] };
}

/** Its path is told like any other: what no rule opens is found by it. */
const device = (to: string, access: "read" | "write"): Finding => ({
  ...unknown(`${cut(to)} is a device or a connection`, "device"),
  paths: [{ path: to, access }],
});
