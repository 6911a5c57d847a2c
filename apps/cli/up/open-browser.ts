/** Opens a link in the person's browser, without its token ever standing in a list of processes. */
import { spawn } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** False where no browser could be started. The link goes by way of a file that only this user can read. */
export async function openBrowser(link: string, dataDir: string): Promise<boolean> {
  const file = join(dataDir, "up.open.html");
  await rm(file, { force: true });
  const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${link}"><title>statehive</title>`;
  await writeFile(file, page, { mode: 0o600, flag: "wx" });
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  return await new Promise((resolve) => {
    const child = spawn(program, [pathToFileURL(file).href], { detached: true, stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
