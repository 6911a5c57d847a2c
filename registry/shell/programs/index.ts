/** All programs that are known, by name. A file of tables counts when it is named here. */
import type { Program } from "../program.ts";
import { archive } from "./archive.ts";
import { awk } from "./awk.ts";
import { binaries } from "./binaries.ts";
import { change } from "./change.ts";
import { danger } from "./danger.ts";
import { developer } from "./developer.ts";
import { everyday, wrappers } from "./everyday.ts";
import { files } from "./files.ts";
import { find } from "./find.ts";
import { data } from "./jq.ts";
import { sed } from "./sed.ts";
import { system } from "./system.ts";
import { text } from "./text.ts";

const all: readonly (readonly Program[])[] = [
  text,
  files,
  find,
  sed,
  awk,
  data,
  everyday,
  wrappers,
  change,
  archive,
  binaries,
  system,
  danger,
  developer,
];

const named = all.flat().flatMap((program) => program.names.split(" ").map((name) => [name, program] as const));
const byName = new Map(named);

export function programOf(name: string): Program | undefined {
  return byName.get(name);
}

/** Each name once. */
export function programNames(): readonly string[] {
  return [...byName.keys()];
}

/** Names that two tables claim: of them one would hide the other. */
export function programsTwice(): readonly string[] {
  return named.filter(([name, program]) => byName.get(name) !== program).map(([name]) => name);
}
