/**
 * Package managers of JavaScript. npm shows without running the project's code; yarn and pnpm load scripts of the
 * repository (`yarnPath`, plugins, `.pnpmfile.cjs`) or fetch another version of themselves even for `--version`, and so
 * are never read-only.
 */
import { type Finding, type GivenCall, type Program, type Row, unknown } from "../program.ts";
import { as, changes, loses, obscure, type Rows, reaches, sends, shows, worse } from "./rows.ts";

/** Scripts whose name says that they stay here. Any other may deploy, publish or delete. */
const tameScript =
  /^(?:pre|post)?(?:test|tests|build|compile|lint|typecheck|type-check|types|check|format|fmt|prettier|eslint|tsc|coverage|bench|dev|start|serve|watch|preview|storybook|docs|generate|codegen|e2e|unit|integration|ci|verify|validate)(?:[:.-](?!deploy|publish|release|prod|push|clean|reset|drop)[\w.-]+)*$/;

const everywhere = {
  risk: "destructive",
  rule: "global",
  reason: "changes the programs of the whole machine",
  loses: ["programs of the machine as they are now"],
} as const satisfies Finding;

const isGlobal = worse(/^(?:-g|--global|--location=global)$/, everywhere);
const harmlessOptions = new Set(
  (
    "-s --silent --if-present --workspaces -ws -w --workspace --ignore-scripts --json -D --save-dev -d --dev -P --save-prod -O --save-optional -E --save-exact --exact --no-save --no-audit --no-fund " +
    "--legacy-peer-deps -f --force --frozen-lockfile --no-frozen-lockfile --immutable --prefer-offline --offline --production --prod --no-optional --omit=dev --omit=optional -g --global " +
    "--no-progress --quiet -q --verbose --package-lock-only --no-package-lock --dry-run --lockfile-only -L --latest -r --recursive --location=global -y --yes"
  ).split(" "),
);

/** Up to `--`, options are the manager's own, and it takes abbreviations: `--script-sh=x` names another shell. */
function obeysOther({ operands }: GivenCall): Finding | undefined {
  const end = operands.findIndex(({ literal }) => literal === "--");
  const own = end < 0 ? operands : operands.slice(0, end);
  const strange = own.find(({ head, literal }) => head.startsWith("-") && !harmlessOptions.has(literal ?? ""));
  return strange === undefined
    ? undefined
    : unknown(`what ${strange.shown} does to it is not known here`, "unknown-option");
}

function runs({ operands }: GivenCall): Finding | undefined {
  const script = operands.find(({ head }) => !head.startsWith("-"))?.literal;
  return script && tameScript.test(script)
    ? undefined
    : unknown(`nobody knows what the script ${script ?? ""} does`, "script");
}

const script: Row = changes("runs the project's own script", { inspect: (call) => obeysOther(call) ?? runs(call) });
const ownScript: Row = changes("runs the project's own script", { inspect: obeysOther });
const install: Row = reaches("installs packages, running what they bring along", {
  inspect: (call) => obeysOther(call) ?? isGlobal(call),
});
const execute: Row = obscure("fetches a package and runs it");
const account: Row = loses("the login or the access rights", "changes who may do what at the registry", {
  inspect: () => ({ hosts: ["*"] }),
});

const listing = {
  flags:
    "-a --all --json -l --long -p --parseable -g --global --link --unicode --no-unicode --package-lock-only --prod --production --dev --workspaces --include-workspace-root -ws -s --silent",
  takes: { "--depth": "text", "-w --workspace": "text" },
  mayTake: { "--omit": ["dev", "optional", "peer"], "--include": ["prod", "dev", "optional", "peer"] },
  operands: { rest: "text" },
} as const satisfies Partial<Row>;

/** Settings of npm that hold no credential and no address with one. */
const plainSetting =
  "registry prefix cache userconfig globalconfig node-version init-author-name init-license save-exact save-prefix loglevel engine-strict package-lock legacy-peer-deps fund audit".split(
    " ",
  );

