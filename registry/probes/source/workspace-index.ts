/**
 * What a probe may know beyond its own file: the anchors, which functions the run path reaches, which names are called
 * at all, and which packages of a monorepo have anything to do with a model.
 */
import { type Anchor, dispatchesIn, loopsAround, modelCallsIn, textDispatchesIn } from "../run-path/anchors.ts";
import { carriedTypes } from "../run-path/carriers.ts";
import { commonNames } from "../run-path/model-clients.ts";
import { wrappersOf } from "../run-path/wrappers.ts";
import { followStorage, type StorageFlow } from "../stores/storage-flow.ts";
import { createBreath } from "./breath.ts";
import { contains, type FileFacts, type FunctionFact, functionAt, type TypeFact } from "./facts.ts";
import { lastName } from "./query.ts";
import { isScreen } from "./scope.ts";

/** A folder with a manifest of its own, and the name other packages import it by. */
export interface Package {
  readonly folder: string;
  readonly name: string;
}

export interface WorkspaceIndex {
  /** What the harness is written in: no tests, no examples. */
  readonly product: readonly FileFacts[];
  readonly anchors: readonly Anchor[];
  /** A model call was found. Everything was read, so no loop and no dispatch is then a finding like any other. */
  readonly understood: boolean;
  /** Whether the function around the offset lies on a path from the loop or to the model call. */
  readonly onRunPath: (file: FileFacts, offset: number) => boolean;
  /** Whether the function around the offset is reached from a model call or the loop, and not only from a dispatch. */
  readonly afterModel: (file: FileFacts, offset: number) => boolean;
  /** How often a function of this name is called in product files. */
  readonly callsOf: (name: string) => number;
  /** 0 holds an anchor, 1 shares the folder of one, 2 the package, 3 a package that uses it or that it uses, 4 nothing of all this. */
  readonly farFromAnchors: (path: string) => number;
  readonly storage: StorageFlow;
  /** Functions of that name in product files. */
  readonly functionsNamed: (name: string) => readonly Place[];
  /** The first type of that name in product files. */
  readonly typeNamed: (name: string) => PlacedType | undefined;
  /** Names of the classes below a class, however deep. */
  readonly below: (name: string) => readonly string[];
  /** Strings that conditions outside of screens compare with a status, state, phase or step. */
  readonly comparedStatus: ReadonlySet<string>;
  /** Names of the types that generators give, queues hold and listeners take. */
  readonly carried: ReadonlySet<string>;
}

/** How deep calls are followed from the loop. */
const reachDepthMax = 6;
/** A name defined in more places than this says nothing about which of them is meant. */
const homonymsMax = 5;

export async function indexWorkspace(
  files: readonly FileFacts[],
  packages: readonly Package[],
  signal: AbortSignal,
): Promise<WorkspaceIndex> {
  const product = files.filter(({ role }) => role === "product");
  const breathe = createBreath(signal);
  const direct: Anchor[] = [];
  const dispatches: Anchor[] = [];
  for (const file of product) {
    direct.push(...modelCallsIn(file));
    dispatches.push(...dispatchesIn(file));
    await breathe();
  }
  const modelCalls = await wrappersOf(product, direct, breathe);
  const loops = await loopsAround(modelCalls, breathe);
  await breathe();
  const homes = placesOf(product);
  await breathe();
  const reach = await reachable(homes, breathe, [...modelCalls, ...dispatches, ...loops]);
  const isReached = (file: FileFacts, fn: FunctionFact) => reach.has(keyOf(file, fn));
  const fromCalls = await reachable(homes, breathe, [...modelCalls, ...loops]);
  const isReachedAt = (file: FileFacts, offset: number) => {
    const fn = functionAt(file, offset);
    return fn !== undefined && fromCalls.has(keyOf(file, fn));
  };
  await breathe();
  const byText =
    modelCalls.length === 0 || dispatches.some(({ file, offset }) => isReachedAt(file, offset))
      ? []
      : await textDispatches(product, isReached, breathe);
  const anchors = [...modelCalls, ...dispatches, ...byText, ...loops];
  const calls = countCalls(product);
  const storage = await followStorage(product, breathe);
  const types = typesOf(product);
  await breathe();
  const comparedStatus = await statusesComparedIn(product, breathe);
  const carried = await carriedTypes(product, breathe);
  const below = descent(product);
  await breathe();
  const farFromAnchors = distanceFrom(anchors, product, packages);
  await breathe();
  return {
    storage,
    functionsNamed: (name) => homes.get(name) ?? [],
    typeNamed: (name) => types.get(name),
    below,
    comparedStatus,
    carried,
    product,
    anchors,
    understood: modelCalls.length > 0,
    onRunPath: (file, offset) => {
      const fn = functionAt(file, offset);
      return fn !== undefined && isReached(file, fn);
    },
    afterModel: isReachedAt,
    callsOf: (name) => calls.get(name) ?? 0,
    farFromAnchors,
  };
}

async function textDispatches(
  files: readonly FileFacts[],
  isReached: (file: FileFacts, fn: FunctionFact) => boolean,
  breathe: () => Promise<void>,
): Promise<Anchor[]> {
  const found: Anchor[] = [];
  for (const file of files) {
    found.push(...textDispatchesIn(file, (fn) => isReached(file, fn)));
    await breathe();
  }
  return found;
}

function keyOf(file: FileFacts, fn: FunctionFact): string {
  return `${file.path}#${fn.start}`;
}

