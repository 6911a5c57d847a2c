/** Every guarantee of the core, in the order in which docs/guarantees.md tells them. */

import type { Guarantee } from "./guarantee.ts";
import { approvalGuarantees } from "./guarantees/approvals.ts";
import { breakerGuarantees } from "./guarantees/breakers.ts";
import { compactionGuarantees } from "./guarantees/compaction.ts";
import { deathGuarantees } from "./guarantees/deaths.ts";
import { durability } from "./guarantees/durability.ts";
import { effects } from "./guarantees/effects.ts";
import { ledger } from "./guarantees/ledger.ts";
import { memoryGuarantees } from "./guarantees/memory.ts";
import { messages } from "./guarantees/messages.ts";
import { money } from "./guarantees/money.ts";
import { revocation } from "./guarantees/revocation.ts";
import { serverGuarantees } from "./guarantees/server.ts";
import { steps } from "./guarantees/steps.ts";
import { threats } from "./guarantees/threats.ts";
import { versions } from "./guarantees/versions.ts";

export const guarantees: readonly Guarantee[] = [
  ...durability,
  ...deathGuarantees,
  ...steps,
  ...ledger,
  ...messages,
  ...effects,
  ...breakerGuarantees,
  ...compactionGuarantees,
  ...memoryGuarantees,
  ...approvalGuarantees,
  ...threats,
  ...serverGuarantees,
  ...money,
  ...revocation,
  ...versions,
];
