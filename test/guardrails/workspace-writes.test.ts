/** Laws of changing files: inside the workspace or not at all, whole or not at all, and never over somebody's head. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import { temporaryFolder, writeFiles } from "../support/workspace.ts";

const text = (words: string): Uint8Array => Buffer.from(words, "utf8");
const before = (): Promise<void> => Promise.resolve();

async function workspace(files: Readonly<Record<string, string>> = {}) {
  const home = temporaryFolder();
  const root = join(home, "work");
  mkdirSync(root);
  writeFiles(root, files);
  const at = (path: string): string => join(root, path);
  return { home, root, at, box: await openBox(root), read: (path: string) => readFileSync(at(path), "utf8") };
}

describe("a change", () => {
  it("puts the whole content in place, keeps the file's mode, and leaves nothing else behind", async () => {
    const { box, at, root, read } = await workspace({ "run.sh": "old" });
    chmodSync(at("run.sh"), 0o754);
    const changed = await box.replace("run.sh", text("new"), { before });
    expect(read("run.sh")).toBe("new");
    expect(statSync(at("run.sh")).mode & 0o777).toBe(0o754);
    expect(readdirSync(root)).toEqual(["run.sh"]);
    expect(changed).toMatchObject({ path: "run.sh", bytes: 3, bytesBefore: 3 });
    expect(changed.before).toBe((await hashOf("old")) as string);
    expect(changed.after).toBe((await hashOf("new")) as string);
  });

  it("clears away what a killed attempt at it has left, and writes through nothing that waits in its place", async () => {
    const { box, root, home, read } = await workspace({ "a.txt": "old" });
    writeFileSync(join(home, "victim"), "safe");
    symlinkSync("../victim", join(root, `.a.txt.${((await hashOf("new")) as string).slice(0, 16)}.tmp`));
    await box.replace("a.txt", text("new"), { before });
    expect(read("a.txt")).toBe("new");
    expect(readFileSync(join(home, "victim"), "utf8")).toBe("safe");
    expect(readdirSync(root)).toEqual(["a.txt"]);
  });

  it("makes the folders that are missing", async () => {
    const { box, read } = await workspace();
    await box.replace("a/b/c.txt", text("x"), { before });
    expect(read("a/b/c.txt")).toBe("x");
  });

  it("through a link inside changes the file it leads to, and leaves the link a link", async () => {
    const { box, at, read } = await workspace({ "real/file.txt": "old" });
    symlinkSync("real/file.txt", at("link.txt"));
    symlinkSync("real", at("folder"));
    expect((await box.replace("link.txt", text("one"), { before })).path).toBe("real/file.txt");
    expect((await box.replace("folder/file.txt", text("two"), { before })).path).toBe("real/file.txt");
    expect((await box.replace("folder/new.txt", text("new"), { before })).path).toBe("real/new.txt");
    expect(read("real/file.txt")).toBe("two");
    expect(read("real/new.txt")).toBe("new");
    expect(lstatSync(at("link.txt")).isSymbolicLink()).toBe(true);
  });

  it("outside the workspace is refused, by text, by link and by link to a folder", async () => {
    const { box, at, home } = await workspace();
    writeFileSync(join(home, "outside.txt"), "safe");
    symlinkSync(join(home, "outside.txt"), at("link.txt"));
    symlinkSync("..", at("up"));
    for (const path of [
      "../outside.txt",
      join(home, "outside.txt"),
      "link.txt",
      "up/outside.txt",
      "up/new.txt",
      "/etc/made",
    ]) {
      await expect(box.replace(path, text("bad"), { before }), path).rejects.toMatchObject({ code: "box.outside" });
    }
    expect(readFileSync(join(home, "outside.txt"), "utf8")).toBe("safe");
    expect(existsSync(join(home, "new.txt"))).toBe(false);
  });

  it("over a link to nothing, a folder, a pipe or a file in the place of a folder is refused", async () => {
    const { box, at } = await workspace({ "file.txt": "x", "folder/x": "x" });
    symlinkSync("nowhere", at("dangling"));
    execFileSync("mkfifo", [at("pipe")]);
    for (const path of ["dangling", "dangling/x", "folder", "pipe", "file.txt/x", "."]) {
      await expect(box.replace(path, text("bad"), { before }), path).rejects.toMatchObject({ name: "BoxRefusal" });
    }
    expect(existsSync(at("nowhere"))).toBe(false);
  });

  it("expected on another content is refused and nothing is done", async () => {
    const { box, read } = await workspace({ "a.txt": "now" });
    let asked = 0;
    const count = (): Promise<void> => {
      asked += 1;
      return Promise.resolve();
    };
    const expected = (await hashOf("then")) as string;
    await expect(box.replace("a.txt", text("x"), { before: count, expected })).rejects.toMatchObject({
      code: "box.changed",
    });
    await expect(box.replace("a.txt", text("x"), { before: count, expected: null })).rejects.toMatchObject({
      code: "box.changed",
    });
    expect({ asked, now: read("a.txt") }).toEqual({ asked: 0, now: "now" });
  });

  it("is not made over what an editor saved between the look and the rename", async () => {
    const { box, at, root, read } = await workspace({ "a.txt": "old" });
    const save = async (): Promise<void> => writeFileSync(at("a.txt"), "the editor's");
    await expect(box.replace("a.txt", text("ours"), { before: save })).rejects.toMatchObject({ code: "box.changed" });
    await expect(
      box.replace("b.txt", text("ours"), { before: async () => writeFileSync(at("b.txt"), "theirs") }),
    ).rejects.toMatchObject({
      code: "box.changed",
    });
    expect([read("a.txt"), read("b.txt")]).toEqual(["the editor's", "theirs"]);
    expect(readdirSync(root).sort()).toEqual(["a.txt", "b.txt"]);
  });

  it("does not follow a folder that becomes a link out of the workspace after it was looked at", async () => {
    const { box, at, home } = await workspace({ "folder/a.txt": "old" });
    mkdirSync(join(home, "folder"));
    writeFileSync(join(home, "folder/a.txt"), "safe");
    const swap = async (): Promise<void> => {
      execFileSync("mv", [at("folder"), at("moved")]);
      symlinkSync("../folder", at("folder"));
    };
    await expect(box.replace("folder/a.txt", text("bad"), { before: swap })).rejects.toMatchObject({
      name: "BoxRefusal",
    });
    expect(readFileSync(join(home, "folder/a.txt"), "utf8")).toBe("safe");
  });
});

describe("a secluded folder", () => {
  it("is neither read, listed, hashed nor written: by its name, by a link, before and after it is made", async () => {
    const { root, at } = await workspace({ "state/secret.txt": "s", "open.txt": "o" });
    symlinkSync("state", at("alias"));
    symlinkSync("state/secret.txt", at("alias.txt"));
    const box = await openBox(root, [at("state"), at("later")]);
    const refused = { code: "box.protected" };
    for (const path of ["state/secret.txt", "alias/secret.txt", "alias.txt", join(root, "state/secret.txt")]) {
      await expect(box.read(path, { bytesMax: 10 }), path).rejects.toMatchObject(refused);
      await expect(box.hash(path), path).rejects.toMatchObject(refused);
      await expect(box.stat(path), path).rejects.toMatchObject(refused);
      await expect(box.replace(path, text("x"), { before }), path).rejects.toMatchObject(refused);
    }
    for (const path of ["state/new.txt", "alias/new.txt", "later/new.txt", "later"]) {
      await expect(box.replace(path, text("x"), { before }), path).rejects.toMatchObject(refused);
    }
    expect(existsSync(at("later"))).toBe(false);
    mkdirSync(at("later"));
    writeFileSync(at("later/x"), "x");
    await expect(box.read("later/x", { bytesMax: 10 })).rejects.toMatchObject(refused);
    const seen: string[] = [];
    for await (const { path } of box.walk({ respectIgnore: false })) seen.push(path);
    expect(seen).toEqual(["open.txt"]);
    expect(Buffer.from((await box.read("open.txt", { bytesMax: 10 })).bytes).toString()).toBe("o");
  });

  it("does not hide what only begins like it", async () => {
    const { root, at } = await workspace({ "state-of-affairs.txt": "fine" });
    const box = await openBox(root, [at("state")]);
    expect((await box.read("state-of-affairs.txt", { bytesMax: 10 })).bytes.length).toBe(4);
  });
});

const hashOf = async (words: string): Promise<string> => (await import("node:crypto")).hash("sha256", words, "hex");
