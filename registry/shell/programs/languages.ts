/** Go, Rust, Java, Ruby and the builders. A build runs what the project says; only questions are read-only. */
import { type Finding, type GivenCall, type Program, unknown } from "../program.ts";
import { as, changes, loses, obscure, onlyShows, type Rows, reaches, refuses, sends, shows, worse } from "./rows.ts";

const code: Finding = unknown("it runs code", "code");
const builds: Finding = {
  risk: "mutating",
  rule: "project",
  reason: "it builds or runs what the project says",
  hosts: ["*"],
};

const cargoBring = refuses(/^(?:--config|-C|-Z|--manifest-path|\+)/, "it follows settings that the line brings along");
const offline = {
  flags:
    "--locked --offline --frozen -q --quiet -v --verbose --no-deps --all-features --no-default-features --no-dedupe -d --duplicates --workspace --all-targets",
} as const;

/** It asks the compiler, or the program that `.cargo/config.toml` names in its place; and it may write the lock file. */
const asksCompiler: Finding = {
  risk: "mutating",
  rule: "project",
  reason: "it starts what the project's settings name, and may ask the registry",
  hosts: ["*"],
};

const cargoRows: Rows = {
  version: shows("shows its version", { flags: "-v --verbose" }),
  help: shows("shows how it is used"),
  "locate-project": shows("shows where the project is", {
    flags: "--workspace",
    takes: { "--message-format": ["plain", "json"] },
  }),
  "read-manifest": shows("shows the manifest"),
  tree: shows("shows dependencies", {
    ...offline,
    takes: { "-e --edges": "text", "--depth": "text", "--prefix": "text", "-F --features": "text" },
    // Their value may be left out, and then the next word is an option.
    mayTake: { "-p --package": "text", "-i --invert": "text" },
    operands: { rest: "text" },
    inspect: () => asksCompiler,
  }),
  metadata: shows("shows dependencies", {
    ...offline,
    takes: { "--format-version": ["1"] },
    inspect: () => asksCompiler,
  }),
  pkgid: shows("names a package", { ...offline, operands: { rest: "text" }, inspect: () => asksCompiler }),
  ...as(
    "build b check c test t run r bench doc d clippy fmt fix rustc rustdoc miri nextest",
    changes("builds or runs the project", { inspect: cargoBring }),
  ),
  ...as("new init clean", changes("changes the project", { inspect: cargoBring })),
  ...as(
    "add remove rm update fetch vendor generate-lockfile search info outdated audit deny",
    reaches("asks the registry, and may change the lock file", { inspect: cargoBring }),
  ),
  ...as(
    "install uninstall",
    loses("programs of the machine as they are now", "changes the programs of the whole machine", {
      inspect: () => ({ hosts: ["*"] }),
    }),
  ),
  publish: sends("the package, published", "publishes the package"),
  ...as(
    "yank owner login logout",
    loses("what others get, or the login", "changes what others get", { inspect: () => ({ hosts: ["*"] }) }),
  ),
};

/** Flags that `go test` and its kin take behind the packages too. */
const goTame =
  /^-(?:v|race|cover|short|json|x|n|a|count=\d+|run=.*|bench=.*|timeout=\w+|parallel=\d+|p=\d+|coverprofile=[\w.]+|mod=(?:mod|readonly|vendor)|tags=[\w,]+|trimpath|o|run|count|timeout|tags|bench|benchmem|failfast|m|u|deps|test|e)$/;

function goKnows({ operands }: GivenCall): Finding | undefined {
  const strange = operands.find(({ shown }) => shown.startsWith("-") && !goTame.test(shown));
  if (strange) return unknown(`what ${strange.shown} does to it is not known here`, "unknown-option");
  return operands.some(({ shown }) => shown.includes("@"))
    ? unknown("it fetches a module and runs it", "module")
    : undefined;
}

/** Of `go env`, what holds no credential. */
const goPlain =
  "GOPATH GOROOT GOOS GOARCH GOVERSION GOBIN GOCACHE GOMOD GOMODCACHE GOWORK GO111MODULE CGO_ENABLED GOTOOLCHAIN GOHOSTOS GOHOSTARCH GOTMPDIR GOEXE GOTOOLDIR GOSUMDB".split(
    " ",
  );

const goRows: Rows = {
  version: shows("shows its version", { style: "single-dash", flags: "-m -v", operands: { rest: "read" } }),
  help: shows("shows how it is used", { operands: { rest: "text" } }),
  env: shows("shows settings", {
    style: "single-dash",
    flags: "-json",
    operands: { rest: goPlain },
    inspect: ({ operands }) =>
      operands.length === 0 ? unknown("it shows every setting, and one may be a credential", "credentials") : undefined,
  }),
  doc: shows("shows documentation", {
    style: "single-dash",
    flags: "-all -c -cmd -short -src -u",
    operands: { rest: "text" },
    inspect: goKnows,
  }),
  ...as("build test vet fmt fix run", changes("builds or runs the project", { inspect: goKnows })),
  ...as("list mod work get clean", reaches("asks for modules, and may change go.mod", { inspect: goKnows })),
  install: loses("programs of the machine as they are now", "installs programs", { inspect: goKnows }),
  ...as("generate tool", obscure("runs commands that files of the project name")),
};

