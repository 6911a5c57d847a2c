/** Rows of git that record work: stage, commit, merge, pick, apply, rebase. What would be lost is named. */
import { type Finding, type Row, unknown } from "../../program.ts";
import { both, type Inspect, onlyWith, unless } from "../findings.ts";

const inTree: Inspect = () => ({ paths: [{ path: ".", access: "write" }] });
const editor = unknown("it opens an editor", "editor");
const hooks = {
  risk: "destructive",
  reason: "skips the checks of hooks",
  loses: "the checks that hooks make",
} as const;

const commit: Row = {
  risk: "mutating",
  reason: "records a commit",
  flags:
    "-a --all -q --quiet -v --verbose -s --signoff --no-signoff --allow-empty --allow-empty-message --no-edit --amend -n --no-verify --dry-run --short --porcelain --long --branch --status --no-status " +
    "--no-gpg-sign --reset-author -o --only -i --include --no-post-rewrite -z --null",
  takes: {
    "-m --message": "text",
    "-F --file": "read",
    "--author": "text",
    "--date": "text",
    "--cleanup": "text",
    "--trailer": "text",
    "-C --reuse-message": "text",
    "--fixup": "text",
  },
  mayTake: { "-u --untracked-files": "text" },
  raises: {
    "--amend": { risk: "destructive", reason: "rewrites the last commit", loses: "the last commit as it is now" },
    "-n": hooks,
    "--no-verify": hooks,
  },
  operands: { rest: "read" },
  dashes: true,
  inspect: both(unless("-m -F -C --fixup --no-edit --dry-run", editor), (call) =>
    call.values("--fixup").some(({ shown }) => shown.includes(":")) ? editor : undefined,
  ),
};

const merging = {
  flags:
    "--commit --no-commit --no-edit --ff --no-ff --ff-only --stat -q --quiet -v --verbose --squash --no-squash --abort --continue --quit --no-verify --signoff --autostash --no-autostash --allow-unrelated-histories --no-stat --progress -n --no-gpg-sign --log --no-log",
  takes: {
    "-m": "text",
    "-X --strategy-option": "text",
    // Any other name starts the program git-merge-<name>.
    "-s --strategy": ["ort", "recursive", "resolve", "octopus", "ours", "subtree"],
    "-F --file": "read",
  },
  raises: {
    "--no-verify": hooks,
    "--abort": { risk: "destructive", reason: "gives the merge up", loses: "what was resolved so far" },
  },
} as const satisfies Partial<Row>;

const picking = {
  flags:
    "-n --no-commit --no-edit -x -s --signoff --ff --allow-empty --allow-empty-message --keep-redundant-commits --abort --continue --skip --quit --no-gpg-sign",
  takes: {
    "-m --mainline": "text",
    "-X --strategy-option": "text",
    "--strategy": ["ort", "recursive", "resolve", "ours", "subtree"],
  },
  raises: {
    "--abort": { risk: "destructive", reason: "gives it up", loses: "what was resolved so far" },
  },
  operands: { rest: "text" },
  inspect: inTree,
} as const satisfies Partial<Row>;

const applied: Finding = {
  risk: "mutating",
  reason: "git apply changes files",
  rule: "write",
  paths: [{ path: ".", access: "write" }],
};

const apply: Row = {
  risk: "read-only",
  reason: "checks a patch",
  flags:
    "--check --stat --numstat --summary -v --verbose -q --quiet -R --reverse --index --cached -3 --3way --reject --allow-empty --ignore-whitespace --ignore-space-change --recount --apply --no-add -z --inaccurate-eof",
  takes: {
    "-p": "text",
    "-C": "text",
    "--include": "text",
    "--exclude": "text",
    "--whitespace": "text",
    "--directory": "text",
  },
  operands: { rest: "read" },
  dashes: true,
  inspect: (call) =>
    call.given("--check --stat --numstat --summary") && !call.given("--apply --reject -3 --3way") ? undefined : applied,
};

const rm: Row = {
  risk: "mutating",
  reason: "removes tracked files",
  flags: "-n --dry-run -q --quiet --cached -r -f --force --ignore-unmatch --sparse",
  raises: {
    "-f": { risk: "destructive", reason: "removes changed files too", loses: "uncommitted changes in {operands}" },
    "--force": { risk: "destructive", reason: "removes changed files too", loses: "uncommitted changes in {operands}" },
  },
  operands: { rest: "write" },
  dashes: true,
};