const npmRows: Rows = {
  ...as("ls list la ll", shows("lists installed packages", listing)),
  ...as("explain why", shows("tells why a package is installed", { flags: "--json", operands: { rest: "text" } })),
  query: shows("lists packages that match", {
    flags: "--workspaces -g --global --package-lock-only",
    operands: { rest: "text" },
  }),
  root: shows("shows where packages are", { flags: "-g --global" }),
  prefix: shows("shows where it installs", { flags: "-g --global" }),
  bin: shows("shows where programs are", { flags: "-g --global" }),
  sbom: shows("lists what is inside", {
    flags: "--package-lock-only",
    mayTake: { "--sbom-format": "text", "--omit": "text" },
  }),
  "help-search": shows("searches its manual", { operands: { rest: "text" } }),
  config: shows("shows its settings", {
    subcommands: {
      get: shows("shows a setting", {
        flags: "-g --global --json",
        operands: { first: [plainSetting], min: 1, max: 1 },
      }),
      ...as(
        "set delete rm edit fix",
        loses("settings as they are now", "writes settings, and a setting can name a program"),
      ),
      ...as("list ls", obscure("shows every setting, and one may be a credential")),
    },
    inspect: () => unknown("it shows every setting, and one may be a credential", "credentials"),
  }),
  get: shows("shows a setting", { flags: "-g --global", operands: { first: [plainSetting], min: 1, max: 1 } }),
  set: loses("settings as they are now", "writes settings, and a setting can name a program"),
  pkg: shows("shows package.json", {
    subcommands: {
      get: shows("shows fields of package.json", {
        flags: "--json --workspaces",
        takes: { "-w --workspace": "text" },
        operands: { rest: "text" },
      }),
      ...as(
        "set delete fix",
        changes("changes package.json", { inspect: () => ({ paths: [{ path: "package.json", access: "write" }] }) }),
      ),
    },
  }),
  version: shows("shows versions", {
    flags: "--json",
    operands: { rest: "text" },
    inspect: ({ operands }) =>
      operands.length === 0
        ? undefined
        : { risk: "mutating", rule: "write", reason: "npm version writes package.json, commits and tags" },
  }),
  ...as(
    "run run-script rum urn",
    shows("lists the scripts", {
      flags: "--json -s --silent --if-present --workspaces -ws --ignore-scripts",
      takes: { "-w --workspace": "text" },
      style: "posix",
      operands: { rest: "text" },
      inspect: (call) =>
        call.operands.length === 0
          ? undefined
          : {
              risk: "mutating",
              rule: "script",
              reason: "npm run runs the project's own script",
              ...(obeysOther(call) ?? runs(call)),
            },
    }),
  ),
  ...as("test t tst start stop restart", ownScript),
  ...as(
    "view info show v outdated search find s se audit ping doctor fund owner whoami diff stars",
    reaches("asks the registry"),
  ),
  ...as(
    "install i in ins inst add ci clean-install install-test it install-ci-test update up upgrade dedupe ddp rebuild rb link ln",
    install,
  ),
  ...as("uninstall un unlink remove rm r prune", changes("removes installed packages", { inspect: isGlobal })),
  ...as("init create innit", reaches("makes a package, fetching what it is made with")),
  ...as("exec x", execute),
  pack: changes("packs the package, running its scripts"),
  shrinkwrap: changes("writes the lock file"),
  cache: changes("changes the cache"),
  publish: sends("the package, published", "publishes the package"),
  ...as(
    "unpublish deprecate undeprecate dist-tag",
    loses("versions that others use", "changes what others get", { inspect: () => ({ hosts: ["*"] }) }),
  ),
  ...as("login adduser logout access team org token profile hook trust star unstar", account),
  ...as("explore edit help docs repo bugs home", obscure("starts another program")),
};

