/**
 * The sandbox of this machine for tests: the system's bubblewrap, else one copy that is unpacked once and shared by this
 * user's test processes. Where there is none, tests of it are skipped, and that is said.
 */
import { mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type Bubblewrap, findBubblewrap } from "../../infra/bwrap/find.ts";
import { openSandbox, type Sandbox } from "../../infra/bwrap/sandbox.ts";

const cache = join(tmpdir(), `statehive-test-bwrap-${userInfo().uid}`);
const asked = {
  bin: process.env.SWARM_BWRAP_BIN,
  install: "auto",
  searchPath: process.env.PATH ?? "",
  state: cache,
  say: () => {},
} as const;

let found: Promise<Bubblewrap | null> | undefined;

/** Null where there is none and none can be had. */
export function bubblewrap(): Promise<Bubblewrap | null> {
  found ??= (async () => {
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    const answer = await findBubblewrap(asked);
    if ("path" in answer) return answer;
    process.stderr.write(`SKIPPED: no sandbox on this machine: ${answer.why}\n`);
    return null;
  })();
  return found;
}

export interface TestSandboxOptions {
  readonly secluded?: readonly string[];
  readonly network?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Of the filter and of what is set aside. */
  readonly state: string;
}

/** Probed like a worker's. @throws with the reasons where there is a bubblewrap, and nothing came of it. */
export async function openTestSandbox({
  secluded = [],
  network = false,
  env = {},
  state,
}: TestSandboxOptions): Promise<Sandbox> {
  const bin = (await bubblewrap())?.path;
  const sandbox = await openSandbox({
    ...asked,
    bin,
    install: "never",
    state,
    off: false,
    network,
    secluded: [state, ...secluded],
    env,
  });
  if (bin !== undefined && sandbox.confinement === null)
    throw new Error(`nothing confines commands, although there is ${bin}: ${sandbox.reasons.join("; ")}`);
  return sandbox;
}

/** What a command line that is tested has to be told: the copy, or that commands run as they are. */
export async function sandboxEnv(): Promise<Readonly<Record<string, string>>> {
  const own = await bubblewrap();
  return own === null ? { SWARM_SANDBOX: "off" } : { SWARM_BWRAP_BIN: own.path, SWARM_SANDBOX_INSTALL: "never" };
}

/** A user that is nobody's; only root can make folders that belong to it. */
export const STRANGER = 12_345;

/** Whose the workspace is, which decides as whom a command runs: a name, and the owner where it is not ours. */
export const ways: readonly (readonly [string, number | undefined])[] =
  process.getuid?.() === 0
    ? [
        ["in a folder of root's", undefined],
        ["in another user's folder", STRANGER],
      ]
    : [["in a folder of one's own", undefined]];
