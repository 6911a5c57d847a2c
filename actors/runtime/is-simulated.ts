/** Whether a run's model is played by a server of this project, told without reading the run's whole log. */
import type { Reader } from "../../infra/redis/reader.ts";
import { LOCAL_BINDING } from "./bindings.ts";

/**
 * By its binding, else by what its first answer says. False where none has come yet among the first entries of its log
 * (one batch is read), and of a run that lies in an archive: nothing says so there.
 */
export async function isSimulated(
  reader: Pick<Reader, "log">,
  run: string,
  { binding, stub }: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  if (binding === LOCAL_BINDING) return true;
  if (stub !== undefined) return false;
  return (await reader.log(run, 0)).some(({ body }) => ANSWERED.test(body) && SIMULATED.test(body));
}

/** As the log has them; what a goal or a tool says stands in it with its quotes escaped. */
const ANSWERED = /"type":"model\.answered"/;
const SIMULATED = /"simulated":true/;
