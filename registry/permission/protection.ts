/** What no rule of a configuration opens: protected paths, places that a tool cannot reach, removals that end badly. */
import type { ShellPart } from "../shell/verdict.ts";
import { isIn, placeInShell } from "./place.ts";
import type { Ruling } from "./ruling.ts";
import type { Subject, TouchedPath } from "./subject.ts";

export function protection(subject: Subject): Ruling | null {
  const own = subject.paths.find(({ place }) => place.kind === "own");
  if (own !== undefined) return closed(own, "belongs to statehive itself; no tool may look into it");
  const guarded = subject.paths.filter(({ guard }) => guard !== null);
  const denied = guarded.find(({ guard }) => guard?.decision === "deny");
  if (denied !== undefined) return closed(denied, "belongs to statehive itself; no tool may look into it");
  const away = subject.shell === null ? subject.paths.find(({ place }) => place.kind !== "inside") : undefined;
  if (away !== undefined) {
    const { written, access } = away;
    const way = access === "write" ? "; --add-dir opens another folder" : "";
    const reason = `${quoted(written)} lies outside of the workspace, which this tool does not leave${way}`;
    return { decision: "deny", rule: "path.outside", reason, touches: [written] };
  }
  const [first] = guarded;
  if (first?.guard == null) return null;
  const { written, access, guard } = first;
  const rule = access === "read" ? "protected.read" : "protected.write";
  const reason = `${quoted(written)} may be ${guard.what}: it is not ${access === "read" ? "read" : "written"} unasked`;
  return { decision: "ask", rule, reason, openTo: "exact", touches: touchedBy(subject, guarded) };
}

function closed({ written, access }: TouchedPath, why: string): Ruling {
  return { decision: "deny", rule: `protected.own-${access}`, reason: `${quoted(written)} ${why}`, touches: [written] };
}

const touchedBy = ({ shell }: Subject, paths: readonly TouchedPath[]): string[] => [
  ...new Set([...paths.map(({ written }) => written), ...(shell?.verdict.loses ?? [])]),
];

const quoted = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);

const REMOVERS: ReadonlySet<string> = new Set(["rm", "rmdir", "unlink", "shred", "srm"]);

/** Removing the root, what lies in it, a home, the workspace itself or a folder above it, or whatever a variable says. */
export function criticalRemoval(subject: Subject): Ruling | null {
  const { shell, question } = subject;
  if (shell === null) return null;
  for (const part of shell.verdict.parts) {
    for (const target of removedBy(part)) {
      if (!isCritical(target, question)) continue;
      const reason = `it would remove ${quoted(target)}: that is asked each time, whatever was allowed`;
      return { decision: "ask", rule: "protected.critical-removal", reason, openTo: "nobody", touches: [target] };
    }
  }
  return null;
}

function removedBy({ words }: ShellPart): readonly string[] {
  const [program = "", ...rest] = words;
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (REMOVERS.has(name)) return rest.filter((word, at) => !word.startsWith("-") || rest.slice(0, at).includes("--"));
  if (name === "find" && rest.some((word) => word === "-delete" || /^rm(dir)?$/.test(word))) {
    const expression = rest.findIndex((word) => word.startsWith("-") && !/^-[HLPDO]/.test(word));
    const roots = rest.slice(0, expression < 0 ? rest.length : expression);
    // Emptying a folder selectively is work; the whole of what critical folders hold is not.
    return roots.filter((root) => !/^\.?\/?$/.test(root) || root === "/");
  }
  return [];
}

function isCritical(target: string, question: Subject["question"]): boolean {
  const { workspace, home } = question;
  const bare = target.replace(/\/+(\*|\.\*|\.)?$/, "").replace(/^(\*|\.\*)$/, ".");
  if (/^~[^/]*$/.test(bare) || /^["']?\$[^/]*$/.test(bare)) return true;
  if (/^\$(HOME|\{HOME\})(\/|$)/.test(target) && home === undefined) return bare.split("/").length <= 2;
  const { absolute } = placeInShell(bare === "" && target.startsWith("/") ? "/" : bare, question, "write");
  if (absolute === null) return /[$`]/.test(bare.split("/")[0] ?? "");
  const depth = absolute.split("/").filter((part) => part !== "").length;
  const isHome = absolute === home || /^\/(home|Users|var\/home)\/[^/]+$/.test(absolute);
  return depth <= 1 || isHome || (target !== "*" && isIn(absolute, workspace));
}
