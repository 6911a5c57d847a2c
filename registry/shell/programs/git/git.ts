/**
 * Git, one row a subcommand. Never listed: what lets the line itself name a program, a configuration or another
 * repository (`--exec-path=`, `--git-dir`, `--work-tree`, `--config-env`, `-p`), for a configuration can start
 * anything; and aliases, which are not known here.
 */
import { type Finding, type GivenCall, type Program, type Row, unknown } from "../../program.ts";
import { both } from "../findings.ts";
import { configRow } from "./config.ts";
import { historyRows } from "./history.ts";
import { outwardRows } from "./outward.ts";
import { placeRows } from "./places.ts";
import { plumbingRows } from "./plumbing.ts";
import { refRows } from "./refs.ts";
import { treeRows } from "./tree.ts";
import { workRows } from "./work.ts";

/** Settings that change how output looks, or switch a program off. */
const tameSetting =
  /^(?:color\.[a-z.]+=(?:always|never|auto|true|false)|advice\.[a-z]+=(?:true|false)|core\.quotepath=(?:true|false|off|on)|core\.abbrev=\d+|core\.pager=(?:cat)?|core\.fsmonitor=false|safe\.bareRepository=explicit|diff\.external=|diff\.(?:renames|noprefix|mnemonicprefix)=(?:true|false)|log\.date=[a-z-]+)$/i;

/** As with a `cd`: a folder below is as trusted as this one, any other may hold a configuration that starts something. */
const folder = "--<folder>";

function elsewhere(call: GivenCall): Finding | undefined {
  const folders = call.values(folder).map(({ literal }) => literal ?? "..");
  if (folders.length === 0) return undefined;
  const path = folders.join("/");
  if (folders.length > 1 || !/^[\w.]/.test(path) || path.split("/").includes("..")) {
    return unknown(`it obeys the settings of ${path.slice(0, 80)}`, "folder");
  }
  return { paths: call.operands.map(({ shown }) => ({ path: `${path}/${shown}`, access: "read" })) };
}

/** Its true spelling is `-c`; the name keeps it apart from the `-c` of subcommands, and git itself refuses it. */
const setting = "--<setting>";

function settings(call: GivenCall): Finding | undefined {
  if (call.given("--help") && call.subcommands.length > 0) return unknown("it opens the manual", "manual");
  const wild = call.values(setting).find(({ literal }) => literal === null || !tameSetting.test(literal));
  return wild === undefined
    ? undefined
    : unknown(`the setting ${wild.shown.slice(0, 80)} could start a program`, "setting");
}

/**
 * A clone can hold a bare repository among its ordinary files (HEAD, objects, refs, config); git finds it in whatever
 * folder it runs and starts what its configuration names. Git 2.38 and later refuse it when told to.
 */
const always = ["-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false"];

function guarded(row: Row): Row {
  return {
    ...row,
    always,
    readsFolder: true,
    inspect: row.inspect === undefined ? both(settings, elsewhere) : both(settings, elsewhere, row.inspect),
    ...(row.subcommands && { subcommands: guardedAll(row.subcommands) }),
  };
}

function guardedAll(rows: Readonly<Record<string, Row>>): Readonly<Record<string, Row>> {
  return Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, guarded(row)]));
}

export const git: readonly Program[] = [
  {
    names: "git",
    risk: "read-only",
    reason: "shows how it is used",
    flags:
      "-v --version --help --html-path --man-path --info-path --exec-path -P --no-pager --no-optional-locks --no-replace-objects --no-lazy-fetch --no-advice " +
      "--literal-pathspecs --glob-pathspecs --noglob-pathspecs --icase-pathspecs",
    takes: { [`${setting} -c`]: "literal", [`${folder} -C`]: "read" },
    inspect: settings,
    subcommands: guardedAll({
      ...historyRows,
      ...refRows,
      ...placeRows,
      ...treeRows,
      ...workRows,
      ...outwardRows,
      ...plumbingRows,
      config: configRow,
    }),
  },
];
