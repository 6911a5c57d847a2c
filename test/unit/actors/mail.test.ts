// Mail is text between actors: whatever JSON goes in comes out, and what a commit names by its id is found by it.
import fc from "fast-check";
import { expect, it } from "vitest";
import { causeOf, mailFrom } from "../../../actors/runtime/mail.ts";
import { mailText } from "../../../infra/redis/commit-arguments.ts";
import type { Mail } from "../../../infra/store.ts";

const json = fc.jsonValue({ maxDepth: 3 });
const id = fc.string({ unit: "binary", maxLength: 20 });
const event = fc.tuple(
  id,
  fc.string(),
  fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), json, { noNullPrototype: true }),
);
const mail = fc.oneof(
  event.map(([name, type, more]): Mail => ({ id: name, event: { ...more, type } })),
  fc.record({ id, timer: fc.string(), armedBy: fc.nat() }),
  fc.record({ id, input: json }),
);
const asStored = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

it("comes out as it went in, and begins with its id, whatever characters that has", () => {
  fc.assert(
    fc.property(mail, (one) => {
      const text = mailText(one);
      expect(mailFrom(text)).toEqual(asStored(one));
      expect(text.startsWith(`{"id":${JSON.stringify(one.id)}`)).toBe(true);
    }),
  );
});

it("is one cause: its event, its timer or its input, and nothing of its id", () => {
  fc.assert(
    fc.property(mail, (one) => {
      const { id: _, ...cause } = one;
      expect(causeOf(mailFrom(mailText(one)))).toEqual(asStored(cause));
    }),
  );
});
