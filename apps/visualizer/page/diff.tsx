/** Lines that go and come, told by sign as well as by colour. */
import { useState } from "preact/hooks";
import type { DiffLine } from "./line-diff.ts";
import { Scroller } from "./scroller.tsx";
import { plainLines } from "./words.ts";

const SIGNS = { same: " ", gone: "−", new: "+", head: "" } as const;
const SHOWN = 60;
const SHOWN_MAX = 5_000;

export function Diff({ lines, label }: { readonly lines: readonly DiffLine[]; readonly label: string }) {
  const [whole, setWhole] = useState(false);
  const shown = lines.slice(0, whole ? SHOWN_MAX : SHOWN);
  return (
    <div class="block">
      <Scroller class="scroll" label={label}>
        <pre class="line-diff">
          {shown.map(({ kind, text }, index) => (
            <span key={index} class={kind}>
              {`${SIGNS[kind]} ${plainLines(text)}\n`}
            </span>
          ))}
        </pre>
      </Scroller>
      {lines.length > SHOWN && (
        <button type="button" class="more" onClick={() => setWhole(!whole)}>
          {whole ? "less" : `more (${lines.length - SHOWN} lines)`}
        </button>
      )}
    </div>
  );
}
