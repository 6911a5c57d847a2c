/** What scrolls, reachable by keys and known by a name. */
import type { ComponentChildren, RefObject } from "preact";

export function Scroller(props: {
  readonly class: string;
  readonly label: string;
  readonly children: ComponentChildren;
  readonly box?: RefObject<HTMLElement | null>;
  readonly onScroll?: (top: number) => void;
}) {
  const { box, onScroll } = props;
  return (
    <section
      class={props.class}
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: without it nobody could scroll it by keys
      tabIndex={0}
      {...(box === undefined ? {} : { ref: box })}
      onScroll={(event) => onScroll?.(event.currentTarget.scrollTop)}
    >
      {props.children}
    </section>
  );
}
