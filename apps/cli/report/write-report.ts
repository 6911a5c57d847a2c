/**
 * A report as one file: data, style and script in it, and a policy that lets it fetch nothing at all. The data are JSON in an
 * element that no browser runs.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { SwarmError } from "../../../infra/errors.ts";
import { embedded, type ReportData } from "../../visualizer/report-data.ts";

/** What the build made of the page. Throws SwarmError `report.unbuilt` where it made nothing. */
export function pageParts(folder: URL): { readonly script: string; readonly style: string } {
  try {
    return {
      script: readFileSync(new URL("report.js", folder), "utf8"),
      style: readFileSync(new URL("page.css", folder), "utf8"),
    };
  } catch (cause) {
    throw new SwarmError("report.unbuilt", "this installation has no page to make a report of: it was not built", {
      hint: "In a checkout: npm run build.",
      exit: 2,
      cause,
    });
  }
}

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** `script` and `style` are this program's own; `data` may hold anything. */
export function reportHtml(
  data: ReportData,
  { script, style }: { readonly script: string; readonly style: string },
): string {
  // Neither can end its element early: minified code of ours holds no such text, and if it did, it would not run.
  const code = script.replaceAll("</script", "<\\/script");
  const policy = `default-src 'none'; script-src ${hashOf(code)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`;
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<title>${escaped(`run ${data.run.runId}`)}</title>`,
    `<style>${style}</style></head>`,
    '<body><div id="page"><noscript>This report needs JavaScript, all of which is in this file.</noscript></div>',
    `<script type="application/json" id="data">${embedded(data)}</script>`,
    `<script>${code}</script></body></html>`,
    "",
  ].join("\n");
}