/** Tools that projects bring along: named exactly, so that a slip of the pen fetches nothing. */
const knownTools = new Set(
  "tsc eslint prettier biome vitest jest mocha tap ava c8 nyc oxlint knip playwright cypress tsup vite rollup esbuild webpack turbo nx lerna rimraf swarm statehive claude codex".split(
    " ",
  ),
);

/** `npx tsc --noEmit`: judged as what it starts, and as the fetching it may take. */
function started(call: GivenCall): Finding | undefined {
  if (call.operands.length === 1 && /^(?:-v|--version|-h|--help)$/.test(call.operands[0]?.literal ?? ""))
    return undefined;
  const from = call.operands.findIndex(({ literal }) => !/^(?:--no|--no-install|-y|--yes)$/.test(literal ?? ""));
  const words = from < 0 ? [] : call.operands.slice(from);
  const name = words[0]?.literal;
  if (!name || !knownTools.has(name))
    return { ...unknown("it fetches a package and runs it", "package"), hosts: ["*"] };
  return {
    risk: "mutating",
    rule: "tool",
    reason: "it runs a tool of the project, or fetches it",
    hosts: ["*"],
    calls: [words],
  };
}

/** `yarn build` is `yarn run build`; `yarn` alone installs. */
function bare(call: GivenCall): Finding | undefined {
  if (call.operands.length > 0) return obeysOther(call) ?? runs(call);
  return call.given("-v --version -h --help") ? undefined : { hosts: ["*"] };
}

function managerRows(): Rows {
  return {
    ...as("run run-script", script),
    ...as("test t start", ownScript),
    ...as(
      "list ls ll la why root bin licenses store info node config",
      changes("loads scripts of the repository before it answers"),
    ),
    ...as("outdated audit view search npm", reaches("asks the registry")),
    ...as("install i ci add up update upgrade upgrade-interactive import fetch link dedupe rebuild rb", install),
    ...as(
      "remove rm uninstall un unlink prune autoclean cache pack version workspace workspaces patch",
      changes("changes the project's packages", { inspect: (call) => obeysOther(call) ?? isGlobal(call) }),
    ),
    ...as("exec dlx create x init self-update set deploy env global plugin", execute),
    publish: sends("the package, published", "publishes the package"),
    ...as("login logout owner tag token org team", account),
  };
}

export const javascript: readonly Program[] = [
  {
    names: "npm",
    risk: "read-only",
    reason: "shows its version or how it is used",
    flags: "-v --version -h --help -l -s --silent -g --global --json",
    readsFolder: true,
    subcommands: npmRows,
    inspect: (call) =>
      call.given("-v --version -h --help -l") || call.options.length === 0
        ? undefined
        : unknown("what it would do is not certain"),
  },
  {
    names: "npx bunx",
    ...shows("shows its version", { style: "words", operands: { rest: "text" } }),
    readsFolder: true,
    inspect: started,
  },
  {
    names: "yarn pnpm",
    ...changes("runs the project's own script, or installs packages", { style: "posix", inspect: bare }),
    flags:
      "-v --version -h --help -s --silent --frozen-lockfile --immutable --offline -r --recursive -w --workspace-root",
    subcommands: managerRows(),
  },
  {
    names: "bun",
    ...shows("shows how it is used", { flags: "-v --version --revision -h --help" }),
    readsFolder: true,
    subcommands: {
      pm: shows("shows how it is used", {
        subcommands: {
          ...as("ls list", shows("lists installed packages", { flags: "-g --all" })),
          bin: shows("shows where programs are", { flags: "-g" }),
          ...as("cache trust untrusted pack version pkg migrate hash", changes("changes packages")),
        },
      }),
      run: script,
      test: changes("runs the project's tests", { inspect: obeysOther }),
      build: changes("bundles files"),
      ...as("install i add a update link ci", install),
      ...as("remove rm unlink", changes("removes installed packages", { inspect: isGlobal })),
      ...as("outdated audit info why", reaches("asks the registry")),
      ...as("x create init exec repl upgrade", execute),
      publish: sends("the package, published", "publishes the package"),
    },
  },
];