export const workRows: Readonly<Record<string, Row>> = {
  add: {
    risk: "mutating",
    reason: "stages changes",
    flags:
      "-A --all --no-all -u --update -v --verbose -n --dry-run -N --intent-to-add -f --force --ignore-errors --ignore-missing --refresh --renormalize --sparse --ignore-removal",
    takes: { "--chmod": ["+x", "-x"], "--pathspec-from-file": "read" },
    operands: { rest: "read" },
    dashes: true,
  },
  stage: {
    risk: "mutating",
    reason: "stages changes",
    flags: "-A --all -u --update -v --verbose",
    operands: { rest: "read" },
    dashes: true,
  },
  commit,
  rm,
  mv: {
    risk: "mutating",
    reason: "moves tracked files",
    flags: "-v --verbose -n --dry-run -k --sparse -f --force",
    raises: {
      "-f": { risk: "destructive", reason: "overwrites what is there", loses: "{last}, where it exists" },
      "--force": { risk: "destructive", reason: "overwrites what is there", loses: "{last}, where it exists" },
    },
    operands: { rest: "write" },
    dashes: true,
  },
  merge: { risk: "mutating", reason: "merges another branch", ...merging, operands: { rest: "text" }, inspect: inTree },
  "cherry-pick": { risk: "mutating", reason: "applies commits again", ...picking },
  revert: {
    risk: "mutating",
    reason: "undoes commits by new ones",
    ...picking,
    inspect: both(inTree, unless("--no-edit -n --no-commit --abort --quit --skip", editor)),
  },
  apply,
  am: {
    risk: "mutating",
    reason: "applies mails and commits them",
    flags:
      "-3 --3way -q --quiet -s --signoff -k --keep --abort --continue --skip --quit --no-verify -n --ignore-whitespace",
    raises: {
      "--no-verify": hooks,
      "-n": hooks,
      "--abort": { risk: "destructive", reason: "gives it up", loses: "what was applied so far" },
    },
    operands: { rest: "read" },
    inspect: inTree,
  },
  rebase: {
    risk: "destructive",
    reason: "rewrites commits",
    flags:
      "--abort --continue --skip --quit --autostash --no-autostash -q --quiet -v --verbose --autosquash --no-autosquash --root --keep-base --fork-point --no-fork-point -r --rebase-merges --update-refs --signoff --no-ff --force-rebase -f --stat -n --no-stat",
    takes: { "--onto": "text", "-X --strategy-option": "text" },
    operands: { rest: "text" },
    loses: "the commits of this branch as they are now",
  },
  "sparse-checkout": {
    risk: "read-only",
    reason: "names no command",
    subcommands: {
      list: { risk: "read-only", reason: "lists what is checked out" },
      set: {
        risk: "mutating",
        reason: "changes what is checked out",
        flags: "--cone --no-cone",
        operands: { rest: "text" },
      },
      add: { risk: "mutating", reason: "changes what is checked out", operands: { rest: "text" } },
      init: { risk: "mutating", reason: "changes what is checked out", flags: "--cone --no-cone" },
      reapply: { risk: "mutating", reason: "changes what is checked out", flags: "--cone --no-cone" },
      disable: { risk: "mutating", reason: "checks everything out" },
    },
  },
  bisect: {
    risk: "read-only",
    reason: "names no command",
    subcommands: {
      log: { risk: "read-only", reason: "shows what was tried" },
      terms: {
        risk: "read-only",
        reason: "shows the words in use",
        flags: "--term-good --term-bad --term-old --term-new",
        inspect: onlyWith("--term-good --term-bad --term-old --term-new", { risk: "mutating" }),
      },
      start: {
        risk: "mutating",
        reason: "begins a search by halves",
        flags: "--no-checkout --first-parent",
        operands: { rest: "text" },
      },
      good: { risk: "mutating", reason: "marks a commit and checks out another", operands: { rest: "text" } },
      bad: { risk: "mutating", reason: "marks a commit and checks out another", operands: { rest: "text" } },
      old: { risk: "mutating", reason: "marks a commit and checks out another", operands: { rest: "text" } },
      new: { risk: "mutating", reason: "marks a commit and checks out another", operands: { rest: "text" } },
      skip: { risk: "mutating", reason: "checks out another commit", operands: { rest: "text" } },
      reset: { risk: "mutating", reason: "ends the search", operands: { rest: "text" } },
    },
  },
};
