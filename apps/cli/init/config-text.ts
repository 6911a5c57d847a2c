/** The configuration file that `swarm init` writes: nothing is set, and every setting stands there to be uncommented. */
import { type DocumentedSetting, settings } from "./settings.ts";

/** Where the operator's own file lies, as it is told to people. */
const OPERATORS_FILE = "~/.config/statehive/swarm.config.mjs";

export function configText(): string {
  const all = Object.entries(settings);
  return [
    "// Settings of statehive (`swarm`) for this folder and what is below it. Nothing is set yet: every line shows a",
    "// setting with its default, or, where it says so, an example. Take the slashes away and change it.",
    "//",
    `// Later wins: defaults, ${OPERATORS_FILE}, this file, the file that SWARM_CONFIG names,`,
    "// environment, flags. `swarm doctor` shows what holds, and where it comes from. Keys have no place in here:",
    "// ANTHROPIC_API_KEY is read from the environment only.",
    "",
    "export default {",
    ...all.filter(([, { operator }]) => !operator).flatMap(lines),
    "  // -- For the operator only ------------------------------------------------------------------------------",
    "  // This file comes with a repository, so the settings below are refused in it. Put them into",
    `  // ${OPERATORS_FILE}, or into the file that SWARM_CONFIG names.`,
    "",
    ...all.filter(([, { operator }]) => operator).flatMap(lines),
  ]
    .concat("};", "")
    .join("\n")
    .replace(/\n\n};/, "\n};");
}

const lines = ([name, { words, value, isDefault }]: readonly [string, DocumentedSetting]): string[] => [
  ...words.map((line) => `  // ${line}`),
  `  // ${name}: ${value},${isDefault ? "" : " // example"}`,
  "",
];