function countCalls(files: readonly FileFacts[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { calls } of files) {
    for (const { callee } of calls) {
      const name = lastName(callee);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

export interface Place {
  readonly file: FileFacts;
  readonly fn: FunctionFact;
}

export interface PlacedType {
  readonly file: FileFacts;
  readonly type: TypeFact;
}

function placesOf(files: readonly FileFacts[]): Map<string, Place[]> {
  const homes = new Map<string, Place[]>();
  for (const file of files) {
    for (const fn of file.functions) {
      if (fn.name === "") continue;
      const places = homes.get(fn.name);
      if (places) places.push({ file, fn });
      else homes.set(fn.name, [{ file, fn }]);
    }
  }
  return homes;
}

function typesOf(files: readonly FileFacts[]): Map<string, PlacedType> {
  const homes = new Map<string, PlacedType>();
  for (const file of files)
    for (const type of file.types) if (!homes.has(type.name)) homes.set(type.name, { file, type });
  return homes;
}

const descendantsMax = 400;

/** Who extends whom, by name alone. */
function descent(files: readonly FileFacts[]): (name: string) => readonly string[] {
  const children = new Map<string, string[]>();
  for (const { file, type } of files.flatMap((one) => one.types.map((type) => ({ file: one, type })))) {
    if (type.kind !== "class") continue;
    const head = file.code.slice(type.start, Math.min(type.end, type.start + 240)).split(/[{]|:\s*\n/)[0] ?? "";
    const bases = /(?:\bextends\s+|class\s+\w+\s*\()([^){]*)/.exec(head)?.[1] ?? "";
    for (const base of bases.match(/[A-Z]\w+/g) ?? []) children.set(base, [...(children.get(base) ?? []), type.name]);
  }
  return (name) => {
    const found = new Set<string>();
    const open = [name];
    for (let next = open.pop(); next !== undefined && found.size < descendantsMax; next = open.pop()) {
      for (const child of children.get(next) ?? []) {
        if (found.has(child)) continue;
        found.add(child);
        open.push(child);
      }
    }
    return [...found];
  };
}

async function statusesComparedIn(files: readonly FileFacts[], breathe: () => Promise<void>): Promise<Set<string>> {
  const compared = new Set<string>();
  const comparison =
    /(?:status|state|phase|step|stage)\w*\??\.?\w*\s*(?:[!=]==?|\bis\b|\bin\b)\s*(?:["']([\w.-]+)["']|\w+\.(\w+))/gi;
  for (const file of files) {
    await breathe();
    if (isScreen(file.path)) continue;
    for (const { condition } of file.branches) {
      const text = file.text.slice(condition.start, Math.min(condition.end, condition.start + 400));
      if (!/stat(?:e|us)|phase|step|stage/i.test(text)) continue;
      for (const [, literal, member] of text.matchAll(comparison))
        compared.add((literal ?? member ?? "").toLowerCase());
    }
  }
  return compared;
}

async function reachable(
  homes: ReadonlyMap<string, readonly Place[]>,
  breathe: () => Promise<void>,
  anchors: readonly Anchor[],
): Promise<Set<string>> {
  const reached = new Set<string>();
  let frontier: Place[] = anchors.flatMap(({ file, offset }) => {
    const fn = functionAt(file, offset);
    return fn ? [{ file, fn }] : [];
  });
  for (let depth = 0; depth <= reachDepthMax && frontier.length > 0; depth += 1) {
    const fresh = frontier.filter(({ file, fn }) => !reached.has(keyOf(file, fn)));
    for (const { file, fn } of fresh) reached.add(keyOf(file, fn));
    const next: Place[] = [];
    for (const place of fresh) {
      next.push(...calledFrom(place, homes).filter(({ file, fn }) => !reached.has(keyOf(file, fn))));
      await breathe();
    }
    frontier = next;
  }
  return reached;
}

function calledFrom({ file, fn }: Place, homes: ReadonlyMap<string, readonly Place[]>): readonly Place[] {
  const names = new Set(file.calls.filter((call) => contains(fn, call)).map(({ callee }) => lastName(callee)));
  return [...names].flatMap((name) => {
    const places = homes.get(name) ?? [];
    const here = places.filter((place) => place.file === file);
    if (here.length > 0) return here;
    return commonNames.has(name) || places.length > homonymsMax ? [] : places;
  });
}

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

function distanceFrom(
  anchors: readonly Anchor[],
  files: readonly FileFacts[],
  packages: readonly Package[],
): (path: string) => number {
  const packageOf = (path: string) =>
    packages.findLast(({ folder }) => folder === "" || path.startsWith(`${folder}/`))?.folder ?? "";
  const paths = new Set(anchors.map(({ file }) => file.path));
  const folders = new Set([...paths].map(folderOf));
  const homes = new Set([...paths].map(packageOf));
  const names = packages.filter(({ folder, name }) => homes.has(folder) && name !== "").map(({ name }) => name);
  const users = new Set(
    files.filter(({ imports }) => names.some((name) => imports.includes(name))).map(({ path }) => packageOf(path)),
  );
  // What the packages with anchors are built on belongs to the harness as much as what is built on them.
  const imported = files
    .filter(({ path }) => homes.has(packageOf(path)))
    .map(({ imports }) => imports)
    .join("\n");
  for (const { folder, name } of packages)
    if (name !== "" && folder !== "" && new RegExp(`["'\\s]${escaped(name)}(?:["'/.\\s]|$)`).test(imported))
      users.add(folder);
  return (path) => {
    if (paths.has(path)) return 0;
    if (folders.has(folderOf(path))) return 1;
    if (homes.has(packageOf(path))) return 2;
    return users.has(packageOf(path)) ? 3 : 4;
  };
}
