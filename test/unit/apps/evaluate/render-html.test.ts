import { createHash } from "node:crypto";
import { describe, expect, test as law } from "vitest";
import { assess } from "../../../../apps/cli/evaluate/assess.ts";
import type { ReportFacts } from "../../../../apps/cli/evaluate/facts.ts";
import { primitives } from "../../../../apps/cli/evaluate/primitives.ts";
import { renderHtml } from "../../../../apps/cli/evaluate/render-html.ts";
import { primitiveIds } from "../../../../registry/probes/finding.ts";
import { anchor, claim, finding, run, verdict } from "./claims.ts";

const facts = (more: Partial<ReportFacts> = {}): ReportFacts => ({
  runId: "r_1",
  usage: {
    modelCalls: 2,
    inputTokens: 1,
    outputTokens: 1,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    totalTokens: 2,
    costUsd: 0,
  },
  ...more,
});

const input = run(
  ...primitiveIds.map((id, index) => {
    const claimed =
      index % 2 === 0
        ? claim(id)
        : claim(id, { level: "absent", maturity: 0, findings: [anchor(7)], next: `Build the ${id}.` });
    return [claimed, verdict(claimed, index === 0 ? { fallen: [1] } : {})] as const;
  }),
);
const page = renderHtml(assess(input), facts({ skipped: [{ why: "too large", count: 3, paths: ["a.js"] }] }));
const tags = (text: string): string[] => text.match(/<[a-z][^>]*>/g) ?? [];

describe("one file that needs nothing else", () => {
  law("it asks for nothing: no script, link, image, frame or import, and no address but anchors in itself", () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|form|base|svg|audio|video)\b/i);
    expect(page).not.toMatch(/@import|url\(|https?:/i);
    const addresses = tags(page).flatMap((tag) => /\s(?:href|src)="([^"]*)"/.exec(tag)?.[1] ?? []);
    expect(addresses.length).toBeGreaterThan(10);
    for (const address of addresses) expect(page).toContain(`id="${address.slice(1)}"`);
  });

  law("its policy forbids everything but its own style, by that style's hash", () => {
    const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(page.indexOf("Content-Security-Policy")).toBeLessThan(page.indexOf("<title>"));
    expect(tags(page).filter((tag) => /\s(style|on\w+)=/i.test(tag))).toEqual([]);
  });
});

describe("what it says", () => {
  law("every primitive has a row, a heading to jump to, its level and its maturity in words", () => {
    for (const { id, title, purpose } of primitives) {
      expect(page).toContain(`<a href="#${id}">${title}</a>`);
      expect(page).toContain(`<h3 id="${id}">${title}</h3>`);
      expect(page).toContain(purpose);
    }
    expect(page.match(/maturity \d of 4/g)).toHaveLength(24);
  });

  law("confirmed lines are findings, refused ones stand apart with the reason", () => {
    const [before = "", after = ""] = page.split("Rejected: claimed, but not confirmed");
    expect(before).toContain("src/loop.ts:10");
    expect(before).not.toContain("src/loop.ts:20");
    expect(after.slice(0, 600)).toContain("src/loop.ts:20");
    expect(after.slice(0, 600)).toContain("line 1 reads otherwise");
  });

  law("it names its run, what was left out, and that no model was asked", () => {
    expect(page).toContain("r_1");
    expect(page).toContain("Left out: too large");
    expect(page).toContain("No model was asked");
    expect(page).toMatch(/estimated/);
  });

  law("headings go down one step at a time, and ids are never given twice", () => {
    const levels = [...page.matchAll(/<h([1-6])/g)].map((match) => Number(match[1]));
    expect(levels[0]).toBe(1);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  law("every element that is opened is closed, in order", () => {
    const open: string[] = [];
    for (const [, slash, name = ""] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (slash === "/") expect(open.pop()).toBe(name);
      else if (name !== "meta") open.push(name);
    }
    expect(open).toEqual([]);
  });
});

describe("hostile text", () => {
  const attacks = [
    `</code><script>alert(1)</script>`,
    `" onmouseover="alert(1)`,
    `'><img src=x onerror=alert(1)>`,
    `</style><style>*{display:none}</style>`,
    `&lt;b&gt; &amp;`,
    `<!--`,
    `a\u202eb\u2066`,
    `\u0000\u001b[31m`,
  ];
  law.each(attacks)("is shown, never obeyed: %j", (text) => {
    const bad = finding(1, { path: text, quote: text, probe: text });
    const claimed = claim("token-budget", {
      level: "partial",
      maturity: 1,
      findings: [bad, bad],
      why: text,
      next: text,
    });
    const checked = {
      ...verdict(claimed),
      verdicts: [
        { index: 0, holds: true, why: text },
        { index: 1, holds: false, why: text },
      ],
    };
    const calm = claim("token-budget", { level: "partial", maturity: 1, findings: [finding(1), finding(1)] });
    const skipped = (said: string) => facts({ skipped: [{ why: said, count: 1, paths: [said] }], runId: said });
    const harmless = renderHtml(
      assess(run([calm, { ...verdict(calm), verdicts: checked.verdicts.map((one) => ({ ...one, why: "so" })) }])),
      skipped("so"),
    );
    const attacked = renderHtml(
      { ...assess(run([claimed, checked])), target: text, answeredBy: [text] },
      skipped(text),
    );
    expect(tags(attacked)).toEqual(tags(harmless));
    expect(attacked.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/u);
    expect(attacked).not.toContain("<!--");
  });
});
