/**
 * Docker and podman. What lists is read-only; what starts a container can mount the whole machine, and its environment
 * holds the secrets of what runs in it.
 */
import { type Finding, type GivenCall, type Program, type Row, unknown } from "../program.ts";
import { both } from "./findings.ts";
import { as, changes, loses, obscure, type Rows, reaches, refuses, sends, shows, worse } from "./rows.ts";

const filtered = { "-f --filter": "text", "--format": "text" } as const;
const wild = "starts a program in a container, and its options can open the whole machine";

/** A field by its path and nothing else: functions, variables and trim marks can show what the path does not say. */
const fieldOfFormat = /\{\{\s*((?:\.[A-Za-z]\w*)+)\s*\}\}/g;
/** These hold the environment, or a command line with secrets in it. */
const wholePart = /env|\.(?:config|containerconfig|hostconfig|spec|args|cmd|entrypoint|execids)$/i;

/** A format that shows the whole configuration shows the environment in it. */
function hidesEnvironment(call: GivenCall): Finding | undefined {
  const format = call.values("--format")[0]?.literal ?? "{{";
  const fields = [...format.matchAll(fieldOfFormat)].map(([, path = ""]) => path);
  const isNarrow = !/[{}]/.test(format.replace(fieldOfFormat, "")) && !fields.some((path) => wholePart.test(path));
  return isNarrow
    ? undefined
    : unknown(
        "it shows the environment of a container, where secrets are kept: ask for one field with --format",
        "environment",
      );
}

const inspectAny = shows("shows the parts of an object", {
  flags: "-s --size",
  takes: { "--format -f": "text", "--type": "text" },
  operands: { rest: "text" },
  inspect: hidesEnvironment,
});
const inspectPlain = shows("shows the parts of an object", {
  flags: "-v --verbose",
  takes: { "--format -f": "text" },
  operands: { rest: "text" },
});

const ps = shows("lists containers", {
  flags: "-a --all -l --latest --no-trunc -q --quiet -s --size",
  takes: { ...filtered, "-n --last": "text" },
});
const images = shows("lists images", {
  flags: "-a --all --digests --no-trunc -q --quiet --tree",
  takes: filtered,
  operands: { rest: "text" },
});
const logs = shows("shows what a container printed", {
  flags: "-f --follow -t --timestamps --details",
  takes: { "-n --tail": "text", "--since": "text", "--until": "text" },
  operands: { rest: "text" },
});
const top = shows("lists processes of a container", { operands: { first: ["text"], rest: ["aux", "-ef", "-aux"] } });
const port = shows("lists ports", { operands: { rest: "text" } });
const stats = shows("shows what containers use", {
  flags: "-a --all --no-stream --no-trunc",
  takes: { "--format": "text" },
  operands: { rest: "text" },
});
const difference = shows("lists changed files of a container", { operands: { rest: "text" } });
const history = shows("shows how an image was built", {
  flags: "-H --human --no-trunc -q --quiet",
  takes: { "--format": "text" },
  operands: { rest: "text" },
});
const listed = shows("lists them", { flags: "-q --quiet --no-trunc", takes: filtered });

const running: Rows = {
  ...as(
    "start stop restart pause unpause rename update wait",
    changes("changes which containers run", { inspect: refuses(/^-(?:a|i|-attach|-interactive)/, wild) }),
  ),
  ...as("kill", loses("what the containers had in memory", "ends containers at once")),
  ...as("rm", loses("the containers and what is written in them", "deletes containers")),
  ...as("run create exec attach", obscure(wild)),
  cp: changes("copies between a container and files", {
    inspect: worse(/^(?:-a|--archive)$/, { risk: "destructive", reason: "it takes over owners" }),
  }),
  export: changes("writes a container's files to an archive"),
  commit: changes("makes an image of a container"),
};

const pruned = (what: string): Row => loses(what, "deletes what is not in use");
const build = reaches("builds an image, running what its file says", {
  inspect: refuses(
    /^--?(?:secret|ssh|output|o|allow|builder|network|cgroup-parent|security-opt|isolation)(?:=|$)/,
    "it opens the machine to the build",
  ),
});

