/**
 * Log entries, conversations and sessions as they are stored: deflated against words that nearly every entry is made of, because every byte of a
 * step is written to the append-only file, synced and read back at a restart. A log entry of 1.1 KB takes some 230.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Shorter bodies gain nothing. Characters. */
const PACK_FROM = 256;
/** Longest body that is unpacked, in bytes: what a hostile store may make of a few bytes has an end. */
const UNPACKED_MAX_BYTES = 64 * 1_024 * 1_024;
/** A small window: entries are small, and setting up a large one takes longer than packing with it. */
const SETTINGS = { level: 6, memLevel: 3, windowBits: 12 };

/**
 * Never to be changed: what is stored can only be read with exactly this text. Another dictionary needs another form,
 * told from this one by how it begins. What is commonest stands last: nearness is cheap.
 */
const WORDS = Buffer.from(
  [
    '{"v":1,"machine":"coordinator@1#","version":1,"cause":{"input":{"actor":"a_coordinator","graph":[{"id":"","agentType":"general","needs":[],"limits":{"turnsMax":50,"attemptsMax":6,"remindersMax":2,"rejectionsMax":2,"parallelMax":8},"attemptsMax":1}],"parallelMax":1,"tolerateFailures":false}},"by":{"mail":"start"},"state":"planning',
    '{"type":"command.matched","query":"run","candidates":["run"],"choice":"run"},{"type":"run.started","goal":"","kind":"run","tasks":1,"model":"claude-"},{"type":"task.routed","task":"goal","agentType":"general","to":"a_goal","reason":"it stands on nothing else"}',
    '{"type":"run.completed","reasons":[]}{"type":"run.failed","reasons":["{"type":"task.settled","task":"","actor":"a_","status":"verified","result":"res_","reasons":[]}',
    '"parent":"a_coordinator","parentType":"coordinator","standsOn":[],"limits":{"turnsMax":}},"by":{"mail":"a_coordinator.","timer":"retryDelay","armedBy":',
    '{"type":"agent.started","agentType":"explore","task":"","machine":"explore@1#"},{"type":"agent.state","from":"","to":"assembling"}]}"cause":{"event":{"type":"session.assembled","tools":,"systemHash":"',
    '{"type":"context.loaded","sources":["prompt","brief"],"bytes":},{"type":"registry.built","tools":["AstSearch","Bash","Edit","Glob","Grep","Probe","Read","Report","Write"],"excluded":[],"hash":"',
    '"cause":{"event":{"type":"model.failed","turn":,"reason":"","retry":true,"delayMs":,"counts":true}},{"type":"model.failed","effect":"","turn":,"reason":"","message":"","retry":true,"usage":{"inputTokens":0,"outputTokens":0,"cacheReadTokens":0,"cacheWriteTokens":0,"estimated":true}},{"type":"retry.scheduled","turn":,"attempt":1,"delayMs":',
    '{"actor":"a_goal","call":"toolu_","tool":"Read","agentType":"general","handler":"worker","policy":"","inputHash":"","decision":"allow","risk":"read-only","rule":"built-in.read-only","reason":"',
    '{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_01","content":"{"role":"assistant","content":[{"type":"text","text":""},{"type":"tool_use","id":"toolu_01","name":"Read","input":{"file_path":""}}],"tokens":,"model":"claude-"}\\n',
    '{"type":"message.taken","cause":"","changed":false}{"type":"message.started","from":"report_missing","bytes":0}{"type":"tool.refused","call":"toolu_","tool":"","reason":"denied ({"type":"tool.failed"',
    '{"type":"result.reported","call":"toolu_","outcome":"done"},"report":{"call":"toolu_","outcome":"done","notDone":[]}},"state":"verifying"{"type":"result.verified","result":"res_","task":""}"state":"completed"',
    '{"v":1,"machine":"general@1#","version":2,"cause":{"event":{"type":"tool.finished","call":"toolu_01","ok":true}},"by":{"effect":"r_/a_goal/0.3:0"},"state":"thinking.calling","hash":"","events":[{"type":"tool.finished","effect":"r_/a_goal/0.3:0","call":"toolu_01","tool":"Read","bytes":,"tookMs":},{"type":"agent.state","from":"executing","to":"thinking.calling"},{"type":"model.called","effect":"r_/a_goal/0.4:0","turn":1,"attempt":0},{"type":"budget.reserved","effect":"r_/a_goal/0.4:0","tokens":,"nanoUsd":}]}',
    '{"v":1,"machine":"general@1#","version":3,"cause":{"event":{"type":"model.answered","turn":0,"stop":"tool_use","calls":[{"id":"toolu_01","tool":"Read","inputHash":"","risk":"read-only","repeat":"safe","status":"judged"}],"report":null}},"by":{"effect":"r_/a_goal/0.2:0"},"state":"executing","hash":"","events":[{"type":"model.answered","effect":"r_/a_goal/0.2:0","turn":0,"stop":"tool_use","calls":1,"model":"claude-","request":"req_01","transcript":1,"usage":{"inputTokens":,"outputTokens":,"cacheReadTokens":,"cacheWriteTokens":}},{"type":"tool.matched","call":"toolu_01","tool":"Read","query":"Read","candidates":["Read"],"choice":"Read"},{"type":"permission.decided","call":"toolu_01","tool":"Read","decision":"allow","risk":"read-only","rule":"built-in.read-only","reason":"reads inside the workspace, changes nothing"},{"type":"budget.settled","effect":"r_/a_goal/0.2:0","tokens":,"nanoUsd":},{"type":"agent.state","from":"thinking.calling","to":"executing"},{"type":"tool.intended","effect":"r_/a_goal/0.3:0","call":"toolu_01","tool":"Read","input":{"file_path":"src/',
  ].join("\n"),
);

/** What packed text begins with, and nothing else does: stored values are JSON. */
const MARK = "~";

export function packed(text: string): string {
  if (text.length < PACK_FROM && !text.startsWith(MARK)) return text;
  return MARK + deflateRawSync(text, { ...SETTINGS, dictionary: WORDS }).toString("base64");
}

/** The other way round. Throws where the text was not packed by {@link packed}: the store was written by something else. */
export function unpacked(text: string): string {
  if (!text.startsWith(MARK)) return text;
  return inflateRawSync(Buffer.from(text.slice(MARK.length), "base64"), {
    windowBits: SETTINGS.windowBits,
    dictionary: WORDS,
    maxOutputLength: UNPACKED_MAX_BYTES,
  }).toString();
}
