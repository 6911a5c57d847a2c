// The memory of a workspace as files: bounded, whole or absent, and closed to whoever else might write there.
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { memoryPlaceOf } from "../../../../infra/memory/memory-place.ts";
import {
  BYTES_MAX,
  ITEMS_MAX,
  TOPIC_ITEMS_MAX,
  type WorkspaceMemory,
} from "../../../../infra/memory/workspace-memory.ts";
import type { MemoryItem } from "../../../../machines/memory-item.ts";
import { memoryAt, memoryFolders } from "../../../support/memory-stage.ts";

const START_MS = Date.parse("2026-11-22T10:00:00.000Z");

const item = (number: number, over: Partial<MemoryItem> = {}): MemoryItem => ({
  v: 1,
  id: `m_${number.toString(16).padStart(16, "0")}`,
  topic: `topic-${number % 40}`,
  fact: `Fact ${number}.`,
  source: { kind: "person" },
  at: new Date(START_MS + number * 1_000).toISOString(),
  expiresAt: "2027-01-01T00:00:00.000Z",
  run: "r_1",
  actor: "a_goal",
  ...over,
});

const idsOf = async (memory: WorkspaceMemory): Promise<string[]> => (await memory.all()).items.map(({ id }) => id);

describe("the memory of a workspace", () => {
  it("gives back what it was given, oldest first, and is empty before", async () => {
    const memory = memoryAt(memoryFolders({ a: "" }));
    expect(await memory.all()).toEqual({ items: [], unreadable: [] });
    expect(await memory.keep(item(2))).toEqual({ kept: true, displaced: [] });
    await memory.keep(item(1));
    expect((await memory.all()).items).toEqual([item(1), item(2)]);
  });

  it("leaves what is there as it is, whatever is kept under its id", async () => {
    const memory = memoryAt(memoryFolders({ a: "" }));
    await memory.keep(item(1));
    await memory.keep(item(1, { fact: "Something else." }));
    expect((await memory.all()).items).toEqual([item(1)]);
  });

  it("forgets once, says why, and keeps no such thing again", async () => {
    const memory = memoryAt(memoryFolders({ a: "" }));
    await memory.keep(item(1));
    expect(await memory.forget(item(1).id, "person", "wrong")).toMatchObject({
      id: item(1).id,
      forgotten: { reason: "person", why: "wrong" },
    });
    expect(await memory.forget(item(1).id, "expired", "late")).toBeNull();
    expect(await memory.keep(item(1))).toEqual({ kept: false, displaced: [] });
    expect(await memory.all()).toEqual({ items: [], unreadable: [] });
    expect((await memory.forgotten()).map(({ forgotten }) => forgotten?.reason)).toEqual(["person"]);
  });

  it("is forgotten by one of two who forget the same at once", async () => {
    const memory = memoryAt(memoryFolders({ a: "" }));
    await memory.keep(item(1));
    const both = await Promise.all(["one", "other"].map((why) => memory.forget(item(1).id, "person", why)));
    expect(both.filter((one) => one !== null)).toHaveLength(1);
    expect(await idsOf(memory)).toEqual([]);
  });

  it("forgets the oldest of a topic that has too many, and nothing of others", async () => {
    const memory = memoryAt(memoryFolders({ a: "" }));
    await memory.keep(item(0, { topic: "other" }));
    for (let one = 1; one <= TOPIC_ITEMS_MAX; one += 1) await memory.keep(item(one, { topic: "same" }));
    const { displaced } = await memory.keep(item(100, { topic: "same" }));
    expect(displaced.map(({ id, forgotten }) => [id, forgotten?.reason])).toEqual([[item(1).id, "limit"]]);
    expect((await idsOf(memory)).includes(item(0).id)).toBe(true);
    expect(await idsOf(memory)).toHaveLength(TOPIC_ITEMS_MAX + 1);
  });

  it("holds so many items and bytes, and never gives up the one just kept for older ones", async () => {
    const folders = memoryFolders({ a: "" });
    const memory = memoryAt(folders);
    const items = join(memory.folder, "items");
    await memory.keep(item(0));
    // Put there as a writer of another host would: the next one who keeps something makes room.
    for (let one = 1; one <= ITEMS_MAX + 5; one += 1) {
      writeFileSync(join(items, `${item(one).id}.json`), JSON.stringify(item(one)));
    }
    const early = item(999, { at: "2020-01-01T00:00:00.000Z" });
    const { displaced } = await memory.keep(early);
    expect(displaced).toHaveLength(7);
    const ids = await idsOf(memory);
    expect([ids.length, ids.includes(early.id), ids.includes(item(0).id)]).toEqual([ITEMS_MAX, true, false]);

    const long = memoryAt(memoryFolders({ a: "" }));
    const source = { kind: "file", path: "x".repeat(1_000), line: 1, quote: "y".repeat(400), sha256: "0".repeat(64) };
    const large = (one: number): MemoryItem =>
      item(one, { fact: "z".repeat(600), source: source as MemoryItem["source"] });
    const fit = Math.floor(BYTES_MAX / Buffer.byteLength(JSON.stringify(large(1))));
    await long.keep(large(0));
    for (let one = 1; one < fit + 3; one += 1) {
      writeFileSync(join(long.folder, "items", `${large(one).id}.json`), JSON.stringify(large(one)));
    }
    await long.keep(large(500));
    const kept = (await long.all()).items;
    const bytes = kept.reduce((sum, one) => sum + Buffer.byteLength(JSON.stringify(one)), 0);
    expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
    expect([kept.length, kept.length > 50, kept.length < ITEMS_MAX]).toEqual([fit, true, true]);
    expect(kept.at(-1)?.id).toBe(large(500).id);
  });

  it("names files that are none of its items, and tells the others all the same", async () => {
    const memory = memoryAt(memoryFolders({ a: "" }));
    await memory.keep(item(1));
    const items = join(memory.folder, "items");
    writeFileSync(join(items, `${item(2).id}.json`), "{");
    writeFileSync(join(items, `${item(3).id}.json`), JSON.stringify(item(4)));
    writeFileSync(join(items, `${item(5).id}.json`), `${JSON.stringify(item(5))}${" ".repeat(20_000)}`);
    mkdirSync(join(items, "folder.json"));
    writeFileSync(join(items, `${item(6).id}.json.123.abc.aside`), "half");
    const { items: found, unreadable } = await memory.all();
    expect(found).toEqual([item(1)]);
    expect(unreadable).toEqual(
      [...[2, 3, 5].map((one) => `${item(one).id}.json`), "folder.json"].map((name) => join(items, name)).sort(),
    );
  });

  it("is not read where others may write, or where a link stands in its place", async () => {
    const folders = memoryFolders({ a: "" });
    const memory = memoryAt(folders);
    await memory.keep(item(1));
    chmodSync(memory.folder, 0o777);
    await expect(memory.all()).rejects.toMatchObject({ code: "memory.folder", exit: 2 });
    chmodSync(memory.folder, 0o700);
    expect(await idsOf(memory)).toEqual([item(1).id]);
    const other = memoryFolders({ a: "" });
    mkdirSync(join(other.state, "memory"), { mode: 0o700 });
    const place = memoryAt(other).folder;
    symlinkSync(memory.folder, place);
    await expect(memoryAt(other).all()).rejects.toMatchObject({ code: "memory.folder" });
  });
});

describe("a workspace", () => {
  it("is the top of its repository, from wherever in it, and by whatever link", () => {
    const { workspace } = memoryFolders({ ".git/HEAD": "ref", "packages/one/a.txt": "" });
    const link = `${workspace}-link`;
    symlinkSync(workspace, link);
    const below = memoryPlaceOf(join(link, "packages/one"));
    expect(below).toMatchObject({ top: realpathSync(workspace), below: "packages/one" });
    expect(memoryPlaceOf(workspace)?.name).toBe(below?.name);
    expect(memoryPlaceOf(join(workspace, "no-such-folder"))).toBeNull();
  });

  it("without a repository is the folder itself, and its neighbour is another one", () => {
    const [one, other] = [memoryFolders({ a: "" }).workspace, memoryFolders({ a: "" }).workspace];
    expect(memoryPlaceOf(one)).toMatchObject({ top: realpathSync(one), below: "" });
    expect(memoryPlaceOf(one)?.name).not.toBe(memoryPlaceOf(other)?.name);
  });
});