const compose: Row = shows("names no command", {
  flags: "--dry-run --compatibility --all-resources",
  takes: {
    "-f --file": "read",
    "-p --project-name": "text",
    "--profile": "text",
    "--ansi": "text",
    "--progress": "text",
  },
  subcommands: {
    ps: shows("lists containers", {
      flags: "-a --all -q --quiet --services --no-trunc --orphans",
      takes: { "--format": "text", "--filter": "text", "--status": "text" },
      operands: { rest: "text" },
    }),
    ls: shows("lists projects", { flags: "-a --all -q --quiet", takes: { "--format": "text", "--filter": "text" } }),
    images: shows("lists images", { flags: "-q --quiet", takes: { "--format": "text" }, operands: { rest: "text" } }),
    logs: shows("shows what containers printed", {
      flags: "-f --follow -t --timestamps --no-color --no-log-prefix",
      takes: { "-n --tail": "text", "--since": "text", "--until": "text", "--index": "text" },
      operands: { rest: "text" },
    }),
    top: shows("lists processes", { operands: { rest: "text" } }),
    port: shows("shows a port", { takes: { "--index": "text", "--protocol": "text" }, operands: { rest: "text" } }),
    version: shows("shows its version", { flags: "--short", takes: { "-f --format": "text" } }),
    ...as("config convert", obscure("shows its settings with the secrets filled in")),
    ...as("start stop restart pause unpause create wait scale", changes("changes which containers run")),
    ...as("up run exec attach watch", obscure(wild)),
    ...as("build pull", build),
    push: sends("the images, published", "publishes images"),
    ...as("rm kill", loses("the containers and what is written in them", "deletes containers")),
    down: changes("stops and removes the project's containers", {
      inspect: worse(/^(?:-v|--volumes|--rmi.*)$/, {
        risk: "destructive",
        rule: "volumes",
        reason: "it deletes volumes or images too",
        loses: ["the volumes with their data"],
      }),
    }),
  },
});

const rows: Rows = {
  ps,
  images,
  logs,
  top,
  port,
  stats,
  diff: difference,
  history,
  inspect: inspectAny,
  version: shows("shows its version", { takes: { "-f --format": "text" } }),
  info: shows("shows the state of the machine's containers", { takes: { "-f --format": "text" } }),
  events: shows("shows what happens", { takes: { ...filtered, "--since": "text", "--until": "text" } }),
  ...running,
  ...as("pull", reaches("fetches an image")),
  search: reaches("asks the registry"),
  ...as("tag import load", changes("changes images")),
  save: changes("writes images to an archive"),
  build,
  rmi: loses("the images {operands}", "deletes images"),
  push: sends("the image, published", "publishes an image"),
  ...as("login logout", loses("the login", "changes the login at a registry", { inspect: () => ({ hosts: ["*"] }) })),
  container: shows("names no command", {
    subcommands: {
      ...as("ls list ps", ps),
      logs,
      top,
      port,
      stats,
      diff: difference,
      inspect: inspectAny,
      ...running,
      prune: pruned("stopped containers"),
    },
  }),
  image: shows("names no command", {
    subcommands: {
      ...as("ls list", images),
      history,
      inspect: inspectAny,
      pull: reaches("fetches an image"),
      push: sends("the image, published", "publishes an image"),
      build,
      ...as("tag import load", changes("changes images")),
      save: changes("writes images to an archive"),
      ...as("rm", loses("the images {operands}", "deletes images")),
      prune: pruned("unused images"),
    },
  }),
  volume: shows("names no command", {
    subcommands: {
      ...as("ls list", listed),
      inspect: inspectPlain,
      create: changes("makes a volume"),
      ...as("rm remove", loses("the volumes {operands} with their data", "deletes volumes")),
      prune: pruned("unused volumes with their data"),
    },
  }),
  network: shows("names no command", {
    subcommands: {
      ...as("ls list", listed),
      inspect: inspectPlain,
      ...as("create connect disconnect", changes("changes networks")),
      ...as("rm remove", loses("the networks {operands}", "deletes networks")),
      prune: pruned("unused networks"),
    },
  }),
  system: shows("names no command", {
    subcommands: {
      df: shows("shows what takes space", { flags: "-v --verbose", takes: { "--format": "text" } }),
      info: shows("shows the state", { takes: { "-f --format": "text" } }),
      prune: pruned("stopped containers, unused networks, images and build caches"),
    },
  }),
  context: shows("names no command", {
    subcommands: {
      ...as("ls list", shows("lists contexts", { flags: "-q --quiet", takes: { "--format": "text" } })),
      show: shows("shows the context"),
      ...as("use create update rm import export", loses("which machine later commands reach", "changes contexts")),
    },
  }),
  manifest: reaches("asks the registry"),
  buildx: shows("names no command", {
    subcommands: {
      ...as("ls version du", shows("lists builders")),
      ...as("build bake b", build),
      prune: pruned("build caches"),
    },
  }),
  builder: shows("names no command", { subcommands: { build, prune: pruned("build caches") } }),
  compose,
};

/** `docker ps` through a context of another machine is still a listing; `-H`, `--context` and `--config` are not known. */
export const containers: readonly Program[] = [
  {
    names: "docker podman nerdctl",
    risk: "read-only",
    reason: "shows its version or how it is used",
    flags: "-v --version --help -D --debug",
    takes: { "-l --log-level": "text" },
    subcommands: rows,
  },
  {
    names: "docker-compose podman-compose",
    ...compose,
    flags: `${compose.flags ?? ""} -v --version`,
    inspect: both((call) => (call.given("-v --version") ? undefined : unknown("what it would do is not certain"))),
  },
];
