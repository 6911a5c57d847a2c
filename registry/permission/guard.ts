/** Whether a path, by its name, is one of those that no rule opens. Globs count where they could mean such a name. */
import { folded } from "./folded-name.ts";
import { PROTECTED, SAMPLES } from "./protected-paths.ts";
import { globsMeet, type TextPattern, textPattern } from "./text-pattern.ts";

export interface Guard {
  readonly what: string;
  /** What becomes of the access; never weaker than *ask*. */
  readonly decision: "ask" | "deny";
  /** True where the content is a secret: to read it is to give it away. */
  readonly secret: boolean;
}

interface Named {
  readonly row: number;
  readonly parts: readonly Part[];
  readonly folder: boolean;
  readonly rooted: boolean;
}

interface Part {
  readonly source: string;
  readonly pattern: TextPattern;
}

const NAMED: readonly Named[] = PROTECTED.flatMap(({ paths }, row) =>
  paths.split(" ").map((path) => ({
    row,
    folder: path.endsWith("/"),
    rooted: path.startsWith("/"),
    parts: path
      .split("/")
      .filter((part) => part !== "")
      .map((source) => ({ source, pattern: textPattern(source) })),
  })),
);

/** By the one name that decides, so that the usual path costs a few look-ups. */
const PLAIN = new Map<string, Named[]>();
const OTHERS: Named[] = [];
for (const named of NAMED) {
  const last = named.parts.at(-1);
  if (named.parts.length === 1 && !named.rooted && last?.pattern.exact === true) {
    PLAIN.set(last.source, [...(PLAIN.get(last.source) ?? []), named]);
  } else OTHERS.push(named);
}

export interface GuardedPath {
  /** Parts of the path: from the workspace on where it lies in it, else from the root. */
  readonly parts: readonly string[];
  readonly fromRoot: boolean;
  /** Whether `*`, `?`, `[…]` and `{…}` in it are wildcards. */
  readonly globs: boolean;
}

/** The strictest row that speaks of this access; null where none does. */
export function guardOf(path: GuardedPath, access: "read" | "write"): Guard | null {
  const parts = path.parts.map(folded);
  let strictest: Guard | null = null;
  for (const named of candidates(parts, path.globs)) {
    const row = PROTECTED[named.row];
    const found = row?.[access];
    if (row === undefined || found == null || strictest?.decision === "deny") continue;
    // What only may be meant is for somebody to say.
    const decision = found === "deny" && !speaksOf(named, parts, { ...path, globs: false }) ? "ask" : found;
    if (strictest !== null && decision === "ask" && (strictest.secret || row.read === null)) continue;
    if (!speaksOf(named, parts, path)) continue;
    strictest = { what: row.what, decision, secret: row.read !== null };
  }
  return strictest;
}

function candidates(parts: readonly string[], globs: boolean): readonly Named[] {
  if (globs && parts.some(hasGlob)) return NAMED;
  return [...parts.flatMap((part) => PLAIN.get(part) ?? []), ...OTHERS];
}

const hasGlob = (part: string): boolean => /[*?[{]/.test(part);

function speaksOf({ parts: wanted, folder, rooted }: Named, parts: readonly string[], path: GuardedPath): boolean {
  if (rooted && !path.fromRoot) return false;
  const last = parts.length - wanted.length;
  const from = rooted ? 0 : folder ? 0 : last;
  const to = rooted ? 0 : last;
  for (let at = from; at <= to && at >= 0; at += 1) {
    if (!folder && at !== last) continue;
    if (wanted.every((part, index) => fitsPart(part, parts[at + index] ?? "", path.globs))) {
      const name = parts[at + wanted.length - 1] ?? "";
      return folder || !SAMPLES.test(name);
    }
  }
  return false;
}

function fitsPart({ source, pattern }: Part, name: string, globs: boolean): boolean {
  if (!globs || !hasGlob(name)) return pattern.matches(name);
  return alternatives(name).some(
    (glob) => !isBroad(glob) && dotsAgree(glob, source) && globsMeet(glob, source) && hints(glob, source),
  );
}

/**
 * Two patterns with stars nearly always meet somewhere (`*.ts` and `id_rsa.*` in `id_rsa.ts`): it counts where the words
 * of one say something of the other's.
 */
function hints(glob: string, source: string): boolean {
  if (!source.includes("*")) return true;
  const wanted = literals(source);
  const longest = wanted.reduce((one, other) => (other.length > one.length ? other : one), "");
  return literals(glob).some(
    (text) => text.includes(longest) || (text.length > 1 && wanted.some((part) => part.includes(text))),
  );
}

const literals = (glob: string): string[] => glob.split(/[*?]+|\[[^\]]*\]/).filter((text) => text !== "");

/** A wildcard at the beginning of a name does not stand for a dot there. */
const dotsAgree = (glob: string, source: string): boolean => !source.startsWith(".") || glob.startsWith(".");

/**
 * Says nothing of a name but perhaps the usual ending: `*`, `*.json`, `???.*`. If these counted, every look at a folder
 * would be asked about; where a secret lies in the open among such files, the sandbox is what hides it.
 */
const isBroad = (glob: string): boolean =>
  /^[*?]+(\.(\*|[*?]+|jsonc?|ya?ml|toml|txt|xml|ini|conf|cfg|properties))?$/.test(glob);

/** Of a name with braces: each of its alternatives, at most 64; beyond, anything at all. */
function alternatives(name: string): readonly string[] {
  let found = [name];
  for (let round = 0; round < 8; round += 1) {
    const next = found.flatMap((one) => {
      const brace = /^([^{]*)\{([^{}]*)\}(.*)$/.exec(one);
      return brace === null ? [one] : (brace[2] ?? "").split(",").map((middle) => `${brace[1]}${middle}${brace[3]}`);
    });
    if (next.length === found.length && next.every((one, at) => one === found[at])) return found;
    if (next.length > 64) break;
    found = next;
  }
  return found.some((one) => one.includes("{")) ? [".*", "[a-z]*"] : found;
}
