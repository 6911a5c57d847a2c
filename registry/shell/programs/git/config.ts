/**
 * `git config`. Reading is harmless only for settings that hold no credentials; writing can plant a program that a later,
 * harmless-looking git command starts.
 */
import { type Finding, type GivenCall, type Row, unknown } from "../../program.ts";

/** Sections that hold names, switches and addresses. Not here: http, credential, url, sendemail, imap, lfs, remote.*.proxy. */
const plainSections =
  "user author committer core branch init pull push merge diff color alias commit rebase fetch log status tag format gc advice column " +
  "extensions feature gpg i18n index interactive pager receive rerere safe stash submodule transfer versionsort worktree help blame " +
  "apply checkout clean mergetool difftool grep pack am notes maintenance uploadpack protocol showbranch sequence rebase";

const plainSection = new RegExp(`^(?:${plainSections.replaceAll(" ", "|")})(?:\\..*)?\\.[a-z0-9-]+$`, "i");
const plainRemote =
  /^remote\..+\.(?:url|pushurl|fetch|push|mirror|prune|prunetags|tagopt|promisor|partialclonefilter)$/i;
const plainPattern =
  /^\^?(?:user|branch|alias|submodule|core|color|init|remote|pull|push|merge|diff)(?:\\?\.[A-Za-z0-9_.*\\-]*)?\$?$/;

/** Written without power: none names a program, a path or an address. */
const tameKey =
  /^(?:user\.(?:name|email)|init\.defaultbranch|pull\.(?:rebase|ff)|push\.(?:default|autosetupremote|followtags)|core\.(?:autocrlf|eol|filemode|ignorecase|quotepath|abbrev|safecrlf)|branch\..+\.(?:remote|merge|rebase|description)|merge\.(?:conflictstyle|ff)|rebase\.(?:autosquash|autostash|updaterefs)|rerere\.(?:enabled|autoupdate)|fetch\.(?:prune|prunetags)|diff\.(?:colormoved|renames|algorithm|noprefix|mnemonicprefix)|(?:advice|color)\..+|status\.[a-z]+|log\.date|commit\.verbose|tag\.sort|branch\.sort|column\.ui)$/i;

const reading = "--get --get-all -l --list --get-regexp --get-urlmatch --get-color --get-colorbool";
const leaks = unknown("the settings may hold a credential", "credentials");

function reads(call: GivenCall, key: string | undefined): Finding | undefined {
  if (call.given("-l --list")) return call.given("--name-only") ? undefined : leaks;
  if (key === undefined) return unknown("it names no setting", "operands");
  if (call.given("--get-regexp")) return plainPattern.test(key) || call.given("--name-only") ? undefined : leaks;
  return plainSection.test(key) || plainRemote.test(key) ? undefined : leaks;
}

function writes(call: GivenCall, key: string | undefined): Finding {
  const what = key ?? "a setting";
  const isHere = !call.given("--global --system -f --worktree");
  if (isHere && key !== undefined && tameKey.test(key)) {
    return { risk: "mutating", reason: `git config sets ${what}`, rule: "write" };
  }
  return {
    risk: "destructive",
    rule: "write",
    reason: `git config writes ${what}, and a setting can name a program that git starts later`,
    loses: [`what ${what} says now`],
  };
}

function inspect(call: GivenCall): Finding | undefined {
  const [verb, ...rest] = call.operands.map(({ literal }) => literal ?? "");
  // `git config get key` and its kin came with 2.46; older versions refuse them for lack of a dot in the name.
  if (!call.given(`${reading} ${changing}`)) {
    if (verb === "get") return reads(call, rest[0]);
    if (verb === "list") return call.given("--name-only") ? undefined : leaks;
    if (verb === "set" || verb === "unset") return writes(call, rest[0]);
    if (verb === "edit" || verb === "rename-section" || verb === "remove-section") return writes(call, undefined);
  }
  if (call.given(changing)) return writes(call, verb);
  if (call.given(reading)) return reads(call, verb);
  return call.operands.length === 1 ? reads(call, verb) : writes(call, verb);
}

const changing = "--add --unset --unset-all --replace-all --rename-section --remove-section";

export const configRow: Row = {
  risk: "read-only",
  reason: "shows a setting",
  flags:
    `${reading} ${changing} --global --system --local --worktree --show-origin --show-scope --name-only -z --null --bool --int --bool-or-int --path ` +
    "--includes --no-includes --fixed-value --all --regexp --append",
  takes: { "--type": "text", "-f --file": "write", "--default": "text", "--comment": "text" },
  operands: { rest: "literal" },
  inspect,
};
