// A process that has the command line loaded and carries out one command after the other, as if each were a process of its
// own: with its arguments, environment and folder, and what it wrote kept apart. Parent and child talk by IPC.
//
// Whatever a command leaves in this process would be seen by the next one: listeners are taken away again, and a command
// that ends its process ends this one.

import { pathToFileURL } from "node:url";

const main = process.argv[2];
const node = process.execPath;
/** Nobody who looks for the processes of a swarm finds this one in its folder between two commands. */
const HOME = "/";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGTSTP", "SIGHUP"];

let commands = 0;

process.on("message", ({ args, env, cwd }) => {
  carryOut(args, env, cwd).then(
    (finished) => process.send(finished),
    (cause) => process.send({ failed: String(cause?.stack ?? cause) }),
  );
});
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

async function carryOut(args, env, cwd) {
  const texts = { stdout: "", stderr: "" };
  const writes = ["stdout", "stderr"].map((stream) => [stream, process[stream].write]);
  for (const [stream] of writes) process[stream].write = keeping(texts, stream);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [node, main, ...args];
  process.exitCode = undefined;
  const before = new Map(["exit", ...SIGNALS].map((event) => [event, new Set(process.listeners(event))]));
  try {
    commands += 1;
    // The entry runs when it is loaded; what it loads then is what the commands before it loaded.
    await import(`${pathToFileURL(main).href}?command=${commands}`);
    return { code: process.exitCode ?? 0, signal: null, ...texts };
  } finally {
    for (const [stream, write] of writes) process[stream].write = write;
    for (const [event, known] of before) {
      for (const listener of process.listeners(event)) if (!known.has(listener)) process.off(event, listener);
    }
    process.stdout.removeAllListeners("error");
    process.chdir(HOME);
    process.exitCode = undefined;
  }
}

function keeping(texts, stream) {
  return (chunk, encoding, callback) => {
    texts[stream] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    const done = typeof encoding === "function" ? encoding : callback;
    if (done !== undefined) process.nextTick(done);
    return true;
  };
}
