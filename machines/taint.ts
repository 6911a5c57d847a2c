/**
 * Marks of what an agent has read that was not its person's to say: where it came from, as the runtime saw it and never by
 * a model's word. They are only ever added; whoever builds on a marked result has its marks.
 */
import { z } from "zod";

/**
 * `web`: a page that was fetched. `plugin`: what a plugin's tool answered. `network`: a command that could reach out.
 * `dependency`: files that came with somebody else's package. `repository`: files of a workspace that its operator does
 * not vouch for. `secret`: no stranger's words, but what must not get out.
 */
const TAINT_SOURCES = ["web", "plugin", "network", "dependency", "repository", "secret"] as const;

/** Longest label that is kept, in UTF-16 units. */
export const LABEL_CHARS_MAX = 200;

export const taintMarkSchema = z.object({
  source: z.enum(TAINT_SOURCES),
  /** Address without its query, tool, command or path: shown to people. */
  label: z.string().max(LABEL_CHARS_MAX),
  /** Model answers that the agent had given when it read this; absent where it was handed down. */
  turn: z.int().min(0).optional(),
  /** Who read it, where that was somebody else: a result's id or an actor's. */
  via: z.string().max(LABEL_CHARS_MAX).optional(),
});

export type TaintMark = z.infer<typeof taintMarkSchema>;

/** Marks that are kept of strangers' words, and as many again of secrets: one of a kind decides as a hundred do. */
export const MARKS_MAX = 10;

export const taintSchema = z.array(taintMarkSchema).max(2 * MARKS_MAX);

export const isSecret = ({ source }: TaintMark): boolean => source === "secret";

/** Each once, the first of its kind; cut so that neither kind can push the other out. Pure. */
export function taintOf(marks: readonly TaintMark[]): readonly TaintMark[] {
  const once = new Map<string, TaintMark>();
  for (const mark of marks) {
    const key = `${mark.source} ${mark.label}`;
    if (!once.has(key)) once.set(key, mark);
  }
  const all = [...once.values()];
  const strangers = all.filter((mark) => !isSecret(mark)).slice(0, MARKS_MAX);
  return [...strangers, ...all.filter(isSecret).slice(0, MARKS_MAX)];
}

/** The marks of another's words, as whoever builds on them has them. */
export const handedDown = (marks: readonly TaintMark[], via: string): readonly TaintMark[] =>
  marks.map(({ source, label, via: first }) => ({ source, label, via: first ?? via.slice(0, LABEL_CHARS_MAX) }));

/** For whoever writes them where there are any, and nothing where there are none. */
export const withTaint = (marks: readonly TaintMark[]): { taint?: TaintMark[] } =>
  marks.length === 0 ? {} : { taint: [...marks] };
