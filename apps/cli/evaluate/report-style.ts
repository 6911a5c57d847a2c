/** The looks of the HTML report: light and dark, on paper too. A constant, because the page's policy names its hash. */

export const reportStyle = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1e2227; --soft: #5a626c; --line: #e2dfd8; --code: #f4f2ec; --link: #22577e;
  --present: #1f6f43; --partial: #855500; --absent: #a8322a; --unknown: #6a4a93; --empty: #d8d4ca;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1b1f23; --ink: #e6e4df; --soft: #a2a9b1; --line: #2e343a; --code: #22272c; --link: #8fc1e8;
    --present: #6cc592; --partial: #e0b050; --absent: #ee8d83; --unknown: #bf9fe8; --empty: #3a4148;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 3rem 1.5rem 4rem; max-width: 62rem; color: var(--ink);
  font: 1rem/1.6 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1, h2, h3 { line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; }
h1 { font-size: 1.9rem; margin: 0.25rem 0 0.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 3rem 0 1rem; }
h3 { font-size: 1.1rem; margin: 0; }
p { margin: 0.5rem 0; }
a { color: var(--link); text-underline-offset: 0.15em; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code { font: 0.86rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; unicode-bidi: isolate; }
.eyebrow { margin: 0; color: var(--soft); font-size: 0.85rem; letter-spacing: 0.06em; text-transform: uppercase; }
.soft { color: var(--soft); }
.note { border-left: 3px solid var(--unknown); margin: 1.25rem 0 0; padding: 0.15rem 0 0.15rem 1rem; color: var(--soft); max-width: 46rem; }
.counts { display: flex; flex-wrap: wrap; gap: 0.6rem; list-style: none; margin: 1.5rem 0 0; padding: 0; }
.counts li { border: 1px solid var(--line); background: var(--card); border-radius: 0.6rem; padding: 0.5rem 1rem 0.6rem; min-width: 7rem; }
.counts b { display: block; font-size: 1.7rem; line-height: 1.2; font-weight: 650; }
.present { color: var(--present); } .partial { color: var(--partial); } .absent { color: var(--absent); } .unknown { color: var(--unknown); }
table { width: 100%; border-collapse: collapse; }
.overview { border: 1px solid var(--line); border-radius: 0.7rem; background: var(--card); padding: 0.25rem 1.25rem; }
.overview th, .overview td { text-align: left; vertical-align: baseline; padding: 0.55rem 1rem 0.55rem 0; border-top: 1px solid var(--line); font-weight: 400; }
.overview tr:first-child th, .overview tr:first-child td { border-top: 0; }
.overview .tier th { padding-top: 1.1rem; color: var(--soft); font-size: 0.85rem; }
.overview th a { color: inherit; font-weight: 600; text-decoration: none; white-space: nowrap; }
.overview th a:hover { text-decoration: underline; }
.overview .purpose { font-size: 0.9rem; }
.overview .level { white-space: nowrap; font-weight: 600; width: 7.5rem; }
.overview .bar { width: 6.5rem; padding-right: 0; }
.meter { display: inline-flex; gap: 3px; vertical-align: middle; }
.meter i { width: 1.15rem; height: 0.5rem; border-radius: 2px; background: var(--empty); }
.meter i.on { background: currentColor; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.steps { margin: 0; padding: 0; list-style: none; counter-reset: step; display: grid; gap: 0.75rem; }
.steps li { counter-increment: step; display: grid; grid-template-columns: 2.2rem 1fr; border: 1px solid var(--line); background: var(--card); border-radius: 0.7rem; padding: 0.9rem 1.25rem; }
.steps li::before { content: counter(step); font-size: 1.25rem; font-weight: 650; color: var(--soft); line-height: 1.4; }
.steps p { margin: 0.2rem 0 0; }
.later { padding-left: 1.2rem; } .later li { margin: 0.4rem 0; }
article { border-top: 1px solid var(--line); padding: 1.5rem 0 1.4rem; break-inside: avoid-page; }
article header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 0.9rem; }
article .level { font-weight: 600; }
article .purpose { margin: 0.15rem 0 0; color: var(--soft); }
.findings { list-style: none; margin: 0.9rem 0; padding: 0; border: 1px solid var(--line); border-radius: 0.6rem; overflow: hidden; background: var(--card); }
.findings li { border-top: 1px solid var(--line); }
.findings li:first-child { border-top: 0; }
.place { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 1rem; padding: 0.4rem 0.9rem; font-size: 0.82rem; }
.place code { color: var(--link); overflow-wrap: anywhere; }
.place span { color: var(--soft); }
.quote { display: block; background: var(--code); padding: 0.4rem 0.9rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.rejected .quote { text-decoration: line-through; text-decoration-color: var(--absent); color: var(--soft); }
.rejected .said { padding: 0.4rem 0.9rem; margin: 0; color: var(--soft); font-size: 0.9rem; }
summary { cursor: pointer; list-style: none; position: relative; }
summary::-webkit-details-marker { display: none; }
summary .place::before { content: "▸"; color: var(--soft); margin-right: -0.5rem; }
details[open] > summary .place::before { content: "▾"; }
summary .place { justify-content: flex-start; }
summary .place > :last-child { margin-left: auto; }
summary:focus-visible { outline: 2px solid var(--link); outline-offset: -2px; }
.context { margin: 0; padding: 0.5rem 0; overflow-x: auto; font: 0.8rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; border-top: 1px solid var(--line); }
.context .row { display: block; padding: 0 0.9rem 0 0; min-width: max-content; }
.context .on { background: var(--code); }
.context i { display: inline-block; width: 3.6rem; padding-right: 0.9rem; text-align: right; font-style: normal; color: var(--soft); user-select: none; }
.way { margin: 0; padding: 0 0.9rem 0.5rem; font-size: 0.85rem; }
.other { border-left: 3px solid var(--unknown); padding: 0.1rem 0 0.1rem 1rem; margin: 1rem 0; }
.other h4 { margin: 0.2rem 0 0; }
.contested { border-left-color: var(--absent); }
.beside { display: block; font-size: 0.8rem; font-weight: 400; color: var(--soft); }
.context:focus-visible { outline: 2px solid var(--link); outline-offset: -2px; }
.next { margin: 0.6rem 0 0; }
h4 { font-size: 0.95rem; margin: 1rem 0 0; }
footer { margin-top: 3.5rem; border-top: 1px solid var(--line); padding-top: 1.25rem; color: var(--soft); font-size: 0.9rem; }
footer dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.25rem; margin: 0; }
footer dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  body { padding-top: 1.75rem; }
  .overview .purpose { display: none; }
  .overview { padding: 0.25rem 0.75rem; }
  .overview th, .overview td { padding-right: 0.6rem; }
  .overview th a, .overview .level { white-space: normal; }
  .overview .level { width: auto; }
  .overview .bar { width: auto; padding-right: 0; }
  .overview .bar .meter i { width: 0.6rem; }
  .beside .level { display: block; }
  summary .place > :last-child { margin-left: 1.2rem; flex-basis: 100%; }
  .quote, .place { overflow-wrap: anywhere; }
  .counts li { flex: 1 1 5rem; min-width: 0; padding: 0.4rem 0.75rem 0.5rem; }
  footer dl { grid-template-columns: 1fr; } footer dd { margin-bottom: 0.5rem; }
}
@media print {
  :root {
    --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f3f3f3; --link: #123f5c;
    --present: #14522f; --partial: #654000; --absent: #80201a; --unknown: #4f3474; --empty: #ccc;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .meter i, .quote { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2, h3, article header { break-after: avoid; }
  .findings li, .steps li { break-inside: avoid; }
  a { text-decoration: none; }
}
`;
