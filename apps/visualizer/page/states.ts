/** What a state means to somebody who looks: at work, waiting, asking, ended. Decides colours, never what happens. */

/** In the order of the legend; the numbers are stored per segment of the timeline. */
export const MOODS = [
  "unborn",
  "working",
  "calling",
  "tool",
  "waiting",
  "asking",
  "backing",
  "paused",
  "good",
  "bad",
] as const;
export type Mood = (typeof MOODS)[number];

export const MOOD_WORDS: Readonly<Record<Mood, string>> = {
  unborn: "not begun",
  working: "deciding",
  calling: "asks the model",
  tool: "runs tools",
  waiting: "waits for others",
  asking: "waits for a person",
  backing: "backs off",
  paused: "paused",
  good: "completed",
  bad: "ended without",
};

const BY_NAME: Readonly<Record<string, Mood>> = {
  "": "unborn",
  awaitingApproval: "asking",
  awaitingAnswer: "asking",
  backingOff: "backing",
  calling: "calling",
  thinking: "calling",
  compacting: "calling",
  executing: "tool",
  collecting: "tool",
  merging: "tool",
  waiting: "waiting",
  watching: "waiting",
  resting: "waiting",
  supervising: "waiting",
  paused: "paused",
  completed: "good",
  rejected: "bad",
  failed: "bad",
  exhausted: "bad",
  cancelled: "bad",
  stranded: "paused",
};

/** `path`: as the events tell it, `thinking.calling`, regions joined by `+`. The innermost known name decides. */
export function moodOf(path: string): Mood {
  for (const name of path.split(/[.+]/).reverse()) {
    const mood = BY_NAME[name];
    if (mood !== undefined) return mood;
  }
  return "working";
}

export const isOver = (mood: Mood): boolean => mood === "good" || mood === "bad";

/** Event types after which a run tells nothing more of itself. Not imported from the machines: that would bring all of zod. */
export const RUN_ENDINGS: ReadonlySet<string> = new Set([
  "run.completed",
  "run.failed",
  "run.exhausted",
  "run.cancelled",
]);
