/** What a confined plugin server has to see of the file system beside its workspace: the folder that its program came in. */
import { dirname } from "node:path";

/** The outermost `node_modules` that holds it, or its own folder: never a whole home, never the root. */
export function readableFor(file: string): string[] {
  const modules = /^(.*?\/node_modules)\//.exec(file)?.[1];
  if (modules !== undefined) return [modules];
  const venv = /^(.*?\/(?:\.venv|venv))\//.exec(file)?.[1];
  if (venv !== undefined) return [venv];
  const folder = dirname(file);
  return folder.split("/").length > 2 && !/^\/(home|Users)\/[^/]+$/.test(folder) ? [folder] : [file];
}
