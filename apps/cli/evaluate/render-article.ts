/**
 * One primitive in the HTML report: its level, why, and every line it rests on. A line opens to those around it without a
 * script, and to its page on the web where there is one. What the local analyst says otherwise stands below, in the same form.
 */
import type { AssessedPrimitive, Rejected } from "./assess.ts";
import { opinionWords } from "./comparison-words.ts";
import { type Contexts, placeOf } from "./context-lines.ts";
import { withoutOpening } from "./facts.ts";
import type { Finding, Level } from "./finding.ts";
import { constant, type Html, html, nothing } from "./html.ts";
import { primitiveNamed } from "./primitives.ts";
import type { SecondOpinion } from "./second-opinion.ts";
import type { LinkOf } from "./source-links.ts";

/** What stands behind a finding's line, besides its quote. */
export interface Sources {
  readonly contexts: Contexts;
  readonly linkOf: LinkOf;
}

/** What most reasons begin with, and is said once at the top: of the judge's, and of the local analyst's beside it. */
interface Openings {
  readonly own: string;
  readonly local: string;
}

const marks: Readonly<Record<Level, string>> = { present: "●", partial: "◐", absent: "○", unknown: "?" };

export const levelMark = (name: Level): Html =>
  html`<span class="level ${name}"><span aria-hidden="true">${marks[name]}</span> ${name}</span>`;

export function meter({ maturity, level: name }: Pick<AssessedPrimitive, "maturity" | "level">): Html {
  const cells = [1, 2, 3, 4].map((cell) => (cell <= maturity ? constant(`<i class="on"></i>`) : constant("<i></i>")));
  return html`<span class="meter ${name}" aria-hidden="true">${cells}</span><span class="hidden">maturity ${maturity} of 4</span>`;
}

export function article(primitive: AssessedPrimitive, openings: Openings, sources: Sources): Html {
  const { id, title, purpose } = primitiveNamed(primitive.id);
  const { findings, rejected, why, next, confidence, local } = primitive;
  const sure = primitive.level === "unknown" ? nothing : html`<span class="soft">${confidence} confidence</span>`;
  return html`<article aria-labelledby="${id}">
<header><h3 id="${id}">${title}</h3>${levelMark(primitive.level)}${meter(primitive)}${sure}</header>
<p class="purpose">${purpose}</p>
<p>${withoutOpening(why, openings.own)}</p>
${findingList(findings, "Findings", sources)}
${rejected.length === 0 ? nothing : rejectedList(rejected)}
${local === undefined ? nothing : otherOpinion(local, openings.local, sources)}
<p class="next"><strong>Next:</strong> ${next}</p>
</article>
`;
}

const findingList = (findings: readonly Finding[], label: string, sources: Sources): Html =>
  findings.length === 0
    ? nothing
    : html`<ul class="findings" aria-label="${label}">${findings.map((finding) => findingItem(finding, sources))}</ul>`;

const shownPlace = (finding: Finding): Html => html`<code>${placeOf(finding)}</code>`;
const head = (finding: Finding, place: Html): Html =>
  html`<span class="place">${place}<span>${finding.probe}</span></span><code class="quote">${finding.quote.trim()}</code>`;

function findingItem(finding: Finding, { contexts, linkOf }: Sources): Html {
  const address = linkOf(finding.path, finding.line);
  const context = contexts.get(placeOf(finding));
  const linked = (text: Html): Html =>
    address === null ? text : html`<a href="${address}" rel="noreferrer noopener">${text}</a>`;
  if (context === undefined)
    return html`<li>${head(finding, linked(shownPlace(finding)))}</li>
`;
  const rows = context.lines.map((line, index) => {
    const number = context.from + index;
    return html`<span class="${number === finding.line ? "row on" : "row"}"><i>${number}</i>${line.replaceAll("\t", "  ")}
</span>`;
  });
  const way =
    address === null ? nothing : html`<p class="way">${linked(html`Open ${placeOf(finding)} on the web`)}</p>`;
  return html`<li><details><summary>${head(finding, shownPlace(finding))}</summary><pre class="context" role="group" tabindex="0" aria-label="Lines around ${placeOf(finding)}">${rows}</pre>${way}</details></li>
`;
}

function rejectedList(rejected: readonly Rejected[]): Html {
  const items = rejected.map(
    ({ finding, why }) =>
      html`<li>${head(finding, shownPlace(finding))}<p class="said">${why}</p></li>
`,
  );
  return html`<h4>Rejected: claimed, but not confirmed when read again</h4>
<ul class="findings rejected">${items}</ul>`;
}

function otherOpinion(local: SecondOpinion, opening: string, sources: Sources): Html {
  const words = opinionWords(local);
  if (words === null) return nothing;
  const tone = local.agrees === false ? "other contested" : "other";
  return html`<div class="${tone}"><h4>${words}</h4>
<p>${withoutOpening(local.why, opening)}</p>
${findingList(local.findings, "Findings of the local analyst", sources)}</div>`;
}
