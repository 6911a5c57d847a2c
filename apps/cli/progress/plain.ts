/** Progress without a terminal: a line for each thing worth knowing, and nothing that a log file could not hold. */
import { newsOf } from "./news.ts";
import type { Progress, ProgressOptions } from "./progress.ts";
import { emptyTree, grown } from "./tree.ts";

export function openPlain({ stream }: Pick<ProgressOptions, "stream">): Progress {
  let tree = emptyTree;
  let ended = false;
  const say = (line: string): void => {
    if (!ended && stream.writable) stream.write(`${line}\n`);
  };
  return {
    event: (event) => {
      const next = grown(tree, event);
      if (next === tree) return;
      tree = next;
      const news = newsOf(event, tree);
      if (news !== null) say(news);
    },
    know() {},
    note: say,
    hold() {},
    goOn() {},
    end: () => {
      ended = true;
    },
  };
}
