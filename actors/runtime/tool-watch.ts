/**
 * Which tools must not run now, as of a second ago at most: what an operator, a check or another worker found reaches
 * agents that are at work. What only this installation has changed is out in this worker alone.
 */
import type { PinName } from "../../infra/pins.ts";
import type { PinBook } from "./pin-book.ts";

export interface ToolWatch {
  /**
   * Name → why, for a run that draws from `scope` (its workspace) and from what belongs to nobody's. Throws StoreError
   * where the pins cannot be read: what nobody can ask about is not allowed.
   */
  out(scope: string): Promise<ReadonlyMap<string, string>>;
  /** Drifted tools that an agent has just called: from now on they are quarantined. */
  met(scope: string, names: readonly string[]): Promise<void>;
}

export interface ToolWatchOptions {
  readonly book: PinBook;
  /** Built-in tools that are not what the release pinned; by name, with what is there. */
  readonly local?: ReadonlyMap<string, { readonly hash: string; readonly reason: string }>;
  /** A clock that only goes forward, in milliseconds. */
  readonly monotonicMs: () => number;
}

/** Between two looks at the pins, at least, in milliseconds; where nothing has changed, a look is one small number. */
const READ_EVERY_MS = 1_000;

type Rows = Awaited<ReturnType<PinBook["all"]>>;

export function toolWatch({ book, local = new Map(), monotonicMs }: ToolWatchOptions): ToolWatch {
  let readMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<Rows> | null = null;
  let kept: { readonly changes: number; readonly rows: Rows } | null = null;
  /** The count first: what changes between the two is read again the next time. */
  const read = async (): Promise<Rows> => {
    const changes = await book.changes();
    if (kept?.changes !== changes) kept = { changes, rows: await book.all() };
    return kept.rows;
  };
  const rows = (): Promise<Rows> => {
    if (reading !== null && monotonicMs() - readMs < READ_EVERY_MS) return reading;
    readMs = monotonicMs();
    const now = read();
    reading = now;
    now.catch(() => {
      if (reading === now) reading = null;
    });
    return now;
  };
  return {
    async out(scope) {
      const here = (await rows()).filter((row) => row.scope === "" || row.scope === scope);
      return new Map([...localOut(local, here), ...pinnedOut(here)]);
    },
    async met(scope, names) {
      const drifted = (await rows()).filter((row) => row.state === "drifted" && row.kind === "tool");
      for (const row of drifted) {
        if (!names.includes(row.name) || (row.scope !== "" && row.scope !== scope) || row.found === null) continue;
        const { kind, name, found, reasons } = row;
        await book.found({ kind, scope: row.scope, name }, found, { reasons, quarantine: true, by: "run" });
        readMs = Number.NEGATIVE_INFINITY;
      }
    },
  };
}

function localOut(local: NonNullable<ToolWatchOptions["local"]>, rows: Rows): [string, string][] {
  const approved = (name: string, hash: string): boolean =>
    rows.some(
      (row) => row.kind === "tool" && row.name === name && row.scope === "" && row.approved?.definition.hash === hash,
    );
  return [...local].flatMap(([name, { hash, reason }]) => (approved(name, hash) ? [] : [[name, reason]]));
}

/** With a server that is out, all of its tools are. */
function pinnedOut(rows: Rows): [string, string][] {
  const isOut = ({ state }: Rows[number]): boolean => state === "drifted" || state === "quarantined";
  const servers = rows.filter((row) => row.kind === "server" && isOut(row));
  return rows.flatMap((row): [string, string][] => {
    if (row.kind !== "tool") return [];
    if (isOut(row)) return [[row.name, whyOut(row.state, row.reasons)]];
    const server = servers.find(({ name, scope }) => scope === row.scope && row.name.startsWith(`mcp__${name}__`));
    return server === undefined ? [] : [[row.name, `its server ${server.name} is ${server.state}`]];
  });
}

const whyOut = (state: string, reasons: readonly string[]): string =>
  `it is ${state}${reasons.length === 0 ? "" : `: ${reasons[0]}`}; swarm tools check shows it`;

export const builtIn = (name: string): PinName => ({ kind: "tool", scope: "", name });
