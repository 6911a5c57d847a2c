/** Node and the tools that projects of JavaScript bring along. What loads a configuration of the project runs its code. */
import { type Finding, type Program, unknown } from "../program.ts";
import { onlyShows, refuses } from "./rows.ts";

const version = "-v --version -h --help";

const code: Finding = unknown("it runs code", "code");

function project(what: string): Finding {
  return { risk: "mutating", rule: "project", reason: `${what}, loading code of the project` };
}

const leaves = refuses(
  /^--?(?:resolve-plugins-relative-to|rulesdir|plugin|parser|eval|require|r|import|loader|execArgv|node-option)(?:=|$)/,
  "it loads code that the line names",
);

/** `node --check file` reads the file and runs nothing of it. */
const node: Program = {
  names: "node nodejs",
  risk: "read-only",
  reason: "shows its version, or checks the syntax of a file",
  flags: "-v --version -h --help -c --check --v8-options",
  operands: { rest: "read", max: 1 },
  inspect: ({ options, operands }) => {
    const names = options.map(({ name }) => name);
    const checks = names.length === 1 && /^(?:-c|--check)$/.test(names[0] ?? "") && operands.length === 1;
    const asks = names.length > 0 && !names.some((name) => /^(?:-c|--check)$/.test(name)) && operands.length === 0;
    return checks || asks ? undefined : code;
  },
};

export const javascriptTools: readonly Program[] = [
  node,
  onlyShows("deno", "-V --version -h --help", code),
  onlyShows("tsx ts-node nodemon", version, code),
  onlyShows("tsc", "-v --version -h --help --all --init-help", {
    risk: "mutating",
    rule: "write",
    reason: "it compiles, and may write what it built or remembered",
  }),
  onlyShows("eslint oxlint stylelint", version, project("it checks files"), { inspect: leaves }),
  onlyShows("prettier biome dprint", version, project("it formats files"), { inspect: leaves }),
  onlyShows("vitest jest mocha ava tap c8 nyc", version, project("it runs the project's tests"), { inspect: leaves }),
  onlyShows("playwright cypress", version, project("it runs the project's tests"), { inspect: leaves }),
  onlyShows("vite webpack rollup esbuild tsup knip", version, project("it builds the project"), {
    inspect: leaves,
  }),
  // These start the copy that the project holds, even for their version.
  onlyShows("turbo nx lerna", "", project("it builds the project"), { inspect: leaves }),
  onlyShows("rimraf del-cli", version, {
    risk: "destructive",
    rule: "delete",
    reason: "it deletes files",
    loses: ["the files it is given"],
  }),
  onlyShows("nvm fnm volta corepack n", "--version -v ls list", {
    risk: "destructive",
    rule: "machine",
    reason: "it changes which programs run",
    hosts: ["*"],
    loses: ["the versions of programs in use"],
  }),
];
