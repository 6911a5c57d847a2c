/**
 * How well commands are confined on this machine, found out by running one: what was measured is said, and what could
 * not be closed is a reason. The answer holds for the process that asked.
 */
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { newNonce, shortHash } from "../ids.ts";
import type { Confinement } from "./confine.ts";
import { type Bubblewrap, type FindOptions, findBubblewrap, installLines } from "./find.ts";
import { probe } from "./probe.ts";
import { seccompFilter } from "./seccomp.ts";

export type SandboxLevel = "full" | "partial" | "none";

export interface SandboxOptions extends FindOptions {
  /** The operator switched it off by name: commands run with all rights of the worker. */
  readonly off: boolean;
  /** The operator lets commands reach the network. */
  readonly network: boolean;
  /** Folders that no command may see. */
  readonly secluded: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Sandbox {
  readonly level: SandboxLevel;
  /** What is not closed, or why there is none; empty at `full`. */
  readonly reasons: readonly string[];
  /** Where to get one, where there is none. */
  readonly install: readonly string[];
  /** What confines a command; `off`: nothing does, by the operator's word; null: there is nothing, and none is run. */
  readonly confinement: Confinement | "off" | null;
  /** Product and version, where it was found. */
  readonly by: string | null;
}

/**
 * Probes, several times where the machine may only have been too busy.
 * @throws SwarmError `sandbox.bad_binary` where the operator named a bubblewrap that does not run.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  if (options.off) {
    const reasons = [
      "it was switched off (SWARM_SANDBOX=off, or sandbox.unconfined): commands run with all your rights",
    ];
    return { level: "none", reasons, install: [], confinement: "off", by: null };
  }
  const found = await findBubblewrap(options);
  if (!("path" in found)) return none([found.why], null);
  const confinement = await confinementOf(found, options);
  const by = `bubblewrap ${found.version} (${found.path})`;
  const { broken, open } = await probe(confinement);
  if (broken !== null) return none([broken], by);
  const reasons = [...lacks(confinement), ...open];
  const level = reasons.length === 0 ? "full" : "partial";
  return { level, reasons, install: [], confinement: { ...confinement, level }, by };
}

const none = (reasons: readonly string[], by: string | null): Sandbox => ({
  level: "none",
  reasons,
  install: by === null ? installLines : namespaceLines,
  confinement: null,
  by,
});

const namespaceLines: readonly string[] = [
  "bubblewrap needs user namespaces: sysctl kernel.unprivileged_userns_clone=1 (Debian), user.max_user_namespaces above 0,",
  "on Ubuntu 24.04 an AppArmor profile for bwrap (its package has one); in a container, the right to make namespaces.",
];

async function confinementOf({ path, options: can }: Bubblewrap, options: SandboxOptions): Promise<Confinement> {
  const folder = join(options.state, "sandbox");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const machine = process.arch === "x64" || process.arch === "arm64" ? process.arch : null;
  return {
    level: "partial",
    bwrap: path,
    options: {
      disableUserns: can.has("--disable-userns"),
      size: can.has("--size"),
      bindFd: can.has("--bind-fd") && can.has("--ro-bind-fd"),
    },
    filter: machine === null ? null : writeWhole(folder, "filter.bpf", seccompFilter(machine)),
    gitConfig: writeWhole(folder, "gitconfig", await gitName(options)),
    secluded: options.secluded,
    folder,
    aside: join(options.state, "quarantine"),
    network: options.network,
  };
}

/** Several workers of a host write the same name; whoever reads sees one whole file. */
function writeWhole(folder: string, name: string, content: string | Buffer): string {
  const place = join(folder, `${shortHash(content)}.${name}`);
  const aside = `${place}.${newNonce()}`;
  writeFileSync(aside, content, { mode: 0o600 });
  renameSync(aside, place);
  return place;
}

/** Commits are made under the user's own name; nothing else of their settings is passed on. */
async function gitName({ env }: SandboxOptions): Promise<string> {
  const lines = await promisify(execFile)("git", ["config", "--global", "--get-regexp", "^user\\.(name|email)$"], {
    env: { ...env, HOME: env.HOME ?? "/" },
    cwd: "/",
    timeout: 5_000,
  }).then(
    ({ stdout }) => stdout.split("\n"),
    () => [], // no git, or no name
  );
  const user = lines.flatMap((line) => {
    const [, key, value = ""] = /^user\.(name|email) (.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [`\t${key} = "${value.replace(/[\\"]/g, "\\$&")}"`];
  });
  return ["[safe]", "\tdirectory = *", "[gc]", "\tauto = 0", "[user]", ...user, ""].join("\n");
}

/** What this bubblewrap, this machine type or the operator's settings leave open. */
function lacks({ options, filter, network }: Confinement): string[] {
  return [
    ...(filter === null ? [`there is no system call filter for ${process.arch}`] : []),
    ...(options.size ? [] : ["this bubblewrap cannot limit what a command writes into /tmp, which is memory"]),
    ...(options.bindFd ? [] : ["this bubblewrap cannot bind by descriptor: a link could be put in a folder's place"]),
    ...(network ? ["commands may reach the network, and whatever listens on this machine"] : []),
  ];
}
