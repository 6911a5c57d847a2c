// Prints, as JSON on a line of its own, the address of every module that importing the given one loads. Words after the
// module are its command line.

import { createRequire, register } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { MessageChannel, type MessagePort } from "node:worker_threads";

const hooks = `
let port;
export async function initialize(data) { port = data.port; }
export async function load(url, context, next) { port.postMessage(url); return next(url, context); }`;

async function main(): Promise<void> {
  const urls: string[] = [];
  const { port1, port2 }: { port1: MessagePort; port2: MessagePort } = new MessageChannel();
  port1.on("message", (url: string) => urls.push(url));
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: { port: port2 }, transferList: [port2] });
  const [, , module = "", ...words] = process.argv;
  process.argv.splice(1, Number.POSITIVE_INFINITY, module, ...words);
  await import(pathToFileURL(module).href);
  const required = Object.keys(createRequire(import.meta.url).cache).map((path) => pathToFileURL(path).href);
  // Messages of the loader's thread arrive in order: the last module's is here when this one's is.
  const marker = "data:text/javascript,export default 1";
  await import(marker);
  while (!urls.includes(marker)) await sleep(1);
  port1.close();
  process.stdout.write(`${JSON.stringify([...urls, ...required])}\n`);
}

await main();
