/** Rows of git that few people type: upkeep, objects, the index, and what gives history or passwords away. */
import { type Finding, type Row, unknown } from "../../program.ts";
import { type Inspect, unless, where } from "../findings.ts";
import { compareRow } from "./revision.ts";

const unreachable = "commits that no branch holds any more";
const writesIndex = {
  risk: "mutating",
  reason: "changes the index",
  operands: { rest: "text" },
} as const satisfies Row;

/** Only what is plain text goes in and out. */
function textRow(reason: string, more: Partial<Row> = {}): Row {
  return { risk: "read-only", reason, ...more };
}

const writesObject: Finding = { risk: "mutating", reason: "git hash-object writes an object", rule: "write" };

const credential: Row = {
  risk: "destructive",
  reason: "hands out or changes stored passwords",
  operands: { rest: "text" },
  loses: "stored passwords, shown or deleted",
};

const rewritesAll: Row = {
  risk: "destructive",
  reason: "rewrites the whole history, running commands for each commit",
  style: "words",
  operands: { rest: "text" },
  loses: "the history of every branch as it is now",
};

const toOutput: Inspect = unless("--stdout", {
  risk: "mutating",
  reason: "git format-patch writes files",
  rule: "write",
  paths: [{ path: ".", access: "write" }],
});

/** Its `--cc` is an address that gets a copy. */
const patches = compareRow("prints patches", {
  flags:
    "--stdout -k --keep-subject --numbered -N --no-numbered --cover-letter --no-signature --zero-commit --no-attach --signoff --no-thread --root",
  takes: { "-o --output-directory": "write", "--start-number": "text", "--subject-prefix": "text" },
  inspect: toOutput,
});

