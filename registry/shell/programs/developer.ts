/** Tables of git and of the tools that developers use, by family. */
import type { Program } from "../program.ts";
import { agents } from "./agents.ts";
import { clouds } from "./clouds.ts";
import { containers } from "./containers.ts";
import { git } from "./git/git.ts";
import { javascript } from "./javascript.ts";
import { javascriptTools } from "./javascript-tools.ts";
import { languages } from "./languages.ts";
import { machine } from "./machine.ts";
import { network } from "./network.ts";
import { python } from "./python.ts";
import { services } from "./services.ts";

export const developer: readonly Program[] = [
  git,
  javascript,
  javascriptTools,
  python,
  languages,
  containers,
  clouds,
  network,
  services,
  machine,
  agents,
].flat();
