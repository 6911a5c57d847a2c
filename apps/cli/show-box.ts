/** The black box in lines: who died of what, in which state, and what nobody knows the outcome of. Pure. */
import type { ShownBox } from "../../actors/runtime/shown-box.ts";
import type { BlackBox, LeftEffect } from "../../machines/events/death.ts";

/** Effects that are told one by one. */
const SHOWN_MAX = 10;

/** In no colours, and not made harmless yet: tools and reasons are strangers' words. */
export function boxLines(run: string, box: ShownBox): string[] {
  if (box.kind === "lost") {
    return [
      ...box.bodies.flatMap(({ agent, seq, at, state, reason, lastSeq, effects }) => [
        `FOUND DEAD: ${agent} in ${stateWords(state)} after event ${lastSeq}; told by event ${seq}, ${at}: ${reason}`,
        ...effectLines(effects),
      ]),
      ...(box.budget === null ? [] : [budgetWords(box.budget)]),
      `nobody is at this run; it goes on where it stood: swarm resume ${run}`,
    ];
  }
  if (box.state === null) return [];
  return [
    `black box: ended in ${stateWords(box.state)}; last event ${box.lastSeq}`,
    ...effectLines(box.effects),
    ...(box.budget === null ? [] : [budgetWords(box.budget)]),
  ];
}

const stateWords = (state: string): string => (state === "" ? "no state yet" : state);

function effectLines(effects: readonly LeftEffect[]): string[] {
  const lines = effects
    .slice(0, SHOWN_MAX)
    .map(
      ({ effect, kind, tool, status, said }) =>
        `  ${status.toUpperCase()} ${tool ?? kind} ${effect.slice(effect.indexOf("/") + 1)}: ${said}`,
    );
  return effects.length > SHOWN_MAX ? [...lines, `  … and ${effects.length - SHOWN_MAX} more: --json`] : lines;
}

function budgetWords({ tokens, heldTokens, tokensMax, nanoUsd, heldNanoUsd, nanoUsdMax }: BlackBox["budget"]): string {
  const usd = (nano: number): string => (nano / 1e9).toFixed(6);
  const of = (max: string | null): string => (max === null ? "" : ` of ${max}`);
  const inTokens = `${tokens} tokens${of(tokensMax === null ? null : String(tokensMax))} (${heldTokens} held)`;
  const inUsd = `${usd(nanoUsd)} USD${of(nanoUsdMax === null ? null : usd(nanoUsdMax))} (${usd(heldNanoUsd)} held)`;
  return `budget at that moment: ${inTokens}, ${inUsd}`;
}
