/** Rows of git about what stands beside the branches: remotes, notes, worktrees. */
import { type Row, unknown } from "../../program.ts";
import { reachesOut, unless } from "../findings.ts";

const remote: Row = {
  risk: "read-only",
  reason: "lists remotes",
  flags: "-v --verbose",
  subcommands: {
    "get-url": {
      risk: "read-only",
      reason: "shows where a remote is",
      flags: "--push --all",
      operands: { rest: "text" },
    },
    show: {
      risk: "read-only",
      reason: "shows a remote",
      flags: "-n",
      operands: { rest: "text" },
      inspect: (call) => (call.operands.length === 0 || call.given("-n") ? undefined : reachesOut(call)),
    },
    add: {
      risk: "mutating",
      reason: "adds a remote",
      flags: "--tags --no-tags",
      takes: { "-t": "text", "-m": "text" },
      operands: { first: ["text", "literal"], min: 2, max: 2 },
      inspect: ({ operands }) =>
        startsHelper(operands[1]?.shown) ? unknown("the address starts a program", "helper") : undefined,
    },
    "set-url": {
      risk: "destructive",
      reason: "changes where a remote is",
      flags: "--push --add --delete",
      operands: { rest: "text" },
      loses: "the address of {first}: what is pushed and fetched later goes elsewhere",
    },
    rename: { risk: "mutating", reason: "renames a remote", operands: { rest: "text" } },
    remove: {
      risk: "destructive",
      reason: "removes a remote",
      operands: { rest: "text" },
      loses: "the remote {first} and what was fetched from it",
    },
    rm: {
      risk: "destructive",
      reason: "removes a remote",
      operands: { rest: "text" },
      loses: "the remote {first} and what was fetched from it",
    },
    prune: {
      risk: "mutating",
      reason: "forgets branches that a remote no longer has",
      flags: "-n --dry-run",
      operands: { rest: "text" },
      inspect: reachesOut,
    },
    update: {
      risk: "mutating",
      reason: "fetches from remotes",
      flags: "-p --prune",
      operands: { rest: "text" },
      inspect: reachesOut,
    },
    "set-head": {
      risk: "mutating",
      reason: "sets a remote's default branch",
      flags: "-a --auto -d --delete",
      operands: { rest: "text" },
      inspect: reachesOut,
    },
    "set-branches": {
      risk: "mutating",
      reason: "sets which branches are fetched",
      flags: "--add",
      operands: { rest: "text" },
    },
  },
};

/** `ext::cmd`, `fd::1`, `anything::address` start a helper program. */
export function startsHelper(address: string | undefined): boolean {
  return address !== undefined && /^[A-Za-z0-9_.+-]+::/.test(address);
}

const notes: Row = {
  risk: "read-only",
  reason: "lists notes",
  takes: { "--ref": "text" },
  subcommands: {
    list: { risk: "read-only", reason: "lists notes", operands: { rest: "text" } },
    show: { risk: "read-only", reason: "shows a note", operands: { rest: "text" } },
    "get-ref": { risk: "read-only", reason: "shows where notes are kept" },
    add: {
      risk: "mutating",
      reason: "writes a note",
      flags: "--allow-empty",
      takes: { "-m": "text", "-F": "read" },
      operands: { rest: "text" },
      inspect: unless("-m -F", unknown("it opens an editor", "editor")),
    },
    append: {
      risk: "mutating",
      reason: "adds to a note",
      flags: "--allow-empty",
      takes: { "-m": "text", "-F": "read" },
      operands: { rest: "text" },
      inspect: unless("-m -F", unknown("it opens an editor", "editor")),
    },
    copy: { risk: "mutating", reason: "copies a note", operands: { rest: "text" } },
    remove: {
      risk: "destructive",
      reason: "removes notes",
      operands: { rest: "text" },
      loses: "the notes of {operands}",
    },
    prune: {
      risk: "destructive",
      reason: "removes notes of objects that are gone",
      flags: "-n -v",
      loses: "notes of objects that are gone",
    },
  },
};

const worktree: Row = {
  risk: "read-only",
  reason: "names no worktree command",
  subcommands: {
    list: { risk: "read-only", reason: "lists worktrees", flags: "-v --verbose --porcelain -z" },
    add: {
      risk: "mutating",
      reason: "adds a worktree",
      flags:
        "-d --detach --checkout --no-checkout --guess-remote --no-guess-remote -q --quiet --track --no-track --lock --orphan",
      takes: { "-b": "text", "-B": "text", "--reason": "text" },
      raises: { "-B": { risk: "destructive", reason: "resets a branch", loses: "where {value} points now" } },
      operands: { first: ["write", "text"], min: 1, max: 2 },
    },
    move: { risk: "mutating", reason: "moves a worktree", operands: { rest: "write" } },
    remove: {
      risk: "mutating",
      reason: "removes a clean worktree",
      flags: "-f --force",
      raises: {
        "-f": { risk: "destructive", reason: "removes it with its changes", loses: "uncommitted work in {operands}" },
        "--force": {
          risk: "destructive",
          reason: "removes it with its changes",
          loses: "uncommitted work in {operands}",
        },
      },
      operands: { rest: "write" },
    },
    prune: { risk: "mutating", reason: "forgets worktrees that are gone", flags: "-n --dry-run -v --verbose" },
    lock: { risk: "mutating", reason: "locks a worktree", takes: { "--reason": "text" }, operands: { rest: "text" } },
    unlock: { risk: "mutating", reason: "unlocks a worktree", operands: { rest: "text" } },
    repair: { risk: "mutating", reason: "repairs worktree links", operands: { rest: "write" } },
  },
};

export const placeRows: Readonly<Record<string, Row>> = { remote, notes, worktree };
