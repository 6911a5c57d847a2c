/**
 * What the probes of one primitive are: its conditions, and a function that looks for them in one file.
 */

import type { Aspect, Finding, PrimitiveId } from "./finding.ts";
import type { FileFacts } from "./source/facts.ts";
import type { WorkspaceIndex } from "./source/workspace-index.ts";

/** The probes of one primitive. They see product files only; `asserted` reads the tests. */
export interface PrimitiveProbes {
  readonly id: PrimitiveId;
  readonly aspects: readonly Aspect[];
  /** Looks at one product file; what it needs to know of the other files comes from the index. */
  readonly probe: (file: FileFacts, index: WorkspaceIndex) => Iterable<Finding>;
  /** A test that asserts the primitive names this in a test's title or body, next to an assertion. */
  readonly asserted: RegExp;
  /** Tests of this subject, by the name of their file, assert it too where their title tells of something held back. */
  readonly assertedIn?: RegExp;
  /** The aspect that such a test proves; "tested" when absent, which only counts towards maturity. */
  readonly assertedAspect?: string;
  /** What a README says when it denies having the primitive: matched after "no", "without" or "does not support". */
  readonly denied: RegExp;
}
