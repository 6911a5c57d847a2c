/** The wire between one worker and Redis: cut, refused, slow, replies lost or held back. Each worker has its own wire. */
import { setTimeout as pause } from "node:timers/promises";
import { isScript, type TcpProxy } from "../../support/tcp-proxy.ts";
import type { Disturbance, Profile } from "./profile.ts";

type Break = (wire: TcpProxy, disturbance: Disturbance) => Promise<void>;

const breaks: Readonly<Record<string, Break>> = {
  cut: async (wire) => wire.cut(),
  "refused for a while": async (wire, { random }) => {
    wire.refuse();
    wire.cut();
    await pause(random.between(100, 2_500));
    wire.accept();
  },
  slow: async (wire, { random }) => {
    wire.delayMs = random.between(20, 400);
    await pause(random.between(300, 1_500));
    wire.delayMs = 0;
  },
  "reply of a commit lost": async (wire, { random }) => wire.loseReplies(random.between(1, 3), isScript("commit")),
  "reply of a claim lost": async (wire) => wire.loseReplies(1, isScript("claim")),
  "reply lost": async (wire, { random }) => wire.loseReplies(random.between(1, 4)),
  "reply held back": async (wire, { random }) => {
    let held = false;
    wire.decide = (command) => {
      if (held || command.script !== "commit") return "pass";
      held = true;
      return "stall";
    };
    await pause(random.between(200, 4_000));
    wire.decide = () => "pass";
    if (random.chance(0.5)) wire.release();
    else wire.cut();
  },
};

export const net: Profile = {
  name: "net",
  what: "one worker's wire to Redis cut, refused, slow, replies lost or held back past the command's time",
  fsync: ["always"],
  async disturb(disturbance) {
    const { arena, random, goesOn, rest, tell } = disturbance;
    const under: Promise<void>[] = [];
    while (goesOn()) {
      await rest(30, 500);
      const name = random.pick(Object.keys(breaks));
      const worker = random.pick(arena.living());
      tell(name);
      under.push((breaks[name] as Break)(worker.wire, disturbance));
      if (random.chance(0.2)) await under.at(-1);
    }
    await Promise.all(under);
  },
};
