/** Laws of the published schema of events: it is the union's own, and takes what logs hold. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { runEventSchema } from "../../../machines/run-event.ts";
import { EVENTS_SCHEMA, eventsSchemaFile } from "../../support/events-schema.ts";

interface Published {
  readonly oneOf: readonly {
    readonly properties: Readonly<Record<string, { readonly const?: unknown }>>;
    readonly required: readonly string[];
  }[];
}

const published = JSON.parse(readFileSync(EVENTS_SCHEMA, "utf8")) as Published;

it("docs/events.schema.json is not stale: `npm run schema` writes it anew", () => {
  expect(published).toEqual(JSON.parse(eventsSchemaFile()));
});

it("every event type stands in it once, signed with its number, its time, its run and its actor", () => {
  const types = published.oneOf.map(({ properties }) => properties.type?.const);
  expect(types).toEqual(runEventSchema.options.map((option) => option.shape.type.value));
  expect(new Set(types).size).toBe(types.length);
  for (const { required } of published.oneOf) {
    expect(required).toEqual(expect.arrayContaining(["v", "seq", "at", "run", "actor", "type"]));
  }
});
