/** A report: the same page over the data in the file, for one run that stands still. Fetches nothing. */
import { render } from "preact";
import { useEffect } from "preact/hooks";
import type { ReportData } from "../report-data.ts";
import { reportSource } from "./report-source.ts";
import { Run } from "./run.tsx";
import { onPageKey } from "./scrubber.tsx";
import type { Source } from "./source.ts";
import { openRun } from "./store.ts";
import { dateTime, plain } from "./words.ts";

function Report({ source, data }: { readonly source: Source; readonly data: ReportData }) {
  useEffect(() => {
    openRun(source, data.run.runId);
    document.addEventListener("keydown", onPageKey);
    return () => document.removeEventListener("keydown", onPageKey);
  }, [source, data]);
  return (
    <>
      <header class="top">
        <b class="brand">statehive</b>
        <span class="quiet">
          report of run {plain(data.run.runId)}, made {dateTime(Date.parse(data.madeAt))}
        </span>
        {source.caveat !== "" && <span class="warn">{plain(source.caveat)}</span>}
      </header>
      <Run source={source} />
    </>
  );
}

const [root, held] = [document.getElementById("page"), document.getElementById("data")];
if (root !== null && held !== null) {
  const data = JSON.parse(held.textContent ?? "") as ReportData;
  render(<Report source={reportSource(data)} data={data} />, root);
}
