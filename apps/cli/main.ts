#!/usr/bin/env node
/**
 * Where every command begins. What a status bar asks every few seconds goes straight to its answer; all else is read by
 * the parser of the command line.
 */

// Whoever reads stdout may stop reading (`swarm logs … | head`): that is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const [command, flag, ...more] = process.argv.slice(2);
if (command === "status" && flag === "--line" && more.length === 0) {
  const { printLine } = await import("./status-line.ts");
  await printLine();
} else {
  const { carryOut } = await import("./program.ts");
  await carryOut();
}
