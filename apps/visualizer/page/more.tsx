/** At the end of a list that is longer than what is shown: how much more there is, and how to see it. */
import type { ComponentChildren } from "preact";

export function More(props: {
  readonly shown: number;
  readonly total: number;
  /** Which of them are shown: `those asked first`. */
  readonly which: string;
  readonly more: () => void;
  /** Null: that was all that can be asked for. */
  readonly next: string | null;
  readonly children?: ComponentChildren;
}) {
  const { shown, total, which, next, more, children } = props;
  if (next === null && shown >= total) return null;
  return (
    <p class="more-of quiet" role="status">
      {shown} of {total}, {which}.{" "}
      {next !== null && (
        <button type="button" onClick={more}>
          show more
        </button>
      )}{" "}
      {children}
    </p>
  );
}
