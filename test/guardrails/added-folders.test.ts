/** Laws of folders that were opened beside the workspace: reached by their absolute name, confined like it, no further. */
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { joinBoxes } from "../../infra/sandbox/joined-boxes.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import { temporaryFolder, writeFiles } from "../support/workspace.ts";

async function opened() {
  const home = temporaryFolder();
  for (const folder of ["work", "extra", "extras"]) mkdirSync(join(home, folder));
  writeFiles(join(home, "work"), { "a.txt": "of the workspace" });
  writeFiles(join(home, "extra"), { "a.txt": "beside", "deep/b.txt": "deeper" });
  writeFiles(join(home, "extras"), { "a.txt": "never" });
  symlinkSync(join(home, "extras/a.txt"), join(home, "extra/away"));
  symlinkSync(join(home, "extra/a.txt"), join(home, "work/link"));
  const at = (path: string): string => join(home, path);
  const secluded = [at("extra/own")];
  mkdirSync(at("extra/own"));
  const box = joinBoxes(await openBox(at("work")), [await openBox(at("extra"), secluded)]);
  const text = async (path: string): Promise<string> =>
    Buffer.from((await box.read(path, { bytesMax: 100 })).bytes).toString();
  return { at, box, text };
}

it("what is read there is called by its absolute name, and the workspace's files keep theirs", async () => {
  const { at, box, text } = await opened();
  expect(await text("a.txt")).toBe("of the workspace");
  expect(await text(at("work/a.txt"))).toBe("of the workspace");
  expect(await text(at("extra/a.txt"))).toBe("beside");
  expect((await box.read(at("extra/deep/../a.txt"), { bytesMax: 1 })).path).toBe(at("extra/a.txt"));
  expect((await box.read("a.txt", { bytesMax: 1 })).path).toBe("a.txt");
  expect((await box.stat(at("extra/deep"))).path).toBe(at("extra/deep"));
  expect(await box.hash(at("extra/a.txt"))).not.toEqual(await box.hash("a.txt"));
  const walked: string[] = [];
  for await (const { path } of box.walk({ under: at("extra") })) walked.push(path);
  expect(walked).toEqual([at("extra/a.txt"), at("extra/deep/b.txt")]);
});

it("neither a link nor a name like it leads on from one folder into another", async () => {
  const { at, text } = await opened();
  for (const path of [at("extras/a.txt"), at("extra/away"), "link", "../extra/a.txt", at("extra/../extras/a.txt")]) {
    await expect(text(path), path).rejects.toMatchObject({ code: "box.outside" });
  }
  await expect(text(at("extra/own"))).rejects.toMatchObject({ code: "box.protected" });
});

it("what is written there is announced by its absolute name before anything is done", async () => {
  const { at, box } = await opened();
  const announced: string[] = [];
  const content = Buffer.from("new");
  const options = { before: async ({ path }: { path: string }) => void announced.push(path) };
  expect((await box.replace(at("extra/new/c.txt"), content, options)).path).toBe(at("extra/new/c.txt"));
  expect(announced).toEqual([at("extra/new/c.txt")]);
  expect(readFileSync(at("extra/new/c.txt"), "utf8")).toBe("new");
  const refusing = { before: () => Promise.reject(new Error("no rule")) };
  await expect(box.replace(at("extra/a.txt"), content, refusing)).rejects.toThrow("no rule");
  expect(readFileSync(at("extra/a.txt"), "utf8")).toBe("beside");
});
