/**
 * The unions of events of a workspace, and which of them tell of the harness's own runs: not of a model's answer, of
 * another program or of a screen. Found once per workspace.
 */

import type { FileFacts, TypeFact } from "../source/facts.ts";
import { isScreen } from "../source/scope.ts";
import { kindsListed, type Variant, variantsOf } from "../source/variants.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { coverageOf, type RunCoverage } from "./event-kinds.ts";

export const eventName = /event|chunk|delta|update|notification|streampart|signal/i;
/** What a screen, a socket of a browser or a watcher of files sends is not the run. */
const elsewhere =
  /^(?:base)?(?:action|agent|tool|node|task|document)$|oauth|auth|severity|(?:level|phase|status)$|webview|mouse|keyboard|\bdom|window|telemetry|analytics|hook|webhook|file_?(?:change|watch)|config|settings|schedule|state_?update|partial|options|params|props|handler|listener|(?:emitter|protocol|delegate|bus|manager|queue|processor|store|log|bridge|dispatcher|translator|adapter)$/i;
const variantsMin = 3;
/** A longer type is data. In UTF-16 units. */
const typeCharsMax = 30_000;

/** Events of models, of other programs and of conversations by voice: they prove nothing beside those of the run. */
const aside =
  /(?:^|\/)(?:models?|providers?|llms?|api|extensions?|experimental|integrations?|plugins?|codex)\/|(?:^|[/_-])(?:realtime|voice|speech)[/_-]/i;
/** What adapts the streams of models to one form tells of an answer, never of a run. */
const modelSide =
  /\/(?:llms?|(?:model|llm|chat)?[_-]?providers?)\/|(?:^|\/)[\w-]*(?:openai|anthropic|gemini|llm|model|provider)s?[\w-]*[_-](?:adapters?|api|clients?)\//i;

export const isAside = ({ path }: FileFacts): boolean => aside.test(path) || modelSide.test(path);
export const isModelSide = ({ path }: FileFacts): boolean => modelSide.test(path);

/** A union of events, wherever its kinds are declared. */
export interface Union {
  readonly file: FileFacts;
  readonly span: Pick<TypeFact, "start" | "end">;
  readonly variants: readonly Variant[];
  readonly coverage: RunCoverage;
  /** A record: its kinds may be those of one of its fields. */
  readonly envelope: boolean;
}

export interface RunUnions {
  /** Best witnesses only: what covers half a run proves nothing beside what covers the whole of it. */
  readonly in: (file: FileFacts) => readonly Union[];
  /** Whether a union is of the harness's own runs and tells of tools. */
  readonly proves: (union: Union) => boolean;
  /** Names of the kinds of all unions. */
  readonly kinds: ReadonlySet<string>;
}

const known = new WeakMap<WorkspaceIndex, RunUnions>();

export function runUnionsOf(index: WorkspaceIndex): RunUnions {
  const made = known.get(index) ?? findIn(index);
  known.set(index, made);
  return made;
}

/** A shorter name stands for anything. */
const kindCharsMin = 5;

function findIn(index: WorkspaceIndex): RunUnions {
  const twins = twinsIn(index);
  const all = withoutEnvelopes(index.product.flatMap((file) => unionsOf(file, index, twins)));
  const ofTools = all.filter(({ coverage }) => coverage.toolLife !== undefined);
  const nearer = ofTools.some(({ file }) => !isAside(file));
  const isOther = ({ file }: Union) => isModelSide(file) || (nearer && isAside(file));
  const anyWhole = all.some((union) => isWhole(union) && !isOther(union));
  const shown = new Map<FileFacts, Union[]>();
  for (const union of all) {
    const { toolLife, ofRun } = union.coverage;
    if (anyWhole ? isWhole(union) : toolLife !== undefined || ofRun)
      shown.set(union.file, [...(shown.get(union.file) ?? []), union]);
  }
  const tags = all.flatMap(({ variants }) => variants.flatMap(({ tag }) => tag.split(" ")));
  return {
    in: (file) => shown.get(file) ?? [],
    proves: (union) => index.understood && ofTools.length > 0 && !isOther(union),
    kinds: new Set(tags.filter((name) => name.length >= kindCharsMin)),
  };
}

