/** What ToolSearch promises, as calls that can be made again, over a shelf of two tools. */
import type { FoundTool, Shelf } from "../../shelf.ts";
import type { ToolExample } from "../../tool.ts";

const echo: FoundTool = {
  name: "mcp__srv__echo",
  description: "Gives back what it is given.",
  inputSchema: { type: "object", properties: { text: { type: "string" } } },
};
const add: FoundTool = { name: "mcp__srv__add", description: "Adds numbers.", inputSchema: { type: "object" } };

const shelf: Shelf = {
  search: (query, limit) =>
    [echo, add].filter(({ description }) => description.toLowerCase().includes(query)).slice(0, limit),
  tool: (name) => [echo, add].find((tool) => tool.name === name),
  offered: () => false,
  skills: [],
  openSkill: () => Promise.reject(new Error("there is no skill")),
};

export const examples: readonly ToolExample[] = [
  {
    title: "answers with name, description and input schema of what the words find",
    files: {},
    input: { query: "numbers" },
    shelf,
    ok: true,
    says: ['{"name":"mcp__srv__add","description":"Adds numbers.","input_schema":{"type":"object"}}'],
  },
  {
    title: "finds tools by their exact names",
    files: {},
    input: { query: "select:mcp__srv__add,mcp__srv__echo" },
    shelf,
    ok: true,
    says: ['{"name":"mcp__srv__add"', '{"name":"mcp__srv__echo"'],
  },
  {
    title: "no match is said in words",
    files: {},
    input: { query: "weather" },
    shelf,
    ok: true,
    says: ['No tool matches "weather".'],
  },
  {
    title: "without a shelf there is nothing to be found",
    files: {},
    input: { query: "numbers" },
    ok: false,
    says: ["no more tools"],
  },
  {
    title: "an input without a query is refused at the door",
    files: {},
    input: { limit: 1 },
    ok: false,
    says: ["query"],
  },
];
