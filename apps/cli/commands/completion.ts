/** `swarm completion bash|zsh|fish`: the script on stdout, made of the commands as they are now. */
import { SwarmError } from "../../../infra/errors.ts";
import type { CommandRow } from "../command-row.ts";
import { SHELLS, scriptFor } from "../completion/scripts.ts";
import { completed } from "../completion/words.ts";

export async function act(
  [given = ""]: readonly string[],
  _flags: Record<string, unknown>,
  commands: readonly CommandRow[],
): Promise<number> {
  const shell = SHELLS.find((one) => one === given);
  if (shell === undefined) {
    throw new SwarmError("completion.unknown_shell", `there is no completion for "${given}"`, {
      exit: 2,
      hint: `One of ${SHELLS.join(", ")}: source <(swarm completion bash)`,
    });
  }
  process.stdout.write(scriptFor[shell](commands.map(completed)));
  return 0;
}
