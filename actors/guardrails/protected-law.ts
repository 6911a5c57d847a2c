/** What no rule opens stays closed under these rules: secrets to readers, and to writers whatever runs by itself. */
import { PROTECTED, type ProtectedRow } from "../../registry/permission/protected-paths.ts";
import { bash, edit, read, write } from "./destructive-calls.ts";
import { type Finding, few, type Guarded, type Law, OURS } from "./law.ts";
import { type Call, type Circumstances, distinct, openTrial, type Trial } from "./trial.ts";

const WAYS: readonly Circumstances[] = [true, false].map((isolated) => {
  return { mode: "edit", approve: "allow-safe", sandbox: "full", isolated };
});

export const protectedClosed: Law = {
  law: "protected-closed",
  title: "protected files are not written unasked",
  look(guarded, engine) {
    const trial = openTrial(guarded, engine);
    const rows = [...PROTECTED.map(namesOf), ownRow(guarded)];
    const findings = rows.flatMap(({ what, names }) => openIn(what, names, writers, guarded, trial));
    return { findings, reason: `${count(rows)} names by Write, Edit and a shell, statehive's own data among them` };
  },
};

export const secretsUnread: Law = {
  law: "secrets-unread",
  title: "secrets are not read unasked, nor given to commands",
  look(guarded, engine) {
    const trial = openTrial(guarded, engine);
    const rows = [...PROTECTED.filter((row) => row.read !== null).map(namesOf), ownRow(guarded)];
    const findings = rows.flatMap(({ what, names }) => openIn(what, names, readers, guarded, trial));
    findings.push(
      ...guarded.leaked.map((name) => ({
        what: `commands of agents are given ${name}`,
        why: "a command that may run could print it or send it away",
        fix: "Unset it where the worker is started, or give the key by ANTHROPIC_API_KEY, which commands never get.",
      })),
    );
    return { findings, reason: `${count(rows)} names by Read, Grep and a shell; variables that commands are given` };
  },
};

interface Names {
  readonly what: string;
  readonly names: readonly string[];
}

const count = (rows: readonly Names[]): number => rows.reduce((sum, { names }) => sum + names.length, 0);

/** One name for each pattern of the table: a newcomer in it is tried as well. */
const namesOf = ({ what, paths }: ProtectedRow): Names => ({
  what,
  names: paths.split(" ").map((path) => `${path.replaceAll("*", "x")}${path.endsWith("/") ? "file" : ""}`),
});

const ownRow = ({ ownDirs }: Guarded): Names => ({
  what: "statehive's own data",
  names: ownDirs.map((folder) => `${folder}/file`),
});

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;
const writers = (path: string): Call[] => [write(path), edit(path), bash(`echo x > ${quoted(path)}`)];
const readers = (path: string): Call[] => [
  read(path),
  { tool: "Grep", input: { pattern: "x", path }, says: `Grep ${path}` },
  bash(`cat ${quoted(path)}`),
];

function openIn(
  what: string,
  names: readonly string[],
  calls: (path: string) => Call[],
  guarded: Guarded,
  trial: Trial,
): Finding[] {
  const agents = distinct(guarded.agents);
  const opened: { readonly says: string; readonly rule: string; readonly agent: string }[] = [];
  const tried = new Set<string>();
  for (const { type } of agents) {
    // All names by the first that has the tool; by each of the others one, as rules do not know agents apart.
    const first = new Set(
      calls("").flatMap(({ tool }) => (type.tools.includes(tool) && !tried.has(tool) ? [tool] : [])),
    );
    for (const [index, name] of names.entries()) {
      for (const call of calls(name)) {
        if (!type.tools.includes(call.tool) || (index > 0 && !first.has(call.tool))) continue;
        for (const way of WAYS) {
          const { decision, rule } = trial.ask(type, call, way);
          if (decision === "allow") opened.push({ says: call.says, rule, agent: type.name });
        }
      }
    }
    for (const tool of first) tried.add(tool);
  }
  if (opened.length === 0) return [];
  return [
    {
      what: `${what}: open to ${few(opened.map(({ says }) => says))}`,
      why: `allowed by ${few(opened.map(({ rule }) => rule))} to agents of type ${few(opened.map(({ agent }) => agent))}`,
      fix: OURS,
    },
  ];
}
