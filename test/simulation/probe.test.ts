import { it } from "vitest";
import { campaign } from "./campaign.ts";
it("x", async () => {
  const c0 = process.cpuUsage(); const t0 = performance.now();
  const all = await campaign({ from: 1, seeds: 1000 });
  console.log(all.failures, performance.now() - t0, process.cpuUsage(c0).user / 1e6);
}, 100000);
