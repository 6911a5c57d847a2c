/**
 * What streams carry: the types that generators give, queues and emitters are made for, and listeners take.
 */
import type { FileFacts } from "../source/facts.ts";

const carriers: readonly RegExp[] = [
  /\b(?:Async)?(?:Generator|Iterator|Iterable|IterableIterator)\s*[<[]\s*["']?([\w$.]+)/g,
  /\b(?:ReadableStream|Observable|Subject|EventEmitter|Emitter|TypedEmitter|EventStream|Channel|PubSub|EventBus|AsyncQueue|Queue|Stream|Memory(?:Object)?(?:Receive|Send)Stream)\s*[<[]\s*["']?([\w$.]+)/g,
  // A listener, by type: takes one thing and gives nothing.
  /\(\s*(?:event|evt|e|update|msg|message|chunk|notification|signal)\s*:\s*([A-Z][\w$.]*)\s*(?:,[^)]{0,80})?\)\s*=>\s*(?:void|Promise<void>|Awaitable|MaybePromise)/g,
  /\bCallable\[\s*\[\s*["']?([A-Z][\w.]*)["']?\s*\]\s*,\s*["']?(?:None|Awaitable|Coroutine)/g,
];

/** Names of the types that something carries while it runs. */
export async function carriedTypes(files: readonly FileFacts[], breathe: () => Promise<void>): Promise<Set<string>> {
  const carried = new Set<string>();
  for (const { code } of files) {
    for (const carrier of carriers)
      for (const [, name = ""] of code.matchAll(carrier)) {
        const last = name.split(".").at(-1) ?? "";
        if (/^[A-Z]\w{2,}$/.test(last)) carried.add(last);
      }
    await breathe();
  }
  return carried;
}
