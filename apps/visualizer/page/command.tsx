/** A command to be typed elsewhere, and a way to take it along. What is copied is what stands there, to the letter. */
import { useState } from "preact/hooks";
import { plain } from "./words.ts";

export function Command({ text }: { readonly text: string }) {
  const [did, setDid] = useState("");
  const shown = plain(text);
  const copy = (): void => {
    // A page that was not opened over a loopback address has no clipboard.
    const copied = navigator.clipboard?.writeText(shown) ?? Promise.reject(new Error("no clipboard"));
    copied.then(
      () => setDid("copied"),
      () => setDid("select it, and copy it by hand"),
    );
  };
  return (
    <div class="command-line">
      <code class="command">{shown}</code>
      <button type="button" aria-label={`Copy: ${shown}`} onClick={copy}>
        copy
      </button>
      <span class="quiet" role="status">
        {did}
      </span>
    </div>
  );
}
