/**
 * What a harness does besides talking, by the words its entries have for it. Shared by the probes of its event log and
 * by what follows entries to where they are kept.
 */
import { worded } from "../source/query.ts";
import type { Variant } from "../source/variants.ts";

/** What a harness does besides talking. Three different kinds make a log. */
export const harnessKinds: readonly (readonly [string, RegExp])[] = [
  [
    "lifecycle",
    /(?:session|agent|run|task|turn|process|worker|actor|workflow|job)[_.:-]?(?:was_)?(?:start(?:ed)?|beg[ai]n|stop(?:ped)?|end(?:ed)?|exit(?:ed)?|complete[d]?|create[d]?|closed?|finish(?:ed)?|shutdown|init(?:ialized)?|launch(?:ed)?|abort(?:ed)?|state_?changed?|status_?changed?)\b|^(?:launched|exit|startup|shutdown|started|finished)$/i,
  ],
  [
    "config",
    /(?:model|config|settings|thinking[_-]?level|mode|policy)s?[_.:-]?(?:change[d]?|update[d]?|set|switch(?:ed)?|select(?:ed)?)\b/i,
  ],
  ["permission", /permission|approv|denied|\bdeny|confirmation|reject(?:ed|ion)|refus|consent/i],
  ["error", /error|retry|retries|fail(?:ed|ure)?\b|crash|exception|timeout/i],
  ["compaction", /compact|summari[sz]|condens|compress|truncat/i],
  [
    "routing",
    /handoff|hand_off|rout(?:ed?|ing)\b|delegat|transfer|subagent|sub_agent|spawn|dispatch|command_?(?:match\w*|invoked|run)/i,
  ],
];

/** The kinds that a union's members tell of, each with the first that does. */
export function kindsTold(variants: readonly Variant[]): ReadonlyMap<string, string> {
  const told = new Map<string, string>();
  for (const { tag } of variants)
    for (const [kind, pattern] of harnessKinds)
      if (!told.has(kind) && tag.split(" ").some((name) => pattern.test(worded(name)))) told.set(kind, tag);
  return told;
}
