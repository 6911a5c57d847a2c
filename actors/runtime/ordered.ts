/**
 * An outside effect as the commit stored it: the machine's order and, where repeating it could do harm, the host that
 * was to carry it out. Only that host can tell later what became of it.
 */
import type { OutsideEffect } from "../../machines/effect.ts";
import { toolNamed } from "../../registry/tools/index.ts";

/** An order with the name of the gate folder that guards it; without one it may be carried out anywhere, again. */
export type Ordered = OutsideEffect & { readonly place?: string };

/** What is stored for an order that this host is about to carry out. */
export function placed(order: OutsideEffect, place: string): Ordered {
  return order.type === "tool.run" && mayHarm(order.tool) ? { ...order, place } : order;
}

/**
 * Of a plugin's tool only the run knows whether it may be repeated. One that may takes no gate: whoever looks finds that
 * nothing was done under this id, and the machine orders it anew.
 */
const mayHarm = (tool: string): boolean => tool.startsWith("mcp__") || toolNamed(tool)?.repeat === "unsafe";

export const orderedFrom = ({ json }: { readonly json: string }): Ordered => JSON.parse(json) as Ordered;
