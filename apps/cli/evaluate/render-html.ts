/**
 * The report as one HTML file that needs nothing else: no script, no font, no image, nothing from the network, and a
 * policy in its head that forbids all of it. Made to be sent to a colleague, read on any screen, and printed.
 */
import { createHash } from "node:crypto";
import type { AssessedPrimitive, Evaluation } from "./assess.ts";
import { comparisonWords } from "./comparison-words.ts";
import { NO_CONTEXTS } from "./context-lines.ts";
import { analystLine, plural, type ReportFacts, sharedOpening, usageLine } from "./facts.ts";
import { LEVELS } from "./finding.ts";
import { constant, type Html, html, nothing, textOf } from "./html.ts";
import { type Measured, sectionsOf, UNMEASURED } from "./measures.ts";
import { type Step, stepsNow } from "./next-steps.ts";
import { primitiveNamed, type Tier } from "./primitives.ts";
import { article, levelMark, meter, type Sources } from "./render-article.ts";
import { reportStyle } from "./report-style.ts";
import { NO_LINKS } from "./source-links.ts";

const stepsNowMax = 3;
const styleHash = createHash("sha256").update(reportStyle).digest("base64");
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

const NO_SOURCES: Sources = { contexts: NO_CONTEXTS, linkOf: NO_LINKS };

