/**
 * Log entries, conversations and sessions as they are stored: deflated against words that nearly every entry is made of, because every byte of a
 * step is written to the append-only file, synced and read back at a restart. A log entry of 1.1 KB takes some 170. What is packed is no text:
 * replies that may hold it are read as bytes, and no script looks into it.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Shorter bodies gain nothing. Characters. */
const PACK_FROM = 256;
/** Longest body that is unpacked, in bytes: what a hostile store may make of a few bytes has an end. */
const UNPACKED_MAX_BYTES = 64 * 1_024 * 1_024;
/** A small window: entries are small, and setting up a large one takes longer than packing with it. */
const SETTINGS = { level: 6, memLevel: 4, windowBits: 13 };

/**
 * Never to be changed: what is stored can only be read with exactly this text. Another dictionary needs another form,
 * told from this one by how it begins. What is commonest stands last: nearness is cheap.
 */
const WORDS = Buffer.from(
  [
    // What any program and any answer is made of, whatever the language: the conversation's share.
    " because should would which their there where when what that this with from have been will into only other each every before after between without through against does cannot must never already about more than first last same still also not are was were has its and for the a of to in is it on by at be as an or if ",
    String.raw`\n\ndef __init__(self, ):\n        self.\n    return None\n    raise ValueError(\"\n    for  in range(len(\n    if not  is None:\n        print(f\"\nfrom typing import \nclass (object):\n#include <stdio.h>\nfunc (err error) {\n\tif err != nil {\n\t\treturn nil, err\n\t}\npub fn  -> Result<String, Error> {\n    let mut  = Vec::new();\n`,
    String.raw`expect(await ).toBe();\n});\n\ndescribe(\"it(\"should throw new Error(\`\${undefined}\`);\n  } catch (error) {\n  try {\n    console.log(JSON.stringify(process.env.\n  async function  Promise<void> {\n  } else if (typeof value === \"string\") {\n  for (const [key, value] of Object.entries(.map((item) => ).filter(.length === 0).join(\", \")\n  return new Map();\n  private readonly \n  switch (event.type) {\n    case \"default:\n`,
    String.raw`/**\n * @param @returns The number\n */\nexport interface  {\n  readonly name: string;\n  readonly id: number | null;\n  boolean, unknown>\n}\n\nexport const  = (\nexport function (): string[] {\n  const result = \nimport type {  } from \"./\nimport {  } from \"../`,
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
    '{"v":1,"version":2,"cause":{"event":{"type":"tool.finished","call":"toolu_01","ok":true}},"by":{"effect":"\x010.3:0"},"state":"thinking.calling","hash":"","events":[{"type":"tool.finished","effect":"\x010.3:0","call":"toolu_01","tool":"Read","bytes":,"tookMs":},{"type":"agent.state","from":"executing","to":"thinking.calling"},{"type":"model.called","effect":"\x010.4:0","turn":1,"attempt":0},{"type":"budget.reserved","effect":"\x010.4:0","tokens":,"nanoUsd":}],"said":1}',
    '{"v":1,"version":3,"cause":{"event":{"type":"model.answered","turn":0,"stop":"tool_use","calls":[{"id":"toolu_01","tool":"Read","inputHash":"","risk":"read-only","repeat":"safe","status":"judged"}],"report":null}},"by":{"effect":"\x010.2:0"},"state":"executing","hash":"","events":[{"type":"model.answered","effect":"\x010.2:0","turn":0,"stop":"tool_use","calls":1,"model":"claude-","request":"req_01","transcript":1,"usage":{"inputTokens":,"outputTokens":,"cacheReadTokens":,"cacheWriteTokens":}},{"type":"tool.matched","call":"toolu_01","tool":"Read","query":"Read","candidates":["Read"],"choice":"Read"},{"type":"permission.decided","call":"toolu_01","tool":"Read","decision":"allow","risk":"read-only","rule":"built-in.read-only","reason":"reads inside the workspace, changes nothing"},{"type":"budget.settled","effect":"\x010.2:0","tokens":,"nanoUsd":},{"type":"agent.state","from":"thinking.calling","to":"executing"},{"type":"tool.intended","effect":"\x010.3:0","call":"toolu_01","tool":"Read","input":{"file_path":"src/',
  ].join("\n"),
);

/** What packed text begins with, and nothing else that is stored beside it does: plain values are JSON. */
const MARK = Buffer.from("~");

export function packed(text: string): string | Buffer {
  if (text.length < PACK_FROM && !text.startsWith("~")) return text;
  return Buffer.concat([MARK, deflateRawSync(text, { ...SETTINGS, dictionary: WORDS })]);
}

/** The other way round. Throws where it was not packed by {@link packed}: the store was written by something else. */
export function unpacked(stored: Buffer): string {
  if (stored[0] !== MARK[0]) return stored.toString();
  return inflateRawSync(stored.subarray(MARK.length), {
    windowBits: SETTINGS.windowBits,
    dictionary: WORDS,
    maxOutputLength: UNPACKED_MAX_BYTES,
  }).toString();
}
