/** What a plugin server may send: so many messages, so many bytes, so much that is no message. More ends the connection. */

export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Nesting of one message: whoever walks it does so by recursion. */
const DEPTH_MAX = 200;
const WINDOW_MS = 10_000;
const MESSAGES_MAX = 2_000;
const BYTES_MAX = 64 * 1024 * 1024;
/** Lines that are no messages: some servers write their log where it does not belong. */
const STRANGE_MAX = 100;

export interface Meter {
  /** Each returns why the connection ends, or null. */
  bytes(count: number): string | null;
  message(): string | null;
  strange(what: string): string | null;
}

export function meter(monotonicMs: () => number = () => performance.now()): Meter {
  let sinceMs = monotonicMs();
  let messages = 0;
  let bytes = 0;
  let strange = 0;
  const turn = (): void => {
    if (monotonicMs() - sinceMs < WINDOW_MS) return;
    sinceMs = monotonicMs();
    messages = 0;
    bytes = 0;
  };
  return {
    bytes(count) {
      turn();
      bytes += count;
      return bytes > BYTES_MAX ? `it sent more than ${BYTES_MAX} bytes within ${WINDOW_MS / 1_000} s` : null;
    },
    message() {
      turn();
      messages += 1;
      return messages > MESSAGES_MAX
        ? `it sent more than ${MESSAGES_MAX} messages within ${WINDOW_MS / 1_000} s`
        : null;
    },
    strange(what) {
      strange += 1;
      return strange > STRANGE_MAX ? `it sent ${strange} pieces that are no messages (the last: ${what})` : null;
    },
  };
}

/** Whether a JSON text nests deeper than anybody should follow. */
export function isTooDeep(text: string): boolean {
  if (text.length < DEPTH_MAX) return false;
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inText) {
      if (code === 92) at += 1;
      else if (code === 34) inText = false;
    } else if (code === 34) inText = true;
    else if (code === 91 || code === 123) {
      depth += 1;
      if (depth > DEPTH_MAX) return true;
    } else if (code === 93 || code === 125) depth -= 1;
  }
  return false;
}
