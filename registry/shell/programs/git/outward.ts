/** Rows of git that reach other repositories. Where they go is named as far as the line says it. */
import { type Finding, type GivenCall, type Row, unknown } from "../../program.ts";
import { hostOf } from "../../slot.ts";
import { both, type Inspect } from "../findings.ts";
import { startsHelper } from "./places.ts";

const hooks = {
  risk: "destructive",
  reason: "skips the checks of hooks",
  loses: "the checks that hooks make",
} as const;

/** `git@host:path`, `https://…`; a remote's name or a folder is neither. */
function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^[^/\s]+:(?!:)/.test(text);
}

/** Where the call goes by its first operand; `*` for a remote's name. */
function reaches(address: string | undefined): Finding {
  if (address === undefined) return { risk: "mutating", rule: "network", reason: "it reaches a remote", hosts: ["*"] };
  if (startsHelper(address) || address.startsWith("-")) return unknown("the address starts a program", "helper");
  if (/^file:/i.test(address)) return { paths: [{ path: address.replace(/^file:\/\//i, ""), access: "read" }] };
  if (isAddress(address))
    return { risk: "mutating", rule: "network", reason: "it reaches another host", hosts: [hostOf(address)] };
  const paths = /^[./~]/.test(address) ? [{ path: address, access: "read" } as const] : [];
  return { risk: "mutating", rule: "network", reason: "it reaches a remote", hosts: ["*"], paths };
}

const toRemote: Inspect = ({ operands }) => reaches(operands[0]?.literal ?? undefined);

/** `+a:b` overwrites what `b` holds. */
const forcedFetch: Inspect = ({ operands }) => {
  const forced = operands.slice(1).find(({ shown }) => shown.startsWith("+"));
  return forced === undefined
    ? undefined
    : {
        risk: "destructive",
        rule: "forced",
        reason: `${forced.shown} overwrites a branch`,
        loses: [`where ${target(forced.shown)} points now`],
      };
};

function target(refspec: string): string {
  return refspec.replace(/^\+/, "").split(":").at(-1) ?? refspec;
}

const fetchFlags =
  "--all -a --append -f --force -m --multiple -p --prune -P --prune-tags -t --tags -n --no-tags --dry-run -q --quiet -v --verbose --progress --no-progress --unshallow --update-shallow " +
  "-4 --ipv4 -6 --ipv6 --atomic --porcelain --no-recurse-submodules --no-auto-gc --no-auto-maintenance --keep -k --no-prune --prefetch --refetch";
const fetchTakes = {
  "--depth": "text",
  "--deepen": "text",
  "--shallow-since": "text",
  "--shallow-exclude": "text",
  "-j --jobs": "text",
} as const;

const fetch: Row = {
  risk: "mutating",
  reason: "fetches from a remote",
  flags: fetchFlags,
  takes: { ...fetchTakes, "--filter": "text" },
  mayTake: { "--recurse-submodules": ["yes", "no", "on-demand"] },
  raises: {
    "-f": { risk: "destructive", reason: "overwrites branches", loses: "where local branches point now" },
    "--force": { risk: "destructive", reason: "overwrites branches", loses: "where local branches point now" },
  },
  operands: { rest: "literal" },
  inspect: both(toRemote, forcedFetch),
};

const pull: Row = {
  ...fetch,
  reason: "fetches and merges",
  flags: `${fetchFlags} --ff --no-ff --ff-only --no-rebase --commit --no-commit --no-edit --squash --autostash --no-autostash --stat --no-stat --allow-unrelated-histories --no-verify --signoff`,
  takes: {
    ...fetchTakes,
    "-X --strategy-option": "text",
    "-s --strategy": ["ort", "recursive", "resolve", "octopus", "ours", "subtree"],
  },
  mayTake: { "-r --rebase": ["true", "false", "merges"] },
  raises: {
    ...fetch.raises,
    "-r": { risk: "destructive", reason: "rewrites local commits", loses: "local commits as they are now" },
    "--no-verify": hooks,
  },
  inspect: both(toRemote, forcedFetch, () => ({ paths: [{ path: ".", access: "write" }] })),
};

function pushed(call: GivenCall): Finding | undefined {
  const [to, ...refspecs] = call.operands.map(({ shown }) => shown);
  const where = to ?? "the remote";
  const forced = refspecs.filter((refspec) => refspec.startsWith("+"));
  const deleted = call.given("-d --delete") ? refspecs : refspecs.filter((refspec) => /^\+?:./.test(refspec));
  if (forced.length > 0 || deleted.length > 0) {
    const names = [...forced, ...deleted].map(target);
    return {
      risk: "destructive",
      rule: "forced",
      reason: "git push overwrites or deletes what the remote has",
      loses: names.map((name) => `${name} of ${where} as it is now`),
    };
  }
  // A remote's name was chosen by people; an address on the line was not.
  return to !== undefined && isAddress(to)
    ? {
        risk: "destructive",
        rule: "address",
        reason: "git push sends commits to an address that no remote names",
        loses: ["the commits, given away"],
      }
    : undefined;
}

const force = {
  risk: "destructive",
  reason: "overwrites what the remote has",
  loses: "commits that only the remote has",
} as const;

const push: Row = {
  risk: "mutating",
  reason: "sends commits to a remote",
  flags:
    "--all --branches --tags --follow-tags --mirror --prune -n --dry-run --porcelain -d --delete -f --force --force-if-includes --no-force-if-includes --atomic --no-atomic -u --set-upstream -q --quiet " +
    "-v --verbose --progress --no-progress --verify --no-verify --thin --no-thin --no-recurse-submodules -4 --ipv4 -6 --ipv6 --no-signed",
  takes: { "-o --push-option": "text" },
  mayTake: { "--force-with-lease": "text", "--recurse-submodules": ["check", "on-demand", "only", "no"] },
  raises: {
    "-f": force,
    "--force": force,
    "--force-with-lease": force,
    "--mirror": {
      risk: "destructive",
      reason: "makes the remote the same, deleting what it has more",
      loses: "branches and tags that only the remote has",
    },
    "--prune": {
      risk: "destructive",
      reason: "deletes branches of the remote",
      loses: "branches that only the remote has",
    },
    "-d": { risk: "destructive", reason: "deletes on the remote", loses: "{last} on the remote" },
    "--delete": { risk: "destructive", reason: "deletes on the remote", loses: "{last} on the remote" },
    "--no-verify": hooks,
  },
  operands: { rest: "literal" },
  inspect: both(toRemote, pushed),
};

const clone: Row = {
  risk: "mutating",
  reason: "copies a repository",
  flags:
    "-v --verbose -q --quiet --progress -n --no-checkout --bare --mirror -l --local --no-hardlinks --single-branch --no-single-branch --no-tags --shallow-submodules --no-shallow-submodules --sparse",
  takes: {
    "--depth": "text",
    "-b --branch": "text",
    "-o --origin": "text",
    "-j --jobs": "text",
    "--filter": "text",
    "--shallow-since": "text",
  },
  operands: { first: ["literal", "write"], min: 1, max: 2 },
  mayTake: { "--recurse-submodules": "text" },
  inspect: ({ operands }) => {
    const address = operands[0]?.literal ?? undefined;
    if (address === undefined || startsHelper(address)) return unknown("the address starts a program", "helper");
    if (isAddress(address) && !/^file:/i.test(address)) {
      return { risk: "mutating", rule: "network", reason: "it reaches another host", hosts: [hostOf(address)] };
    }
    return { paths: [{ path: address.replace(/^file:\/\//i, ""), access: "read" }] };
  },
};

const lsRemote: Row = {
  risk: "mutating",
  reason: "asks a remote for its references",
  flags: "-h --heads -t --tags --refs -q --quiet --exit-code --symref -b --branches",
  takes: { "--sort": "text" },
  operands: { rest: "literal" },
  inspect: toRemote,
};

const network: Inspect = () => reaches(undefined);

const submodule: Row = {
  risk: "read-only",
  reason: "shows submodules",
  flags: "-q --quiet --cached",
  subcommands: {
    status: {
      risk: "read-only",
      reason: "shows submodules",
      flags: "--cached --recursive",
      operands: { rest: "read" },
    },
    summary: {
      risk: "read-only",
      reason: "shows what changed in submodules",
      flags: "--cached --files",
      takes: { "-n --summary-limit": "text" },
      operands: { rest: "read" },
    },
    init: { risk: "mutating", reason: "registers submodules", operands: { rest: "write" } },
    sync: {
      risk: "mutating",
      reason: "takes over addresses of submodules",
      flags: "--recursive",
      operands: { rest: "write" },
    },
    add: {
      risk: "mutating",
      reason: "adds a submodule",
      takes: { "-b --branch": "text", "--name": "text", "--depth": "text" },
      operands: { first: ["literal", "write"], min: 1, max: 2 },
      inspect: toRemote,
    },
    update: {
      risk: "mutating",
      reason: "fetches submodules and checks them out",
      flags:
        "--init --recursive --remote -N --no-fetch --checkout --recommend-shallow --no-recommend-shallow --progress --single-branch -f --force",
      takes: { "--depth": "text", "-j --jobs": "text", "--filter": "text" },
      raises: {
        "-f": { risk: "destructive", reason: "throws local changes away", loses: "uncommitted changes in submodules" },
        "--force": {
          risk: "destructive",
          reason: "throws local changes away",
          loses: "uncommitted changes in submodules",
        },
      },
      operands: { rest: "write" },
      inspect: network,
    },
    deinit: {
      risk: "destructive",
      reason: "empties submodules",
      flags: "-f --force --all",
      operands: { rest: "write" },
      loses: "the working trees of {operands}",
    },
  },
};

export const outwardRows: Readonly<Record<string, Row>> = {
  fetch,
  pull,
  push,
  clone,
  "ls-remote": lsRemote,
  submodule,
};
