/** Chooses how progress is shown: redrawn in place on a terminal, line by line elsewhere. */
import { openLive } from "./live.ts";
import { openPlain } from "./plain.ts";
import type { Progress, ProgressOptions } from "./progress.ts";

export const openProgress = (options: ProgressOptions): Progress =>
  options.tty ? openLive(options) : openPlain(options);
