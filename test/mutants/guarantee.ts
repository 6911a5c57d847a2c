/** What a guarantee is made of: its words, where it is kept, the test that watches it, and how to break it on purpose. */

export interface Change {
  /** File of the product, from the root of the project. */
  readonly file: string;
  /** Text that stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Named {
  /** File of the test, from the root of the project. */
  readonly file: string;
  /** Part of the test's full name; enough to pick it out. */
  readonly title: string;
  /** It runs processes of the product, which are compiled first. */
  readonly built?: true;
}

export interface Guarantee {
  /** Lowercase words and hyphens; what the command line calls it. */
  readonly id: string;
  readonly group:
    | "Durability"
    | "Steps and messages"
    | "Effects"
    | "Approvals"
    | "Threats"
    | "Server and page"
    | "Money and results"
    | "Versions and replay";
  /** What is promised. */
  readonly promise: string;
  /** When it holds; "always" where nothing is asked of anybody. */
  readonly condition: string;
  /** Files that keep it. */
  readonly mechanism: readonly string[];
  readonly test: Named;
  /** Switches the mechanism off; the test must go red then. Or why it cannot be switched off one piece at a time. */
  readonly disable: readonly Change[] | { readonly never: string };
}