const isWhole = ({ coverage }: Union): boolean =>
  coverage.toolLife !== undefined && coverage.ending !== undefined && coverage.reasoned;

const tagsOf = ({ variants }: Pick<Union, "variants">): ReadonlySet<string> => new Set(variants.map(({ tag }) => tag));

/** A record around an event has all its kinds, and is no better witness than the union itself. */
function withoutEnvelopes(unions: readonly Union[]): Union[] {
  const plain = unions.filter(({ envelope }) => !envelope).map(tagsOf);
  return unions.filter(
    (union) => !union.envelope || !plain.some((tags) => [...tagsOf(union)].every((tag) => tags.has(tag))),
  );
}

/** Unions that tell of a tool call or of an end. What a screen shows of a run is made of what the run told. */
function unionsOf(file: FileFacts, index: WorkspaceIndex, twins: ReadonlySet<string>): Union[] {
  return isScreen(file.path) ? [] : [...declaredIn(file, index, twins), ...givenIn(file, index)];
}

/** Names that several classes have. */
function twinsIn(index: WorkspaceIndex): ReadonlySet<string> {
  const seen = new Set<string>();
  const twins = new Set<string>();
  for (const { kind, name } of index.product.flatMap(({ types }) => types)) {
    if (kind !== "class") continue;
    if (seen.has(name)) twins.add(name);
    seen.add(name);
  }
  return twins;
}

function declaredIn(file: FileFacts, index: WorkspaceIndex, twins: ReadonlySet<string>): Union[] {
  if (index.farFromAnchors(file.path) >= 4) return [];
  return file.types.flatMap((type) => {
    if (elsewhere.test(type.name) || type.end - type.start > typeCharsMax) return [];
    if (!eventName.test(type.name) && !index.carried.has(type.name)) return [];
    const children = type.kind === "class" ? index.below(type.name) : [];
    const family = children.length >= variantsMin;
    // Where several classes have the name, it is the one with children near to it.
    const near = children.filter((name) => isNear(file, index.typeNamed(name)?.file));
    if (family && twins.has(type.name) && near.length < variantsMin) return [];
    const variants = family ? children.flatMap((name) => kindsListed(name, index)) : variantsOf({ file, type }, index);
    const envelope = !family && (type.kind === "class" || type.kind === "interface");
    return unionOf({ file, span: type, variants, envelope });
  });
}

/** In one folder, or in one below the other's. */
function isNear({ path }: FileFacts, other: FileFacts | undefined): boolean {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const beside = other?.path.slice(0, other.path.lastIndexOf("/") + 1);
  return beside !== undefined && (beside.startsWith(folder) || folder.startsWith(beside));
}

/** Several kinds named in the type of what a generator gives. */
function givenIn(file: FileFacts, index: WorkspaceIndex): Union[] {
  const generators = file.code.matchAll(/->\s*(?:Async)?(?:Generator|Iterator|Iterable)\[([^\]]*\|[^\]]*)\]/g);
  return [...generators].flatMap((match) => {
    const variants = (match[1] ?? "").split(/[|,]/).flatMap((name) => kindsListed(name.trim(), index));
    return unionOf({
      file,
      span: { start: match.index, end: match.index + match[0].length },
      variants,
      envelope: false,
    });
  });
}

function unionOf(union: Omit<Union, "coverage">): Union[] {
  if (tagsOf(union).size < variantsMin) return [];
  const coverage = coverageOf(union.variants);
  // A union without a word of tools or of an end tells of something else than a run.
  if (coverage.toolLife === undefined && coverage.ending === undefined) return [];
  return [{ ...union, coverage }];
}
