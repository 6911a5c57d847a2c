/** The one place where a command of an agent becomes an argument vector; a sandbox would be wrapped around it here. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface CommandLine {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The text goes to bash (sh where there is none) as one argument and is never put together with other text. Where
 * util-linux is there, the kernel kills the shell when its recorder dies.
 */
export function commandLine(command: string, cwd: string, env: Readonly<Record<string, string>>): CommandLine {
  const path = env.PATH ?? "";
  const setpriv = process.platform === "linux" ? found("setpriv", path) : undefined;
  const shell = found("bash", path) ?? "/bin/sh";
  const dying = setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
  return { argv: [...dying, shell, "-c", command], cwd, env };
}

function found(name: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    if (!folder.startsWith("/")) continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {} // not in this folder
  }
  return undefined;
}
