/** What one agent may draw from while it works: the deferred tools of its pool, and the skills it may open. */
import type { FoundTool, Shelf } from "../../registry/shelf.ts";
import type { ToolDeclaration } from "../../registry/tool.ts";
import { inputSchema } from "../../registry/tools/index.ts";
import type { RunCapabilities } from "./capabilities.ts";
import type { Session } from "./session.ts";

const NO_SKILLS: Pick<Shelf, "skills" | "openSkill"> = {
  skills: [],
  openSkill: (name) => Promise.reject(new Error(`there is no skill ${name}`)),
};

export function shelfOf(
  session: Pick<Session, "tools" | "deferred">,
  capabilities: RunCapabilities,
  skills: Pick<Shelf, "skills" | "openSkill"> = NO_SKILLS,
): Shelf {
  const deferred = new Set(session.deferred);
  const offered = new Set(session.tools.map(({ name }) => name));
  return {
    ...skills,
    search: (query, limit) =>
      capabilities
        .index()
        .find(query, { limit, among: (name) => deferred.has(name) })
        .map(foundTool),
    tool(name) {
      const tool = deferred.has(name) ? capabilities.named(name) : undefined;
      return tool === undefined ? undefined : foundTool(tool);
    },
    offered: (name) => offered.has(name),
  };
}

const foundTool = (tool: ToolDeclaration): FoundTool => ({
  name: tool.name,
  description: tool.description,
  inputSchema: inputSchema(tool),
});
