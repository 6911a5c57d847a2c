/**
 * Tests that assert a primitive: by a title that names it next to an assertion. Where the tests only count towards
 * maturity they must touch what was found; where they are what is asked for, the ones that say most come first.
 */
import { affinityOf } from "./affinity.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { type FileFacts, functionAt, type Span } from "./source/facts.ts";
import type { WorkspaceIndex } from "./source/workspace-index.ts";

/** What a test may be about. */
export interface Subjects {
  /** Names of the functions, types and files in which an effect was found. */
  readonly probed: ReadonlySet<string>;
  /** Names of the product files that hold an anchor or lie beside one. */
  readonly near: ReadonlySet<string>;
  /** Whether the whole repository was examined; of a single file nothing is known of the others. */
  readonly whole: boolean;
}

const assertion = /\b(expect|assert\w*|should|raises|toThrow|toEqual|toBe)\b/;
const findingsPerFileMax = 2;
/** Shorter names stand for anything. */
const nameCharsMin = 5;
/** The file or the title must name the subject, and the file not lie aside. */
const affinityMin = 3;

/** A title of something that does not get through. */
const heldBack =
  /(?<![a-z])(?:not|never|without|only|unless)(?![a-z])|block|reject|refus|detect|remov|redact|invalid|requir|den(?:y|ied)|restrict|guard/i;
/** A guard that acts: something is kept from happening. */
const acts =
  /block(?:s|ed|ing)(?![a-z])(?! of)|reject|refus|den(?:y|ied)|forbid|requir|exceed|skip|stop|limit|unauthori|not_?(?:allowed|run|executed)|does not run|restrict/i;
/** What guards stand before. */
const guarded =
  /permission|approv|guardrail|tool|command|shell|bash|budget|cost|path|travers|sandbox|polic|dangerous|unsafe|max_?(?:turns|steps|iterations|loops)|edit|write|exec/i;
/** Values, files of settings and exceptions of the system. */
const elsewhere =
  /schema|config|base64|url|json|parse|serializ|mode(?![a-z])|i18n|logs?_|invalid|malformed|unknown_model|permissions?_(?:denied_)?error|initializ/i;

/** Names of what carries an effect, as tests would write them. */
export function probedIn(
  ranked: readonly { readonly file: FileFacts; readonly finding: Finding }[],
): ReadonlySet<string> {
  const names = ranked.flatMap(({ file, finding }) => {
    if (finding.strength !== "effect") return [];
    const fn = functionAt(file, finding.offset);
    const type = file.types.find(({ start, end }) => start <= finding.offset && finding.offset < end);
    return [fn?.name ?? "", fn?.owner ?? "", type?.name ?? "", baseOf(file.path)];
  });
  return new Set(names.filter((name) => name.length >= nameCharsMin && !/^(?:__\w+__|constructor|index)$/.test(name)));
}

export function namesNearModel({ product, farFromAnchors }: WorkspaceIndex): ReadonlySet<string> {
  return new Set(product.filter(({ path }) => farFromAnchors(path) <= 1).map(({ path }) => baseOf(path)));
}

function baseOf(path: string): string {
  return path
    .slice(path.lastIndexOf("/") + 1)
    .replace(/\.\w+$/, "")
    .replace(/^test_|[._-](?:test|spec|vitest|e2e)$|_test$/i, "");
}

export function assertionsIn(file: FileFacts, probes: PrimitiveProbes, subjects: Subjects): Finding[] {
  const bySubject = probes.assertedIn?.test(file.path) === true;
  const found: Finding[] = [];
  for (const span of testsIn(file)) {
    const title = file.source.slice(span.start, Math.min(span.end, span.start + 160)).split("\n")[0] ?? "";
    if (!probes.asserted.test(title) && !(bySubject && heldBack.test(title))) continue;
    if (!assertion.test(file.code.slice(span.start, span.end))) continue;
    const counts = probes.assertedAspect === undefined && subjects.whole;
    if (counts && (affinityOf(probes.id, file, span.start) < affinityMin || !touches(file, span, subjects.probed)))
      continue;
    const apt = probes.assertedAspect === undefined ? 0 : aptness(file, title, bySubject, subjects);
    found.push({
      probe: "test-asserts",
      aspect: probes.assertedAspect ?? "tested",
      strength: "test",
      offset: span.start,
      note: "a test asserts it",
      apt,
    });
  }
  return found.sort((left, right) => (right.apt ?? 0) - (left.apt ?? 0)).slice(0, findingsPerFileMax);
}

/** How much a test says about the guards of a harness: -8 to 18. It orders, and never takes a test away. */
function aptness(file: FileFacts, title: string, bySubject: boolean, subjects: Subjects): number {
  return (
    (bySubject ? 3 : 0) +
    (acts.test(title) ? 5 : 0) +
    (guarded.test(title) ? 5 : 0) +
    (subjects.near.has(baseOf(file.path)) ? 5 : 0) -
    (elsewhere.test(title) ? 6 : 0) -
    (subjects.near.size > 0 &&
    /(?:^|\/)(?:channels|connectors|enterprise|webui|server\/routes|examples?)\//i.test(file.path)
      ? 4
      : 0)
  );
}

/** A title alone says little: what is tested must be something that was found, unless the test is what is asked for. */
function touches(file: FileFacts, span: Span, probed: ReadonlySet<string>): boolean {
  const text = `${file.imports} ${file.source.slice(span.start, span.end)}`;
  return (text.match(/[\w$-]+/g) ?? []).some((word) => probed.has(word));
}

function testsIn(file: FileFacts): readonly Span[] {
  const named = file.functions.filter(({ name }) => /^test/i.test(name));
  const called = file.calls.filter(({ callee }) => /^(it|test)(\.\w+)*$/.test(callee));
  return [...named, ...called];
}
