/** Rows of git about names of commits. Branches and tags are listed when asked plainly, and written otherwise. */
import { type Finding, type Row, unknown } from "../../program.ts";
import { both, type Inspect } from "../findings.ts";
import { formatsPlainly } from "./revision.ts";

/** What makes `git branch x` and `git tag x` a listing, whatever operands follow. */
const branchListing = "-l --list --contains --no-contains --merged --no-merged --points-at";
const tagListing = `${branchListing} -n`;

const filters = {
  "--contains": "text",
  "--no-contains": "text",
  "--merged": "text",
  "--no-merged": "text",
  "--color": "text",
  "--column": "text",
  "--abbrev": "text",
} as const;

/**
 * Some filters take the next word and others do not, by version; `--` could be taken for such a value, and what stands
 * behind it for options.
 */
function listing(names: string, otherwise: Finding): Inspect {
  return (call) => {
    if (call.beforeDashes !== null) return unknown("-- could be read as the value of an option", "uncertain");
    return call.operands.length === 0 || call.given(names) ? undefined : otherwise;
  };
}

const branch: Row = {
  risk: "read-only",
  reason: "lists branches",
  flags:
    "-v --verbose -q --quiet --no-color -r --remotes -a --all -l --list --show-current --no-column --no-abbrev -i --ignore-case " +
    "-t --track --no-track --create-reflog -f --force -d --delete -D -m --move -M -c --copy -C --unset-upstream",
  takes: { "--sort": "text", "--format": "literal", "--points-at": "text", "-u --set-upstream-to": "text" },
  mayTake: filters,
  raises: {
    "-D": {
      risk: "destructive",
      reason: "deletes branches that may not be merged",
      loses: "commits that only {operands} holds",
    },
    "-d": { risk: "mutating", reason: "deletes merged branches", loses: "the branch names {operands}" },
    "--delete": { risk: "mutating", reason: "deletes merged branches", loses: "the branch names {operands}" },
    "-f": { risk: "destructive", reason: "moves or deletes a branch by force", loses: "where {first} points now" },
    "--force": { risk: "destructive", reason: "moves or deletes a branch by force", loses: "where {first} points now" },
    "-m": { risk: "mutating", reason: "renames a branch" },
    "--move": { risk: "mutating", reason: "renames a branch" },
    "-M": {
      risk: "destructive",
      reason: "renames a branch over another",
      loses: "the branch {last}, where there is one",
    },
    "-c": { risk: "mutating", reason: "copies a branch" },
    "--copy": { risk: "mutating", reason: "copies a branch" },
    "-C": {
      risk: "destructive",
      reason: "copies a branch over another",
      loses: "the branch {last}, where there is one",
    },
    "-u": { risk: "mutating", reason: "changes which branch it follows" },
    "--unset-upstream": { risk: "mutating", reason: "changes which branch it follows" },
  },
  operands: { rest: "text" },
  inspect: both(
    formatsPlainly,
    listing(branchListing, { risk: "mutating", reason: "git branch creates a branch", rule: "create" }),
  ),
};

const tag: Row = {
  risk: "read-only",
  reason: "lists tags",
  flags:
    "-l --list -i --ignore-case --no-column -d --delete -f --force -a --annotate --no-sign --create-reflog --no-color",
  takes: { "--sort": "text", "--format": "literal", "-m --message": "text", "-F --file": "read", "--cleanup": "text" },
  mayTake: { ...filters, "--points-at": "text", "-n": "text" },
  raises: {
    "-d": { risk: "destructive", reason: "deletes tags", loses: "the tags {operands}" },
    "--delete": { risk: "destructive", reason: "deletes tags", loses: "the tags {operands}" },
    "-f": { risk: "destructive", reason: "moves a tag", loses: "where {first} points now" },
    "--force": { risk: "destructive", reason: "moves a tag", loses: "where {first} points now" },
    "-a": { risk: "mutating", reason: "creates a tag" },
    "--annotate": { risk: "mutating", reason: "creates a tag" },
    "-m": { risk: "mutating", reason: "creates a tag" },
    "-F": { risk: "mutating", reason: "creates a tag" },
  },
  operands: { rest: "text" },
  inspect: both(
    formatsPlainly,
    listing(tagListing, { risk: "mutating", reason: "git tag creates a tag", rule: "create" }),
  ),
};

