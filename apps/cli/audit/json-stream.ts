/** One JSON document with a long list in it, written as it comes: memory holds one item, however long the list is. */
import { once } from "node:events";

export interface JsonList {
  item(value: unknown): Promise<void>;
  /** Ends the list and the document; `rest` are further fields behind the list. */
  end(rest?: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Begins `{…head, "name":[`. */
export async function jsonList(head: Readonly<Record<string, unknown>>, name: string): Promise<JsonList> {
  const opening = JSON.stringify(head);
  await write(`${opening.slice(0, -1)}${opening === "{}" ? "" : ","}${JSON.stringify(name)}:[`);
  let first = true;
  return {
    async item(value) {
      await write(`${first ? "" : ","}${JSON.stringify(value)}`);
      first = false;
    },
    async end(rest = {}) {
      const tail = JSON.stringify(rest).slice(1);
      await write(`]${tail === "}" ? "" : ","}${tail}\n`);
    },
  };
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}