/** Pure. The whole file, from doctype to line end. */
export function renderHtml(
  evaluation: Evaluation,
  facts: ReportFacts,
  measured: Measured = UNMEASURED,
  sources: Sources = NO_SOURCES,
): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${constant(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Harness evaluation: ${nameOf(evaluation.target)}</title>
<style>${constant(reportStyle)}</style>
</head>
<body>
${heading(evaluation, facts)}
<main>
${overview(evaluation)}
${measures(measured)}
${nextSteps(evaluation)}
${details("day one", evaluation, sources)}
${details("operational maturity", evaluation, sources)}
${laterSteps(evaluation)}
</main>
${footer(evaluation, facts)}
</body>
</html>
`;
  return textOf(page);
}

const openingOf = ({ primitives }: Evaluation): string => sharedOpening(primitives.map(({ why }) => why));

const nameOf = (target: string): string => target.split(/[\\/]/).findLast((part) => part !== "") ?? target;

const tierTitles: Readonly<Record<Tier, string>> = {
  "day one": "Day one",
  "operational maturity": "Operational maturity",
};

function heading(evaluation: Evaluation, { endedAt }: ReportFacts): Html {
  const { target, summary, answeredBy, analyst } = evaluation;
  const others = analyst === "local" ? [] : answeredBy.filter((model) => model !== analyst);
  const counts = LEVELS.map((level) => html`<li class="${level}"><b>${summary[level]}</b>${level}</li>`);
  return html`<header>
<p class="eyebrow">Harness evaluation${endedAt === undefined ? "" : ` · ${endedAt.slice(0, 10)}`}</p>
<h1>${nameOf(target)}</h1>
<p class="soft"><code>${target}</code></p>
<ul class="counts" aria-label="Primitives by level">${counts}</ul>
<p class="note">${analystLine(evaluation)} ${openingOf(evaluation).replace(/: $/, ". ")}${others.length === 0 ? "" : `Answered by: ${others.join(", ")}. `}${plural(summary.findings, "finding")} confirmed, ${summary.rejected === 0 ? "none" : summary.rejected} rejected.</p>
${compared(evaluation)}
</header>`;
}

function compared(evaluation: Evaluation): Html {
  const words = comparisonWords(evaluation);
  if (words === "") return nothing;
  const contested = (evaluation.comparison?.differs.length ?? 0) > 0;
  return html`<p class="${contested ? "note contested" : "note"}">${words}</p>`;
}

const inTier = (tier: Tier, { primitives }: Evaluation): readonly AssessedPrimitive[] =>
  primitives.filter(({ id }) => primitiveNamed(id).tier === tier);

function overview(evaluation: Evaluation): Html {
  const rows = (["day one", "operational maturity"] as const).flatMap((tier) => {
    const primitives = inTier(tier, evaluation);
    if (primitives.length === 0) return [];
    const title = html`<tr class="tier"><th colspan="4" scope="rowgroup">${tierTitles[tier]}</th></tr>`;
    return [html`<tbody>${[title, ...primitives.map(overviewRow)]}</tbody>`];
  });
  return html`<section aria-labelledby="overview">
<h2 id="overview">Overview</h2>
<div class="overview"><table>
<caption class="hidden">Level and maturity of each primitive</caption>
${rows}
</table></div>
</section>`;
}

function overviewRow(primitive: AssessedPrimitive): Html {
  const { id, title, purpose } = primitiveNamed(primitive.id);
  const { local, level } = primitive;
  const other =
    local === undefined || local.agrees === true
      ? nothing
      : html`<span class="beside">local analyst: ${levelMark(local.level)}</span>`;
  return html`<tr><th scope="row"><a href="#${id}">${title}</a></th><td class="purpose soft">${purpose}</td><td class="level">${levelMark(level)}${other}</td><td class="bar">${meter(primitive)}</td></tr>
`;
}

/** In words, so that it can be read without the colours. */
const tones = { bad: "absent", good: "present", plain: "soft" } as const;

const measures = (measured: Measured): Html[] =>
  sectionsOf(measured).map(({ title, says, rows }, index) => {
    const items = rows.map(
      ({ id, tone, says: words }) =>
        html`<li><a href="#${id}">${primitiveNamed(id).title}</a>: <span class="level ${tones[tone]}">${words}</span></li>`,
    );
    return html`<section aria-labelledby="measure-${index}">
<h2 id="measure-${index}">${title}</h2>
<p>${says}</p>
${items.length === 0 ? nothing : html`<ul class="later">${items}</ul>`}
</section>`;
  });

const when = ({ when: words }: Step): Html =>
  words === undefined ? nothing : html` <span class="soft">(${words})</span>`;

function nextSteps({ next, summary }: Evaluation): Html {
  const steps = stepsNow(next, stepsNowMax).map(
    (step) =>
      html`<li><div><h3><a href="#${step.primitive}">${primitiveNamed(step.primitive).title}</a>${when(step)}</h3><p>${step.step}</p></div></li>`,
  );
  if (steps.length === 0 && summary.present === 0) return nothing;
  const content =
    steps.length === 0
      ? html`<p>Nothing is missing. Keep the tests that say so.</p>`
      : html`<ol class="steps">${steps}</ol>`;
  return html`<section aria-labelledby="next">
<h2 id="next">Next steps, the leanest first</h2>
${content}
</section>`;
}

function laterSteps({ next }: Evaluation): Html {
  const now = new Set(stepsNow(next, stepsNowMax));
  const later = next
    .filter((step) => !now.has(step))
    .map(
      (step) =>
        html`<li><a href="#${step.primitive}">${primitiveNamed(step.primitive).title}</a>${when(step)}: ${step.step}</li>`,
    );
  if (later.length === 0) return nothing;
  return html`<section aria-labelledby="later">
<h2 id="later">Later</h2>
<ul class="later">${later}</ul>
</section>`;
}

function details(tier: Tier, evaluation: Evaluation, sources: Sources): Html {
  const local = sharedOpening(evaluation.primitives.map(({ local: opinion }) => opinion?.why ?? ""));
  const openings = { own: openingOf(evaluation), local };
  const primitives = inTier(tier, evaluation);
  if (primitives.length === 0) return nothing;
  const id = tier.replace(" ", "-");
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${tierTitles[tier]}</h2>
${primitives.map((primitive) => article(primitive, openings, sources))}
</section>`;
}

function footer(evaluation: Evaluation, facts: ReportFacts): Html {
  const skipped = (facts.skipped ?? []).filter(({ count }) => count > 0);
  const leftOut = skipped.map(({ why, count, paths }) => {
    const named = paths.length === 0 ? "" : ` (${paths.join(", ")}${count > paths.length ? ", …" : ""})`;
    return html`<dt>Left out: ${why}</dt><dd>${plural(count, "file")}${named}</dd>
`;
  });
  return html`<footer>
<h2 class="hidden">About this report</h2>
<dl>
<dt>Run</dt><dd><code>${facts.runId}</code></dd>
<dt>Cost</dt><dd>${usageLine(evaluation, facts)}</dd>
${leftOut}<dt>Levels</dt><dd>present: in the code, with an effect · partial: declared or half there · absent: looked for where the harness runs, and not there · unknown: not understood, so not judged</dd>
<dt>Maturity</dt><dd>0 absent · 1 partial · 2 present · 3 present and tested · 4 also on by default and visible to operators</dd>
</dl>
</footer>`;
}
