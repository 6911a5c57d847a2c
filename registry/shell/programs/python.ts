/**
 * Python and its tools. `python -m` looks into the folder first, and poetry, uv and bundlers of their kind start what the
 * folder holds: none of these is read-only.
 */
import { type Finding, type GivenCall, type Program, unknown } from "../program.ts";
import { as, changes, loses, obscure, onlyShows, type Rows, reaches, refuses, sends, shows, worse } from "./rows.ts";

const code: Finding = unknown("it runs code", "code");

/** Modules that are known as programs too. */
const asProgram: Readonly<Record<string, string>> = {
  pip: "pip",
  pytest: "pytest",
  mypy: "mypy",
  black: "black",
  ruff: "ruff",
  flake8: "flake8",
  isort: "isort",
  pylint: "pylint",
  coverage: "coverage",
  tox: "tox",
};
const tameModules = new Set([
  "unittest",
  "json.tool",
  "venv",
  "compileall",
  "py_compile",
  "doctest",
  "timeit",
  "build",
  "tokenize",
]);

function moduleOf(call: GivenCall): Finding {
  const [first, name, ...rest] = call.operands;
  const known = name?.literal ?? "";
  if (first?.literal !== "-m" || name === undefined) return code;
  const started: Finding = {
    risk: "mutating",
    rule: "module",
    reason: `it runs the module ${known}, looking for it in the folder first`,
  };
  if (Object.hasOwn(asProgram, known)) return { ...started, calls: [[name, ...rest]] };
  return tameModules.has(known) ? started : code;
}

const versions = "-V -VV --version -h --help";

const quiet = {
  flags: "-q --quiet -v --verbose --disable-pip-version-check --no-input --no-color --no-cache-dir --isolated",
} as const;

const listFlags = `${quiet.flags} -o --outdated -u --uptodate -e --editable -l --local --user --pre --not-required --exclude-editable --include-editable`;

const machine = worse(/^(?:--user|--break-system-packages|--target(?:=.*)?|-t|--prefix(?:=.*)?|--root(?:=.*)?)$/, {
  risk: "destructive",
  rule: "machine",
  reason: "it installs outside of the project's environment",
  loses: ["packages of the machine as they are now"],
});
const foreign = refuses(
  /^(?:--global-option|--install-option|--config-settings?|-C|--python|--log|--report|--proxy|--cert)(?:=|$)/,
  "it follows settings that the line brings along",
);

const pipRows: Rows = {
  list: shows("lists installed packages", {
    flags: listFlags,
    takes: { "--format": ["columns", "freeze", "json"], "--exclude": "text" },
    inspect: (call) =>
      call.given("-o --outdated -u --uptodate")
        ? { risk: "mutating", rule: "network", reason: "it asks the package index", hosts: ["*"] }
        : undefined,
  }),
  show: shows("shows installed packages", { flags: `${quiet.flags} -f --files`, operands: { rest: "text" } }),
  freeze: shows("lists installed packages", {
    flags: `${quiet.flags} -l --local --user --all --exclude-editable`,
    takes: { "--exclude": "text" },
  }),
  check: shows("checks installed packages", { flags: quiet.flags }),
  inspect: shows("lists installed packages", { flags: `${quiet.flags} --local --user` }),
  hash: shows("sums up files", {
    takes: { "-a --algorithm": ["sha256", "sha384", "sha512"] },
    operands: { rest: "read" },
  }),
  help: shows("shows how it is used", { operands: { rest: "text" } }),
  cache: shows("names no command", {
    subcommands: {
      dir: shows("shows where the cache is"),
      info: shows("shows the cache"),
      list: shows("lists the cache", { flags: "--abspath" }),
      ...as("remove purge", changes("empties the cache")),
    },
  }),
  config: obscure("shows or writes settings, and one may hold a credential"),
  debug: obscure("shows settings, and one may hold a credential"),
  ...as("index search", reaches("asks the package index")),
  ...as(
    "install download wheel",
    reaches("installs packages, running what they bring along", { inspect: (call) => foreign(call) ?? machine(call) }),
  ),
  uninstall: loses("installed packages", "removes packages"),
};

const uvRows: Rows = {
  ...as(
    "pip sync lock add remove run tree venv python tool init build export",
    reaches("changes the project's environment, or runs what is in it"),
  ),
  cache: changes("changes the cache"),
  publish: sends("the package, published", "publishes the package"),
  auth: obscure("shows or changes credentials"),
};

const project = (what: string): Finding => ({
  risk: "mutating",
  rule: "project",
  reason: `${what}, loading code of the project`,
});

export const python: readonly Program[] = [
  {
    ...onlyShows(
      "python python2 python3 python3.9 python3.10 python3.11 python3.12 python3.13 python3.14 pypy pypy3",
      versions,
      code,
    ),
    inspect: (call) => {
      const words = call.operands.map(({ literal }) => literal ?? "");
      const asks = words.length > 0 && words.every((word) => versions.split(" ").includes(word));
      return asks ? undefined : moduleOf(call);
    },
  },
  {
    names: "pip pip3",
    risk: "read-only",
    reason: "shows its version or how it is used",
    flags: `-V --version -h --help ${quiet.flags}`,
    subcommands: pipRows,
  },
  {
    names: "uv",
    risk: "read-only",
    reason: "shows its version or how it is used",
    flags: "-V --version -h --help",
    subcommands: uvRows,
  },
  onlyShows("uvx pipx", "-V --version -h --help list", {
    ...unknown("it fetches a package and runs it", "package"),
    hosts: ["*"],
  }),
  {
    ...changes("changes the project's environment, or runs what is in it", { style: "posix" }),
    names: "poetry pipenv pdm hatch rye",
    flags: "-V --version -h --help -q -v",
    subcommands: {
      publish: sends("the package, published", "publishes the package"),
      config: obscure("shows or writes settings, and one may hold a credential"),
      ...as("run shell self", obscure("runs what it is told")),
    },
  },
  onlyShows("pytest tox nox coverage", versions, project("it runs the project's tests")),
  onlyShows("ruff mypy black flake8 isort pylint pyright bandit", versions, project("it checks or formats files")),
  onlyShows("pyenv virtualenv conda mamba", "-v --version -h --help versions", {
    risk: "destructive",
    rule: "machine",
    reason: "it changes which programs run",
    hosts: ["*"],
    loses: ["the programs in use"],
  }),
];
