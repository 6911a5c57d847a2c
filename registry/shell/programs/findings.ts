/**
 * What rows say that data cannot: small judgements, shared by the tables of git and of the developer tools. Each makes a
 * call worse or names what it reaches; none can make it better.
 */
import { type Finding, type GivenCall, unknown } from "../program.ts";
import type { ShellRisk } from "../verdict.ts";

export type Inspect = (call: GivenCall) => Finding | undefined;

const order: readonly ShellRisk[] = ["read-only", "mutating", "destructive", "unknown"];

/** All of them; the reason is that of the worst. */
export function both(...inspects: readonly Inspect[]): Inspect {
  return (call) => {
    let whole: Finding | undefined;
    for (const inspect of inspects) {
      const found = inspect(call);
      if (found !== undefined) whole = whole === undefined ? found : joined(whole, found);
    }
    return whole;
  };
}

function joined(a: Finding, b: Finding): Finding {
  const [worse, other] = rank(b) > rank(a) ? [b, a] : [a, b];
  return {
    ...other,
    ...worse,
    paths: [...(a.paths ?? []), ...(b.paths ?? [])],
    hosts: [...(a.hosts ?? []), ...(b.hosts ?? [])],
    loses: [...(a.loses ?? []), ...(b.loses ?? [])],
  };
}

function rank(finding: Finding): number {
  return finding.risk === undefined ? -1 : order.indexOf(finding.risk);
}

/** Reaches the network, nobody can tell from the line where. */
export const reachesOut: Inspect = () => ({
  risk: "mutating",
  rule: "network",
  reason: "reaches the network",
  hosts: ["*"],
});

/** Sends data out or publishes it: nothing takes that back. */
export function sendsOut(what: string): Inspect {
  return () => ({ risk: "destructive", rule: "network", reason: `sends ${what} out`, hosts: ["*"], loses: [what] });
}

/** Better than `finding` only where nothing but these options is given, and at least one. */
export function onlyWith(names: string, finding: Finding): Inspect {
  const allowed = names.split(" ");
  return ({ options, operands }) => {
    const asks = options.length > 0 && operands.length === 0;
    return asks && options.every(({ name }) => allowed.includes(name)) ? undefined : finding;
  };
}

/** Where none of these options is given. */
export function unless(names: string, finding: Finding): Inspect {
  return (call) => (call.given(names) ? undefined : finding);
}

/** Where one of these options is given. */
export function where(names: string, finding: Finding): Inspect {
  return (call) => (call.given(names) ? finding : undefined);
}

/** These options count only with their value attached: apart, versions of the program differ in what it belongs to. */
export function attached(names: string): Inspect {
  const listed = names.split(" ");
  return ({ options }) => {
    const bare = options.find(({ name, value }) => value === null && listed.includes(name));
    return bare === undefined ? undefined : unknown(`${bare.name} stands without its value`);
  };
}