const forEachRef: Row = {
  risk: "read-only",
  reason: "lists references",
  flags: "-s --shell -p --perl --python --tcl --ignore-case --no-color --omit-empty",
  takes: { "--count": "text", "--format": "literal", "--sort": "text", "--points-at": "text", "--exclude": "text" },
  mayTake: filters,
  operands: { rest: "text" },
  inspect: formatsPlainly,
};

const symbolicRef: Row = {
  risk: "read-only",
  reason: "shows what a symbolic reference names",
  flags: "-q --quiet --short --recurse --no-recurse -d --delete",
  takes: { "-m": "text" },
  raises: {
    "-d": { risk: "destructive", reason: "deletes a reference", loses: "the reference {operands}" },
    "--delete": { risk: "destructive", reason: "deletes a reference", loses: "the reference {operands}" },
  },
  operands: { rest: "text" },
  inspect: ({ operands }) =>
    operands.length > 1
      ? {
          risk: "destructive",
          reason: "git symbolic-ref moves a reference",
          loses: [`where ${operands[0]?.shown ?? "it"} points now`],
        }
      : undefined,
};

const describe: Row = {
  risk: "read-only",
  reason: "names a commit by its nearest tag",
  flags: "--contains --debug --all --tags --long --first-parent --exact-match --always --no-abbrev",
  takes: { "--candidates": "text", "--match": "text", "--exclude": "text" },
  mayTake: { "--abbrev": "text", "--dirty": "text", "--broken": "text" },
  operands: { rest: "text" },
};

const revParse: Row = {
  risk: "read-only",
  reason: "resolves names",
  flags:
    "--verify -q --quiet --symbolic --symbolic-full-name --all --revs-only --no-revs --flags --no-flags --not --local-env-vars --git-dir --absolute-git-dir --git-common-dir " +
    "--is-inside-git-dir --is-inside-work-tree --is-bare-repository --is-shallow-repository --show-cdup --show-prefix --show-toplevel " +
    "--show-superproject-working-tree --shared-index-path --sq --keep-dashdash --show-ref-format",
  takes: { "--git-path": "text", "--default": "text" },
  mayTake: {
    "--short": "text",
    "--abbrev-ref": "text",
    "--path-format": "text",
    "--branches": "text",
    "--tags": "text",
    "--remotes": "text",
    "--glob": "text",
    "--show-object-format": "text",
    "--disambiguate": "text",
  },
  operands: { rest: "text" },
};

export const refRows: Readonly<Record<string, Row>> = {
  branch,
  tag,
  "for-each-ref": forEachRef,
  "show-ref": {
    risk: "read-only",
    reason: "lists references",
    flags: "--tags --heads --branches --verify --head -d --dereference -q --quiet --exists",
    mayTake: { "-s --hash": "text", "--abbrev": "text" },
    operands: { rest: "text" },
  },
  "symbolic-ref": symbolicRef,
  describe,
  "rev-parse": revParse,
  "merge-base": {
    risk: "read-only",
    reason: "finds common ancestors",
    flags: "-a --all --octopus --independent --is-ancestor --fork-point",
    operands: { rest: "text" },
  },
  "name-rev": {
    risk: "read-only",
    reason: "names commits",
    flags: "--name-only --tags --all --undefined --always --no-undefined",
    takes: { "--refs": "text", "--exclude": "text" },
    operands: { rest: "text" },
  },
  "show-branch": {
    risk: "read-only",
    reason: "shows branches and their commits",
    flags:
      "-a --all -r --remotes --current --topo-order --date-order --sparse --no-name --sha1-name --topics --independent --list --merge-base --no-color",
    mayTake: { "--more": "text", "--color": "text" },
    operands: { rest: "text" },
  },
  "update-ref": {
    risk: "destructive",
    reason: "moves or deletes a reference",
    flags: "-d --no-deref --create-reflog",
    takes: { "-m": "text" },
    operands: { rest: "text" },
    loses: "where {first} points now",
  },
};
