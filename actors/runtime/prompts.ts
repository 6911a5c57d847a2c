/** Which words a task of the run's own has: those that the operator wrote and the run latched, else those that were shipped. */
import { sha256 } from "../../infra/ids.ts";
import { shippedPrompt } from "../../infra/prompt-files.ts";
import type { Store } from "../../infra/store.ts";
import { PROMPTS_BRIEF, type PromptName, type Prompts, promptsSchema, promptWords } from "../../machines/prompt.ts";
import type { PerformContext } from "./performer.ts";

/** As an agent reads them. Throws where the run latched prompts that are not stored with it, or were changed since. */
export async function promptFor(
  name: PromptName,
  { address, run }: Pick<PerformContext, "address" | "run">,
  store: Pick<Store, "briefs">,
): Promise<string> {
  const latched = run.config.prompts;
  const own = latched === null ? {} : await promptsOf(address.run, latched, store);
  return promptWords(own[name] ?? (await shippedPrompt(name)));
}

async function promptsOf(run: string, latched: string, store: Pick<Store, "briefs">): Promise<Prompts> {
  const text = (await store.briefs(run, [PROMPTS_BRIEF])).get(PROMPTS_BRIEF);
  if (text === undefined) throw new Error(`run ${run} latched prompts, and they are not stored with it`);
  if (sha256(text) !== latched) throw new Error(`the prompts stored with run ${run} are not those it latched`);
  return promptsSchema.parse(JSON.parse(text));
}
