/** Rows of git that overwrite the working tree, the index or where a branch points. What work would be lost is named. */
import type { Row } from "../../program.ts";
import type { Inspect } from "../findings.ts";

const inTree: Inspect = () => ({ paths: [{ path: ".", access: "write" }] });

/** `HEAD~2`, `main^`, `a@{1}`, a hash, a branch of a remote: going there leaves commits behind. */
const leaves = /[~^]|@\{|^(?:origin|upstream)\/|^[0-9a-f]{7,40}$|^ORIG_HEAD$/;

/** Names that are branches and commits everywhere; any other word may be a file whose changes `git checkout` discards. */
const surelyRevision =
  /^(?:-|@|HEAD|main|master|develop|dev|trunk|stable|next|(?:origin|upstream)\/[\w./-]+|v?\d+(?:\.\d+)*|[0-9a-f]{7,40})(?:[~^][\d~^]*)?$/;

const checkout: Row = {
  risk: "mutating",
  reason: "switches branches",
  flags:
    "-q --quiet --progress --no-progress -f --force -d --detach -m --merge -l --track --no-track -t --guess --no-guess --ours --theirs --overlay --no-overlay --ignore-other-worktrees",
  takes: { "-b": "text", "-B": "text", "--orphan": "text" },
  raises: {
    "-f": { risk: "destructive", reason: "throws local changes away", loses: "uncommitted changes" },
    "--force": { risk: "destructive", reason: "throws local changes away", loses: "uncommitted changes" },
    "-B": { risk: "destructive", reason: "resets a branch", loses: "where {value} points now" },
    "--ours": { risk: "destructive", reason: "overwrites files", loses: "uncommitted changes in {operands}" },
    "--theirs": { risk: "destructive", reason: "overwrites files", loses: "uncommitted changes in {operands}" },
  },
  operands: { rest: "read" },
  dashes: false,
  inspect: (call) => {
    const { operands, beforeDashes } = call;
    if (operands.length === 0) return undefined;
    const creates = call.given("-b --orphan -B");
    const files = operands.slice(beforeDashes ?? 0).map(({ shown }) => shown);
    const names = files.join(", ");
    if (beforeDashes !== null && files.length === 0) return undefined;
    if (beforeDashes === null && (creates || call.given("-t --track"))) return undefined;
    if (beforeDashes === null && operands.length === 1 && surelyRevision.test(names)) return undefined;
    return {
      risk: "destructive",
      rule: "files",
      reason: "git checkout overwrites files that it is given",
      loses: [`uncommitted changes in ${names}`],
      paths: files.map((path) => ({ path, access: "write" })),
    };
  },
};

const switchRow: Row = {
  risk: "mutating",
  reason: "switches branches",
  flags:
    "-q --quiet --progress --no-progress -d --detach -m --merge -t --track --no-track --guess --no-guess -f --force --discard-changes --ignore-other-worktrees",
  takes: { "-c --create": "text", "-C --force-create": "text", "--orphan": "text" },
  raises: {
    "-f": { risk: "destructive", reason: "throws local changes away", loses: "uncommitted changes" },
    "--force": { risk: "destructive", reason: "throws local changes away", loses: "uncommitted changes" },
    "--discard-changes": { risk: "destructive", reason: "throws local changes away", loses: "uncommitted changes" },
    "-C": { risk: "destructive", reason: "resets a branch", loses: "where {value} points now" },
  },
  operands: { rest: "text" },
};

const restore: Row = {
  risk: "mutating",
  reason: "unstages files",
  flags:
    "-S --staged -W --worktree -q --quiet --progress --no-progress --ours --theirs -m --merge --overlay --no-overlay --ignore-unmerged --ignore-skip-worktree-bits",
  takes: { "-s --source": "text" },
  operands: { rest: "write", min: 1 },
  dashes: true,
  inspect: (call) => {
    const isIndexOnly = call.given("-S --staged") && !call.given("-W --worktree");
    if (isIndexOnly) return undefined;
    const names = call.operands.map(({ shown }) => shown).join(", ");
    return {
      risk: "destructive",
      rule: "worktree",
      reason: "git restore overwrites files",
      loses: [`uncommitted changes in ${names}`],
    };
  },
};

const reset: Row = {
  risk: "mutating",
  reason: "unstages changes",
  flags: "-q --quiet --soft --mixed --hard --merge --keep -N --intent-to-add --no-refresh --refresh",
  raises: {
    "--hard": { risk: "destructive", reason: "throws local changes away", loses: "all uncommitted changes" },
    "--merge": { risk: "destructive", reason: "throws local changes away", loses: "staged changes" },
    "--keep": { risk: "destructive", reason: "moves the branch", loses: "the commits behind {first} on this branch" },
  },
  operands: { rest: "read" },
  inspect: ({ operands, beforeDashes }) => {
    const first = beforeDashes === 0 ? undefined : operands[0]?.shown;
    return first !== undefined && leaves.test(first)
      ? {
          risk: "destructive",
          rule: "move",
          reason: "git reset moves the branch",
          loses: [`the commits behind ${first} on this branch`],
        }
      : undefined;
  },
};

const clean: Row = {
  risk: "read-only",
  reason: "shows which untracked files it would delete",
  flags: "-q --quiet -n --dry-run -f --force -d -x -X",
  takes: { "-e --exclude": "text" },
  operands: { rest: "read" },
  dashes: true,
  inspect: (call) => {
    if (call.given("-n --dry-run") && !call.given("-f --force")) return undefined;
    const names = call.operands.map(({ shown }) => shown).join(", ") || "the working tree";
    const ignored = call.given("-x -X") ? ", ignored ones such as .env too" : "";
    return {
      risk: "destructive",
      rule: "delete",
      reason: "git clean deletes files that git does not know",
      loses: [`untracked files below ${names}${ignored}`],
      paths: [".", ...call.operands.map(({ shown }) => shown)].map((path) => ({ path, access: "write" })),
    };
  },
};

const stashOptions = {
  flags: "-k --keep-index --no-keep-index -u --include-untracked -a --all -q --quiet -S --staged",
  takes: { "-m --message": "text" },
} as const;

const stash: Row = {
  risk: "mutating",
  reason: "puts local changes aside",
  ...stashOptions,
  subcommands: {
    list: {
      risk: "read-only",
      reason: "lists stashes",
      digits: true,
      flags: "--oneline -p --patch --stat --name-only --no-color",
      takes: { "-n --max-count": "text", "--date": "text" },
      mayTake: { "--color": "text" },
    },
    show: {
      risk: "read-only",
      reason: "shows a stash",
      flags:
        "-p -u --patch --numstat --shortstat --name-only --name-status --summary --raw --include-untracked --only-untracked --no-color -w",
      mayTake: { "--color": "text", "--stat": "text", "-U": "text" },
      operands: { rest: "text", max: 1 },
    },
    push: {
      risk: "mutating",
      reason: "puts local changes aside",
      ...stashOptions,
      operands: { rest: "read" },
      dashes: true,
    },
    save: { risk: "mutating", reason: "puts local changes aside", ...stashOptions, operands: { rest: "text" } },
    apply: {
      risk: "mutating",
      reason: "applies a stash",
      flags: "--index -q --quiet",
      operands: { rest: "text" },
      inspect: inTree,
    },
    pop: {
      risk: "mutating",
      reason: "applies a stash and drops it",
      flags: "--index -q --quiet",
      operands: { rest: "text" },
      loses: "the stash entry, once it is applied",
      inspect: inTree,
    },
    branch: { risk: "mutating", reason: "makes a branch of a stash", operands: { rest: "text" } },
    drop: {
      risk: "destructive",
      reason: "deletes a stash",
      flags: "-q --quiet",
      operands: { rest: "text" },
      inspect: ({ operands }) => ({ loses: [`the stash ${operands[0]?.shown ?? "that is last"}`] }),
    },
    clear: { risk: "destructive", reason: "deletes every stash", loses: "every stash" },
    create: { risk: "mutating", reason: "writes a stash commit", operands: { rest: "text" } },
  },
};

export const treeRows: Readonly<Record<string, Row>> = { checkout, switch: switchRow, restore, reset, clean, stash };
