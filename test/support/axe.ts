/** What axe finds serious on a page: whole in light, and in dark what the colours alone decide. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

let source: string | undefined;

interface Tool {
  run(options: object): Promise<{
    readonly violations: readonly {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly { html: string }[];
    }[];
  }>;
}

/** Serious and critical findings, each with where it was found; the page is left in light colours. */
export async function seriousFindings(page: Page): Promise<string[]> {
  source ??= readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const found: string[] = [];
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    // Through the debugger: the page's own policy keeps foreign scripts out.
    await page.evaluate(source);
    const options = colorScheme === "dark" ? { runOnly: ["color-contrast"] } : {};
    const serious = await page.evaluate(async (how) => {
      const { axe } = globalThis as unknown as { axe: Tool };
      return (await axe.run(how)).violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
    }, options);
    found.push(...serious.map((one) => `${colorScheme}: ${one}`));
  }
  return found;
}
