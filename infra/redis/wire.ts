/**
 * A command as the bytes that go over the wire, laid end to end once. The client would take its arguments one by one, and all of
 * them twice as soon as one is bytes: for the sixty of a commit that costs more than the step they tell of.
 */
import { Command, type Redis } from "ioredis";
import { isLatin1, type Latin1 } from "./latin1.ts";

export type Argument = string | number | Buffer | Latin1;

const NOT_ASCII = /[\u0080-\uffff]/;

/** One character for each byte. */
const bytesOf = (argument: Argument): string => {
  if (typeof argument === "number") return String(argument);
  if (typeof argument !== "string") {
    return isLatin1(argument) ? argument.latin1 : argument.toString("latin1");
  }
  return NOT_ASCII.test(argument) ? Buffer.from(argument).toString("latin1") : argument;
};

/** Half of what a commit is given: lists that are empty, and what it does without. */
const EMPTY = "$0\r\n\r\n";
const ZERO = "$1\r\n0\r\n";

function laid(given: readonly Argument[]): string {
  let text = "";
  for (const argument of given) {
    if (argument === 0) text += ZERO;
    else if (argument === "") text += EMPTY;
    else {
      const bytes = bytesOf(argument);
      text += `$${bytes.length}\r\n${bytes}\r\n`;
    }
  }
  return text;
}

/** An actor's keys are the same list at each of its commits. */
const known = new WeakMap<readonly string[], string>();

function laidKeys(keys: readonly string[]): string {
  const before = known.get(keys);
  if (before !== undefined) return before;
  const text = laid(keys);
  known.set(keys, text);
  return text;
}

/** `evalsha`, answered in text. `keys` must not be changed afterwards. */
export function scriptCommand(sha: string, keys: readonly string[], given: readonly Argument[]): Command {
  const command = new Command("evalsha", [], { replyEncoding: "utf8" });
  const head = `*${keys.length + given.length + 3}\r\n$7\r\nevalsha\r\n${laid([sha, keys.length])}`;
  const bytes = Buffer.from(head + laidKeys(keys) + laid(given), "latin1");
  command.toWritable = () => bytes;
  return command;
}

/** Commands that leave together, at most: so many calls of the system are saved, and the server is not kept waiting for the rest. */
const TOGETHER_MAX = 8;

interface Corked {
  count: number;
}

const corked = new WeakMap<object, Corked>();

/**
 * Sends it with the others that are sent before anything else happens in this process. One call of the system for each
 * would cost as much as half a step.
 */
export function sendTogether(redis: Redis, command: Command): Promise<unknown> {
  const { stream } = redis;
  if (redis.status !== "ready" || !stream.writable) return redis.sendCommand(command) as Promise<unknown>;
  const open = corked.get(stream);
  if (open === undefined) {
    const begun = { count: 1 };
    corked.set(stream, begun);
    stream.cork();
    process.nextTick(() => {
      corked.delete(stream);
      stream.uncork();
    });
  } else {
    open.count += 1;
    if (open.count % TOGETHER_MAX === 0) {
      stream.uncork();
      stream.cork();
    }
  }
  return redis.sendCommand(command) as Promise<unknown>;
}
