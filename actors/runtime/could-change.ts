/** Whether an agent of a run could change a file there, if somebody allowed its call: what it lacks no one can allow. */
import { isTakenAway } from "../../registry/permission/denied-tools.ts";
import type { Mode } from "../../registry/permission/question.ts";
import { toolNamed } from "../../registry/tools/index.ts";
import type { AgentType } from "../types/define.ts";

export interface Allowing {
  readonly mode: Mode;
  readonly deniedTools: readonly string[];
}

export function couldChange(
  type: Pick<AgentType, "acts" | "tools" | "plugins" | "pluginTools">,
  { mode, deniedTools }: Allowing,
): boolean {
  if (mode !== "edit" || !type.acts) return false;
  const left = type.tools.filter((name) => toolNamed(name)?.loadDeed !== undefined && !isTakenAway(deniedTools, name));
  // What a plugin's tool does, nobody here knows.
  return left.length > 0 || (type.plugins === "all" && type.pluginTools?.length !== 0);
}
