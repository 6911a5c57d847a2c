/**
 * Where log lines of a command go: to stderr, or, while a picture is drawn there, to whoever draws it. A line that went
 * past the picture would be drawn over, and push it out of its place.
 */
import { pino } from "pino";

export interface LogVoice {
  /** For the log. */
  write(line: string): void;
  /** Null: to stderr again. */
  through(show: ((line: string) => void) | null): void;
}

export function openLogVoice(): LogVoice {
  const stderr = pino.destination({ dest: 2, sync: true });
  let shown: ((line: string) => void) | null = null;
  return {
    write(line) {
      if (shown === null) stderr.write(line);
      else shown(line.trimEnd());
    },
    through(show) {
      shown = show;
    },
  };
}
