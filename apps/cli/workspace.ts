/** The folder a run works on: there, a folder, readable, not empty; anything else is said before a run is made of it. */
import { accessSync, constants, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { SwarmError } from "../../infra/errors.ts";

/** Absolute and link-free. Throws SwarmError `workspace.*`, exit 2. */
export function workspaceAt(given: string): string {
  const path = resolve(given);
  const refuse = (code: string, why: string, hint: string): never => {
    throw new SwarmError(`workspace.${code}`, `"${given}" ${why}`, { exit: 2, hint });
  };
  try {
    lstatSync(path);
  } catch {
    refuse("not_found", "does not exist", "Give the path of a folder.");
  }
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    return refuse("bad_link", "is a link that leads nowhere, or in a circle", "Give the path of the folder itself.");
  }
  if (!statSync(real).isDirectory())
    refuse("not_a_folder", "is not a folder", "Give the folder that holds the code, not a file in it.");
  try {
    accessSync(real, constants.R_OK | constants.X_OK);
  } catch {
    refuse("unreadable", "cannot be read", "Give this user the right to read it, or run as somebody who has it.");
  }
  if (readdirSync(real).length === 0) refuse("empty", "is an empty folder", "Give a folder with source code in it.");
  return real;
}

/** Of a folder that nothing is run in: an empty one will do. Link-free. Throws SwarmError `workspace.not_found`, exit 2. */
export function folderAt(given: string): string {
  try {
    return realpathSync(given);
  } catch (cause) {
    throw new SwarmError("workspace.not_found", `"${given}" does not exist`, {
      exit: 2,
      cause,
      hint: "Give the path of a folder.",
    });
  }
}
