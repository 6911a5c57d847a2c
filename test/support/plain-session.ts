/** A session as the judge needs one: these tools in the prompt, and nothing else that would decide. */
import type { Session } from "../../actors/runtime/session.ts";

export const plainSession = (offered: readonly string[], over: Partial<Session> = {}): Session => ({
  v: 1,
  agentType: "general",
  task: "goal",
  model: "m",
  system: [],
  tools: offered.map((name) => ({ name, description: "", inputSchema: {} })),
  deferred: [],
  profile: null,
  contract: {},
  outTokens: { wanted: 1, least: 1 },
  policy: "p",
  grants: [],
  deniedTools: [],
  ...over,
});
