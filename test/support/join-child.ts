// Joins the tree of one agent, in a process of its own that may be killed: join-child <isolation as JSON> <actor> <env as JSON>.
import { joinAgentTree } from "../../infra/git/join.ts";

const [, , isolation = "", actor = "", env = ""] = process.argv;
const label = { actor, task: actor.slice(2), result: `res_${actor.slice(2)}`, message: `work of ${actor}` };
const joined = await joinAgentTree(JSON.parse(isolation), label, JSON.parse(env));
process.stdout.write(JSON.stringify(joined));
