import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { pageFiles } from "../../../support/built-page.ts";

/** Bytes, packed, of everything that a browser loads of the page, plots and all. */
const PAGE_MAX = 80_000;

test("the page weighs 80 kB packed at most, and asks for nothing that is not beside it", async () => {
  const files = await pageFiles();
  const loaded = [...files].filter(([name]) => !/report\.js$|\.txt$/.test(name));
  const bytes = loaded.map(([, text]) => gzipSync(text).length);
  expect(loaded.map(([name]) => name)).toEqual(
    expect.arrayContaining(["page/index.html", "page/page.js", "page/page.css"]),
  );
  expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(PAGE_MAX);
  const index = files.get("page/index.html") ?? "";
  const wanted = [...index.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => (url as string).slice(1));
  expect(wanted).toHaveLength(3);
  expect(wanted.filter((url) => !files.has(url))).toEqual([]);
  // What the policy `default-src 'self'` would keep from working.
  expect(index).not.toMatch(/<style|style=|<script>|\son\w+=/);
  for (const [name, text] of loaded) {
    expect(text, name).not.toMatch(/@import|url\(\s*["']?(https?:)?\/\//);
    expect(text, name).not.toMatch(/\beval\(|new Function\(/);
  }
});
