/**
 * `npm run mutants [-- id …]`: switches every mechanism off in turn and runs the test that is named for it. Green before
 * and red after is what is wanted; anything else ends with exit code 1. With all of them seen, writes the table of
 * docs/guarantees.md.
 */
import { availableParallelism } from "node:os";
import type { Guarantee } from "./guarantee.ts";
import { guarantees } from "./guarantees.ts";
import { type Copy, copyOfProject, runTest, switchOff } from "./run-mutant.ts";
import { writeTable } from "./table.ts";

interface Verdict {
  readonly guarantee: Guarantee;
  readonly problem: string | null;
  readonly failure: string;
}

/** Test files start servers and processes of their own: more than this at once and they time out on each other. */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism()));

async function judge(guarantee: Guarantee, { folder }: Copy): Promise<Verdict> {
  const { disable, test } = guarantee;
  const verdict = (problem: string | null, failure = ""): Verdict => ({ guarantee, problem, failure });
  const whole = await runTest(folder, test);
  if (whole.passed === 0 || whole.failed > 0) {
    return verdict(
      `its test is not green to begin with (${whole.passed} passed, ${whole.failed} failed): ${whole.failure}`,
    );
  }
  if ("never" in disable) return verdict(null);
  let restore = (): void => {};
  try {
    restore = switchOff(folder, disable);
    const broken = await runTest(folder, test);
    return broken.failed > 0 ? verdict(null, broken.failure) : verdict("switched off, and its test stays green");
  } catch (cause) {
    return verdict(cause instanceof Error ? cause.message : String(cause));
  } finally {
    restore();
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

async function main(): Promise<number> {
  const wanted = process.argv.slice(2);
  if (wanted.includes("--help")) {
    process.stdout.write(`npm run mutants [-- ID…]\nids: ${guarantees.map(({ id }) => id).join(" ")}\n`);
    return 0;
  }
  const strangers = wanted.filter((id) => !guarantees.some((one) => one.id === id));
  if (strangers.length > 0) {
    process.stderr.write(
      `no guarantee is called ${strangers.join(", ")}; there are: ${guarantees.map(({ id }) => id).join(" ")}\n`,
    );
    return 2;
  }
  const queue = guarantees.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const total = queue.length;
  const verdicts: Verdict[] = [];
  const work = async (): Promise<void> => {
    const copy = copyOfProject();
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const verdict = await judge(next, copy);
        verdicts.push(verdict);
        const told = verdict.problem ?? ("never" in next.disable ? "green" : `green, then red: ${verdict.failure}`);
        process.stdout.write(
          `${verdicts.length}/${total} ${verdict.problem === null ? "ok  " : "FAIL"} ${next.id}: ${told}\n`,
        );
      }
    } finally {
      copy.remove();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const failed = verdicts.filter(({ problem }) => problem !== null);
  if (wanted.length === 0 && failed.length === 0) writeTable();
  process.stdout.write(`${verdicts.length - failed.length} passed, ${failed.length} failed\n`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main();
