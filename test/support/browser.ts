/**
 * Debian's Chromium, driven by playwright-core, which brings none of its own. Where there is none it is installed, if this
 * process may; where it may not, whoever asks gets null and skips loudly.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const INSTALL_MS = 240_000;

const found = (): string | undefined => PLACES.find((path) => existsSync(path));

const isDebian = (): boolean =>
  existsSync("/etc/os-release") && /^ID(_LIKE)?=.*debian/m.test(readFileSync("/etc/os-release", "utf8"));

function installed(): string | undefined {
  if (process.getuid?.() !== 0 || !isDebian()) return undefined;
  const options = {
    stdio: "ignore",
    timeout: INSTALL_MS,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  } as const;
  try {
    execFileSync("apt-get", ["update"], options);
    execFileSync("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], options);
  } catch {
    return undefined;
  }
  return found();
}

/** Path of a Chromium; null where there is none and none can be had, which is said on stderr. */
export function browserPath(): string | null {
  const path = found() ?? installed();
  if (path !== undefined) return path;
  process.stderr.write(
    "\nSKIPPED: no Chromium, and it cannot be installed here: the page is NOT tested in a browser.\n\n",
  );
  return null;
}

export const openBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    // Root has no sandbox of Chromium's own; the page is ours, and comes from this machine.
    args: ["--disable-dev-shm-usage", "--disable-gpu", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
  });

/** Everything that the page complained about, and every address that it asked for. */
export interface Watched {
  readonly page: Page;
  readonly complaints: string[];
  readonly asked: string[];
}

export async function watchedPage(
  browser: Browser,
  options: { readonly dark?: boolean; readonly phone?: boolean; readonly cookiesOf?: Page } = {},
): Promise<Watched> {
  const context =
    options.cookiesOf?.context() ??
    (await browser.newContext({
      colorScheme: options.dark === true ? "dark" : "light",
      viewport: options.phone === true ? { width: 390, height: 844 } : { width: 1280, height: 860 },
    }));
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => asked.push(request.url()));
  return { page, complaints, asked };
}
