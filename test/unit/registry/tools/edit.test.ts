/** Laws of Edit and Write: exactly what was named is replaced, once, or nothing is and the answer says why. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ActingBox } from "../../../../registry/box.ts";
import type { ToolOutput } from "../../../../registry/tool.ts";
import { toolNamed } from "../../../../registry/tools/index.ts";
import { workspaceOf } from "../../../support/workspace.ts";

async function given(files: Readonly<Record<string, string | Uint8Array>>) {
  const box = await workspaceOf(files);
  const acting: ActingBox = {
    ...box,
    known: () => Promise.resolve(),
    replace: (path, content, options = {}) =>
      box.replace(path, content, { ...options, before: () => Promise.resolve() }),
    exec: () => Promise.reject(new Error("no commands here")),
  };
  const call = async (name: string, input: unknown, over: Partial<ActingBox> = {}): Promise<ToolOutput> => {
    const tool = toolNamed(name);
    const deed = await tool?.loadDeed?.();
    if (tool === undefined || deed === undefined) throw new Error(`no tool ${name}`);
    return deed(tool.input.parse(input), { box: { ...acting, ...over }, signal: new AbortController().signal });
  };
  const edit = (
    old_string: string,
    new_string: string,
    more: Record<string, unknown> = {},
    over?: Partial<ActingBox>,
  ) => call("Edit", { file_path: "a.txt", old_string, new_string, ...more }, over);
  return { box, call, edit, read: (path = "a.txt") => readFileSync(join(box.root, path), "utf8") };
}

describe("an edit", () => {
  it("replaces the one place, and takes what looks like a pattern or a replacement code as it stands", async () => {
    const { edit, read } = await given({ "a.txt": "one .* two\n" });
    expect(await edit(".*", "$& $1 \\n")).toMatchObject({ ok: true, text: expect.stringContaining("1 place") });
    expect(read()).toBe("one $& $1 \\n two\n");
  });

  it("of a text that is there several times is refused with their number, unless all are meant", async () => {
    const { edit, read } = await given({ "a.txt": "x y x y x" });
    expect(await edit("x", "z")).toMatchObject({ ok: false, text: expect.stringContaining("3 times") });
    expect(read()).toBe("x y x y x");
    expect(await edit("x", "z", { replace_all: true })).toMatchObject({
      ok: true,
      text: expect.stringContaining("3 places"),
    });
    expect(read()).toBe("z y z y z");
  });

  it("of a text that is not there is refused, and says what may be wrong with it", async () => {
    const { edit, box } = await given({ "a.txt": "one\r\ntwo\r\n" });
    expect((await edit("three", "3")).text).toMatch(/does not occur/);
    expect((await edit("one\ntwo", "1")).text).toContain("CR LF");
    expect((await edit("     1\tone", "1")).text).toContain("line numbers");
    writeFileSync(join(box.root, "a.txt"), Buffer.from([0x66, 0xff, 0x66]));
    expect((await edit("f", "g", { replace_all: true })).text).toContain("not UTF-8");
    expect(readFileSync(join(box.root, "a.txt"))).toEqual(Buffer.from([0x66, 0xff, 0x66]));
  });

  it("keeps every other byte: line ends, a mark at the start, no line end at the end", async () => {
    const { edit, read } = await given({ "a.txt": "\uFEFFone\r\ntwo" });
    expect((await edit("two", "three")).ok).toBe(true);
    expect(read()).toBe("\uFEFFone\r\nthree");
  });

  it("is not made over a file that changed after it was read", async () => {
    const { edit, box, read } = await given({ "a.txt": "old" });
    const sly: ActingBox["read"] = async (path, options) => {
      const bytes = await box.read(path, options);
      writeFileSync(join(box.root, path), "old, and saved by somebody else");
      return bytes;
    };
    expect(await edit("old", "new", {}, { read: sly })).toMatchObject({
      ok: false,
      text: expect.stringContaining("read it again"),
    });
    expect(read()).toBe("old, and saved by somebody else");
  });

  it("of a file that is not there is refused and names the way out; so is one that changes nothing", async () => {
    const { call, edit } = await given({ "a.txt": "x" });
    const missing = await call("Edit", { file_path: "b.txt", old_string: "x", new_string: "y" });
    expect(missing).toMatchObject({ ok: false, text: expect.stringContaining("Use Write") });
    await expect(edit("x", "x")).rejects.toThrow(/same as old_string/);
    await expect(edit("", "x")).rejects.toThrow();
  });
});

describe("a write", () => {
  it("gives the whole content, says what was there, and refuses a folder", async () => {
    const { call, read } = await given({ "a.txt": "four", "folder/x": "x" });
    expect((await call("Write", { file_path: "a.txt", content: "ü\n" })).text).toBe(
      "Wrote a.txt: 3 bytes (it had 4 bytes).",
    );
    expect((await call("Write", { file_path: "new/b.txt", content: "" })).text).toBe(
      "Wrote new/b.txt: 0 bytes (a new file).",
    );
    expect([read(), read("new/b.txt")]).toEqual(["ü\n", ""]);
    expect(await call("Write", { file_path: "folder", content: "x" })).toMatchObject({ ok: false });
  });
});