export const plumbingRows: Readonly<Record<string, Row>> = {
  version: textRow("shows its version", { flags: "--build-options" }),
  help: textRow("lists its commands"),
  init: {
    risk: "mutating",
    reason: "makes a repository",
    flags: "-q --quiet --bare",
    takes: { "-b --initial-branch": "text" },
    operands: { rest: "write", max: 1 },
  },
  "count-objects": textRow("counts objects", { flags: "-v --verbose -H --human-readable" }),
  fsck: textRow("checks the objects", {
    flags:
      "--unreachable --dangling --no-dangling --tags --root --cache --no-reflogs --full --no-full --strict --connectivity-only --verbose --progress --no-progress --name-objects",
    operands: { rest: "text" },
  }),
  "verify-pack": textRow("checks a pack", { flags: "-v --verbose -s --stat-only", operands: { rest: "read" } }),
  "check-ignore": textRow("tells which paths are ignored", {
    flags: "-q --quiet -v --verbose --stdin -z -n --non-matching --no-index",
    operands: { rest: "text" },
    dashes: true,
  }),
  "check-attr": textRow("shows attributes of paths", {
    flags: "-a --all --cached --stdin -z",
    takes: { "--source": "text" },
    operands: { rest: "text" },
  }),
  "check-mailmap": textRow("resolves a name", { flags: "--stdin", operands: { rest: "text" } }),
  "check-ref-format": textRow("checks a name", {
    flags: "--branch --normalize --allow-onelevel --no-allow-onelevel --refspec-pattern",
    operands: { rest: "text" },
  }),
  "patch-id": textRow("sums up a patch", { flags: "--stable --unstable --verbatim" }),
  stripspace: textRow("tidies text", { flags: "-s --strip-comments -c --comment-lines" }),
  column: textRow("sets text in columns", {
    mayTake: { "--mode": "text", "--raw-mode": "text" },
    takes: { "--width": "text", "--indent": "text", "--nl": "text", "--padding": "text" },
  }),
  "get-tar-commit-id": textRow("reads a commit from an archive"),
  "hash-object": textRow("sums up a file", {
    flags: "-w --stdin --no-filters --literally",
    takes: { "-t": "text", "--path": "text" },
    operands: { rest: "read" },
    inspect: where("-w", writesObject),
  }),
  var: textRow("shows a variable", {
    operands: {
      first: [
        [
          "GIT_AUTHOR_IDENT",
          "GIT_COMMITTER_IDENT",
          "GIT_EDITOR",
          "GIT_SEQUENCE_EDITOR",
          "GIT_PAGER",
          "GIT_DEFAULT_BRANCH",
          "GIT_SHELL_PATH",
          "GIT_ATTR_SYSTEM",
          "GIT_ATTR_GLOBAL",
        ],
      ],
      min: 1,
    },
  }),
  rerere: textRow("shows recorded resolutions", {
    subcommands: {
      status: textRow("shows conflicts that have a record"),
      diff: textRow("shows what was resolved"),
      remaining: textRow("shows what is not resolved"),
      gc: { risk: "destructive", reason: "deletes old records", loses: "old conflict resolutions" },
      clear: { risk: "destructive", reason: "deletes records", loses: "conflict resolutions" },
      forget: {
        risk: "destructive",
        reason: "deletes records",
        operands: { rest: "text" },
        loses: "the resolutions of {operands}",
      },
    },
    inspect: () => ({ risk: "mutating", reason: "git rerere applies recorded resolutions" }),
  }),
  bundle: textRow("names no command", {
    subcommands: {
      verify: textRow("checks a bundle", { flags: "-q --quiet", operands: { rest: "read" } }),
      "list-heads": textRow("lists what a bundle holds", { operands: { first: ["read"], rest: "text" } }),
      create: {
        risk: "mutating",
        reason: "writes a bundle",
        flags: "-q --quiet --progress --all --branches --tags",
        operands: { first: ["write"], rest: "text" },
      },
    },
  }),
  "format-patch": { ...patches, flags: patches.flags?.replace(" --cc", "") ?? "" },
  "merge-tree": {
    risk: "mutating",
    reason: "merges without a working tree, writing objects",
    flags: "--write-tree --trivial-merge --messages --no-messages --name-only -z --allow-unrelated-histories",
    takes: { "--merge-base": "text" },
    operands: { rest: "text" },
  },
  "merge-file": textRow("merges files", {
    flags: "-p --stdout -q --quiet --diff3 --zdiff3 --ours --theirs --union",
    takes: { "-L": "text", "--marker-size": "text" },
    operands: { rest: "read" },
    inspect: (call) => {
      const first = call.operands[0]?.shown ?? ".";
      return call.given("-p --stdout")
        ? undefined
        : { risk: "mutating", reason: `git merge-file writes ${first}`, paths: [{ path: first, access: "write" }] };
    },
  }),
  replace: {
    risk: "destructive",
    reason: "replaces objects of history",
    flags: "-f --force -d --delete -l --list --graft",
    takes: { "--format": "text" },
    operands: { rest: "text" },
    loses: "history as it is shown now",
  },
  gc: {
    risk: "mutating",
    reason: "packs objects",
    flags: "-q --quiet --aggressive --auto --no-prune --keep-largest-pack --detach --no-detach",
    mayTake: { "--prune": "text" },
    raises: { "--prune": { risk: "destructive", reason: "deletes objects", loses: unreachable } },
  },
  repack: {
    risk: "mutating",
    reason: "packs objects",
    flags: "-a -d -l -f -F -q --quiet -k --keep-unreachable -b --write-bitmap-index -n",
  },
  "pack-refs": { risk: "mutating", reason: "packs references", flags: "--all --no-prune --prune" },
  prune: {
    risk: "destructive",
    reason: "deletes objects",
    flags: "-n --dry-run -v --verbose --progress",
    mayTake: { "--expire": "text" },
    operands: { rest: "text" },
    loses: unreachable,
  },
  "update-index": {
    ...writesIndex,
    flags:
      "-q --refresh --really-refresh --add --remove --force-remove --assume-unchanged --no-assume-unchanged --skip-worktree --no-skip-worktree --again -g --ignore-submodules",
    operands: { rest: "read" },
  },
  "read-tree": { ...writesIndex, flags: "-m --empty -i --trivial --aggressive -v -n" },
  "write-tree": { risk: "mutating", reason: "writes a tree" },
  "commit-tree": {
    risk: "mutating",
    reason: "writes a commit",
    takes: { "-p": "text", "-m": "text", "-F": "read" },
    operands: { rest: "text" },
  },
  "commit-graph": {
    risk: "read-only",
    reason: "names no command",
    subcommands: {
      verify: textRow("checks the commit graph", { flags: "--shallow --progress --no-progress" }),
      write: {
        risk: "mutating",
        reason: "writes the commit graph",
        flags: "--reachable --changed-paths --split --progress --no-progress",
      },
    },
  },
  "filter-branch": rewritesAll,
  "filter-repo": rewritesAll,
  credential,
  "credential-store": { ...credential, takes: { "--file": "read" } },
  "credential-cache": credential,
  "send-email": {
    risk: "destructive",
    reason: "sends patches by mail",
    style: "words",
    operands: { rest: "text" },
    loses: "the patches, given away",
    inspect: () => ({ hosts: ["*"] }),
  },
  "verify-commit": textRow("checks signatures", {
    operands: { rest: "text" },
    inspect: () => unknown("it starts the program that checks signatures", "gpg"),
  }),
};
