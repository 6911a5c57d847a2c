/**
 * A request's prompt as a chain of hashes, in the order in which a provider's cache reads it: two requests share a prefix
 * exactly as far as their chains are equal. Pure.
 */
import { shortHash } from "../ids.ts";
import { canonical } from "./canonical-json.ts";

export interface Segment {
  /** `model`, `tool Read`, `system 1`, `thinking`, `message 3.2`: the second block of the third message. */
  readonly name: string;
  /** Of this segment and of all before it. */
  readonly hash: string;
}

interface Body {
  readonly model: string;
  readonly tools?: unknown;
  readonly system?: unknown;
  readonly thinking?: unknown;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** Of a body as it goes over the wire, or as it came. Marks and `max_tokens` are no part of a prompt. */
export function prefixChain({ model, tools, system, thinking, messages }: Body): Segment[] {
  const chain: Segment[] = [];
  const add = (name: string, value: unknown): void => {
    const before = chain.at(-1)?.hash ?? "";
    chain.push({ name, hash: shortHash(`${before}\n${name}\n${JSON.stringify(unmarked(value))}`) });
  };
  add("model", model);
  for (const tool of listed(tools)) add(`tool ${(tool as { readonly name?: unknown }).name}`, tool);
  for (const [index, block] of listed(system).entries()) add(`system ${index + 1}`, block);
  if (thinking !== undefined) add("thinking", canonical(thinking));
  for (const [index, { role, content }] of messages.entries()) {
    for (const [place, block] of listed(content).entries()) add(`message ${index + 1}.${place + 1}`, [role, block]);
  }
  return chain;
}

/** Name of the first segment of `before` that `after` has not, or has otherwise; null where it goes on from there. */
export function firstDivergence(before: readonly Segment[], after: readonly Segment[]): string | null {
  return before.find(({ hash }, index) => after[index]?.hash !== hash)?.name ?? null;
}

/** Hash of what agents of one type have in common: everything before the first message. */
export const sharedPrefix = (chain: readonly Segment[]): string =>
  chain.findLast(({ name }) => !name.startsWith("message "))?.hash ?? "";

const listed = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** A mark says where to remember, and moves from request to request; only blocks and tools bear one. */
function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  if (value === null || typeof value !== "object" || !("cache_control" in value)) return value;
  const { cache_control: _, ...rest } = value;
  return rest;
}
