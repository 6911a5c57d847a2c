// Which models a run latches by tier: what was said by flag or environment is one model for all, and nothing is assumed of a
// server that is not the official one.
import { expect, it } from "vitest";
import { tierModels } from "../../../apps/cli/start-run.ts";
import { type Config, readConfig } from "../../../infra/config.ts";
import { priceOf } from "../../../infra/model/prices.ts";
import { temporaryFolder, writeFiles } from "../../support/workspace.ts";

const configured = async (file: object, env: Readonly<Record<string, string>> = {}): Promise<Config> => {
  const folder = temporaryFolder();
  writeFiles(folder, { ".git/HEAD": "", "swarm.config.json": JSON.stringify(file) });
  return readConfig(folder, { HOME: folder, XDG_CONFIG_HOME: `${folder}/none`, PATH: "", ...env });
};
const key = { ANTHROPIC_API_KEY: "k" };

it("without a word about models each tier has one whose price is known", async () => {
  const models = tierModels(await configured({}, key));
  expect(Object.keys(models ?? {})).toEqual(["small", "medium", "large"]);
  for (const model of Object.values(models ?? {}))
    expect(priceOf(String(model), "2026-11-01T00:00:00Z", 1_000)).not.toBeNull();
});

it("--model and SWARM_MODEL are one model for all", async () => {
  const models = { small: "a", medium: "b", large: "c" };
  expect(tierModels(await configured({ models }, key), "mine")).toBeNull();
  expect(tierModels(await configured({ models }, { ...key, SWARM_MODEL: "mine" }))).toBeNull();
});

it("what is configured counts; the rest of the tiers asks the run's model where that, or the server, was chosen", async () => {
  expect(tierModels(await configured({ models: { large: "c" } }, key))).toMatchObject({
    large: "c",
    small: "claude-haiku-5-5",
  });
  expect(tierModels(await configured({ model: "m", models: { large: "c" } }, key))).toEqual({ large: "c" });
  expect(
    tierModels(await configured({ models: { small: "a" } }, { ANTHROPIC_BASE_URL: "http://127.0.0.1:1" })),
  ).toEqual({
    small: "a",
  });
  expect(tierModels(await configured({}, { ANTHROPIC_BASE_URL: "http://127.0.0.1:1" }))).toEqual({});
});

it("a tier that there is not is refused by name", async () => {
  await expect(configured({ models: { tiny: "a" } })).rejects.toMatchObject({ code: "config.invalid", exit: 2 });
});
