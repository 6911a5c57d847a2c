/** `swarm up --detach`: the same command in a session of its own, which says once how it went and then goes on alone. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type ExitCode, SwarmError } from "../../../infra/errors.ts";

const wordSchema = z.union([
  z.object({ up: z.object({ v: z.literal(1), url: z.string() }).loose() }),
  z.object({
    error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable(), exit: z.int() }),
  }),
]);

export interface UpWord {
  readonly v: 1;
  readonly url: string;
}

/** What the detached process says once it serves. Throws the SwarmError that it ended with. */
export async function detached(args: readonly string[], dataDir: string): Promise<UpWord> {
  const path = join(dataDir, "up.log");
  const log = openSync(path, "a", 0o600);
  const entry = process.argv[1] as string;
  const child = spawn(process.execPath, [...process.execArgv, entry, "up", ...args], {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const word = await new Promise<z.infer<typeof wordSchema>>((resolve, reject) => {
    const mute = (): void =>
      reject(new SwarmError("up.died", "the server ended before it served", { hint: `Its words are in ${path}.` }));
    child.once("error", reject);
    child.once("exit", mute);
    child.once("message", (message) => {
      child.off("exit", mute);
      const said = wordSchema.safeParse(message);
      if (said.success) resolve(said.data);
      else mute();
    });
  });
  if (child.connected) child.disconnect();
  child.unref();
  if ("up" in word) return word.up as UpWord;
  const { code, message, hint, exit } = word.error;
  throw new SwarmError(code, message, { hint: hint ?? undefined, exit: exit as ExitCode });
}

/** Where this process was detached: tells whoever waits. False: it was not. */
export function tellStarter(word: object): boolean {
  if (process.send === undefined || !process.connected) return false;
  process.send(word);
  process.disconnect();
  return true;
}

export const failure = ({ code, message, hint, exit }: SwarmError): object => ({
  error: { code, message, hint: hint ?? null, exit },
});
