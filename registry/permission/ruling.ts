/** What the rules say of a call before it is known who can be asked. */
export interface Ruling {
  readonly decision: "allow" | "ask" | "deny";
  readonly rule: string;
  readonly reason: string;
  /**
   * Of an *ask*: what may answer it in advance. `any`: every grant that covers the call. `person`: one that a person
   * gave. `exact`: one that a person gave for exactly this. `nobody`: it is asked each time, whatever was granted.
   */
  readonly openTo?: "any" | "person" | "exact" | "nobody";
  readonly touches?: readonly string[];
}
