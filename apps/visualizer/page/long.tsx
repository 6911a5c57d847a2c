/** Text that somebody else wrote: always as text, never as markup, cut with a way to see the rest. */
import { useState } from "preact/hooks";
import { Scroller } from "./scroller.tsx";
import { plain, plainLines } from "./words.ts";

/** Characters that are ever put on the page at once. */
const ALL_MAX = 200_000;

/** In one line; `max` characters until somebody asks for more. */
export function Long({ text, max = 160 }: { readonly text: string; readonly max?: number }) {
  const [whole, setWhole] = useState(false);
  if (text.length <= max) return <span>{plain(text)}</span>;
  return (
    <span>
      {whole ? plain(text.slice(0, ALL_MAX)) : `${plain(text.slice(0, max))}…`}{" "}
      <button type="button" class="more" onClick={() => setWhole(!whole)}>
        {whole ? "less" : "more"}
      </button>
    </span>
  );
}

/** With its lines. */
export function Block({
  text,
  lines = 14,
  label,
}: {
  readonly text: string;
  readonly lines?: number;
  readonly label: string;
}) {
  const [whole, setWhole] = useState(false);
  const all = text.split("\n");
  const cut = all.length > lines || text.length > lines * 200;
  const shown =
    whole || !cut
      ? text.slice(0, ALL_MAX)
      : all
          .slice(0, lines)
          .join("\n")
          .slice(0, lines * 200);
  const left = text.length - shown.length;
  return (
    <div class="block">
      <Scroller class="scroll" label={label}>
        <pre>{plainLines(shown)}</pre>
      </Scroller>
      {cut && (
        <button type="button" class="more" onClick={() => setWhole(!whole)}>
          {whole ? "less" : `more (${left} characters)`}
        </button>
      )}
      {whole && left > 0 && <p class="quiet">{left} characters more are not shown here.</p>}
    </div>
  );
}