/** Targets that reach out of the project, and variables that name other programs. */
const makeWild = refuses(
  /=|^(?:-C|--directory|-I|-f.*|--file.*|--makefile.*|--eval.*|-E.*)$|install|deploy|publish|release|upload|push|destroy|drop|purge/,
  "the target or the variable could reach out of the project",
);

const gemRows: Rows = {
  ...as(
    "list",
    shows("lists installed packages", {
      flags: "-l --local -a --all -d --details --no-details --versions --no-versions",
      operands: { rest: "text" },
    }),
  ),
  ...as("which contents", shows("shows where a package is", { operands: { rest: "text" } })),
  ...as("search info outdated fetch", reaches("asks the registry")),
  ...as("install update", reaches("installs packages, running what they bring along")),
  ...as("uninstall cleanup", loses("installed packages", "removes packages")),
  push: sends("the package, published", "publishes the package"),
  ...as("yank owner signin signout", loses("what others get, or the login", "changes what others get")),
};

const publishing = {
  readsFolder: true,
  inspect: worse(/deploy|publish|release|upload/i, {
    risk: "destructive",
    rule: "network",
    reason: "it publishes",
    hosts: ["*"],
    loses: ["the package, published"],
  }),
} as const satisfies Partial<Program>;

export const languages: readonly Program[] = [
  {
    names: "cargo",
    risk: "read-only",
    reason: "shows its version or how it is used",
    flags: "-V --version -h --help -v --verbose -q --list",
    readsFolder: true,
    subcommands: cargoRows,
  },
  onlyShows("rustc", "-V --version -vV -v --verbose -h --help --print=sysroot", {
    risk: "mutating",
    rule: "project",
    reason: "it compiles",
  }),
  {
    names: "rustup",
    risk: "read-only",
    reason: "shows its version or how it is used",
    flags: "-V --version -h --help",
    subcommands: {
      // Up to 1.27 it installs the toolchain that a file of the folder names.
      show: reaches("shows installed toolchains, and may install the one that the folder asks for"),
      which: shows("shows where a program is", { operands: { rest: "text" } }),
      ...as(
        "toolchain target component",
        shows("names no command", {
          subcommands: {
            list: shows("lists what is installed", { flags: "--installed -v --verbose -q" }),
            ...as(
              "install add remove uninstall link",
              loses("toolchains in use", "changes toolchains", { inspect: () => ({ hosts: ["*"] }) }),
            ),
          },
        }),
      ),
      ...as(
        "update default override self",
        loses("toolchains in use", "changes toolchains", { inspect: () => ({ hosts: ["*"] }) }),
      ),
      run: obscure("runs a command"),
      check: reaches("asks for newer toolchains"),
    },
  },
  { names: "go", risk: "read-only", reason: "shows how it is used", readsFolder: true, subcommands: goRows },
  onlyShows("gofmt", "-h --help", { risk: "mutating", rule: "write", reason: "it formats files" }),
  onlyShows("java", "-version --version -fullversion --help -help -h -showversion", code),
  onlyShows("javac kotlinc scalac", "-version --version -help --help", {
    risk: "mutating",
    rule: "project",
    reason: "it compiles",
  }),
  // Not even for their version: maven and sbt start the JVM with options that a file of the folder names.
  onlyShows("mvn sbt lein", "", builds, publishing),
  onlyShows("ant", "-version", builds, publishing),
  onlyShows("gradle", "-v --version -h --help", builds, publishing),
  onlyShows("ruby irb php perl lua", "-v --version -h --help", code),
  {
    names: "gem",
    risk: "read-only",
    reason: "shows its version or how it is used",
    flags: "-v --version -h --help",
    subcommands: gemRows,
  },
  onlyShows("bundle bundler rake rails rspec rubocop composer", "", builds),
  onlyShows("dotnet", "--version --info --list-sdks --list-runtimes -h --help", builds, {
    inspect: worse(/^(?:push|publish|nuget)$/, {
      risk: "destructive",
      rule: "network",
      reason: "it publishes",
      hosts: ["*"],
      loses: ["the package, published"],
    }),
  }),
  onlyShows("swift swiftc as", "--version --help", { risk: "mutating", rule: "project", reason: "it compiles" }),
  onlyShows("gcc g++ cc c++ clang clang++ ld", "--version -v -dumpversion -dumpmachine --help", {
    risk: "mutating",
    rule: "project",
    reason: "it compiles",
  }),
  onlyShows(
    "make gmake",
    "-v --version -h --help",
    { risk: "mutating", rule: "project", reason: "it runs the recipes of the project's Makefile" },
    { inspect: makeWild, readsFolder: true },
  ),
  onlyShows(
    "cmake ctest",
    "--version -version --help -h",
    { risk: "mutating", rule: "project", reason: "it builds what the project says" },
    { inspect: refuses(/^(?:-P|-E|--install|--open|-C)/, "it runs a script or reaches out of the project") },
  ),
  onlyShows("ninja meson just task", "--version -h --help", builds),
  onlyShows("bazel bazelisk buck", "", builds),
];
