/** Tabs by the usual keys: arrows move, the content of the chosen one alone is in the document. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useId, useRef } from "preact/hooks";

export interface Tab {
  readonly name: string;
  readonly show: () => VNode;
}

export function Tabs({
  name,
  tabs,
  class: look,
}: {
  readonly name: string;
  readonly tabs: readonly Tab[];
  readonly class: string;
}) {
  const at = useSignal(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const go = (to: number): void => {
    at.value = (to + tabs.length) % tabs.length;
    list.current?.querySelectorAll<HTMLButtonElement>("button")[at.value]?.focus();
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowRight: () => go(at.value + 1),
    ArrowLeft: () => go(at.value - 1),
    Home: () => go(0),
    End: () => go(tabs.length - 1),
  };
  return (
    <div class={`tabbed ${look}`}>
      <div
        class="tabs"
        role="tablist"
        aria-label={name}
        ref={list}
        onKeyDown={(event) => {
          const act = keys[event.key];
          if (act === undefined) return;
          event.preventDefault();
          act();
        }}
      >
        {tabs.map((tab, index) => (
          <button
            key={tab.name}
            type="button"
            role="tab"
            id={`${id}-tab-${index}`}
            aria-selected={index === at.value}
            aria-controls={`${id}-panel`}
            tabIndex={index === at.value ? 0 : -1}
            onClick={() => {
              at.value = index;
            }}
          >
            {tab.name}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <div class="tab-panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-tab-${at.value}`} tabIndex={0}>
        {tabs[at.value]?.show()}
      </div>
    </div>
  );
}
