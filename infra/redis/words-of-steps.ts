/**
 * What log entries and audit rows are made of, the commonest first: `word-code.ts` writes each as its place in this list, and says what
 * the signs in it stand for. Drawn from recorded logs. Never to be changed without another number in `stored-layout.ts`.
 */
export const STEP_WORDS = String.raw`
0¦1¦.¦:0"¦c¦e¦"¦a¦d¦u¦2¦⌗¦l¦ ¦s¦000¦t¦ing¦{"v":¦o¦b¦in¦p¦␃¦h¦,"version":¦f¦-¦en¦},"state":"¦,"hash":"¦or¦50¦k¦}¦al¦:¦m¦\"¦th¦r¦15¦i¦
le¦,"turn":¦,"nanoUsd":¦,"tokens":¦n¦g¦3¦4¦6¦is¦8¦x¦co¦5¦re¦at¦er¦te¦,"call":"toolu_¦ed¦w¦v¦,"attempt":¦
},{"type":"budget.reserved","effect":"§¦,¦}],"said":¦,"cause":{"event":{"type":"model.answered","turn":¦13¦11¦9¦#¦@¦35¦ti¦y¦12¦16¦14¦
ng¦,"model":"claude-¦7¦10¦st¦","transcript":¦17¦51¦,"cacheWriteTokens":¦,"cacheReadTokens":¦,"outputTokens":¦,"usage":{"inputTokens":¦
","events":[{"type":"model.answered","effect":"§¦","request":"req_¦}},{"type":"tool.matched","call":"toolu_¦
,"stop":"tool_use","calls":¦","ok":true}},"by":{"effect":"§¦se¦00¦src/¦,"rejectionsMax":¦,"remindersMax":¦,"attemptsMax":¦
,"parallelMax":¦","call":"toolu_¦","task":"¦_¦}}],"said":¦,"tookMs":¦,"cause":{"event":{"type":"tool.finished","call":"toolu_¦
","events":[{"type":"tool.finished","effect":"§¦,"stop":"tool_use","calls":[{"id":"toolu_¦.ts"¦
},{"type":"agent.state","from":"thinking.calling","to":"executing"},{"type":"tool.intended","effect":"§¦
},{"type":"agent.state","from":"executing","to":"thinking.calling"},{"type":"model.called","effect":"§¦","inputHash":"¦{"actor":"a_¦
de¦24¦18¦it¦19¦","version":¦an¦25¦"},{"type":"agent.state","from":"¦33¦,"machine":"¦","machine":"¦32¦ou¦20¦
","risk":"read-only","repeat":"safe","status":"judged"}],"report":null}},"by":{"effect":"§¦36¦40¦},"attemptsMax":¦","actor":"a_¦55¦26¦
,"cause":{"event":{"type":"task.settled","task":"¦"},"state":"assembling","hash":"¦,"cause":{"input":{"actor":"a_¦
","to":"assembling"}]}¦}}},"by":{"mail":"a_¦65¦
","parent":"a_coordinator","parentType":"coordinator","standsOn":[],"limits":{"turnsMax":¦
,"cause":{"event":{"type":"session.assembled"}},"by":{"effect":"§¦on¦me¦73¦
","events":[{"type":"agent.state","from":"assembling","to":"thinking.calling"},{"type":"model.called","effect":"§¦22¦28¦75¦38¦39¦ of ¦
ent¦","events":[{"type":"agent.state","from":"¦30¦41¦52¦81¦j¦21¦46¦},{"id":"¦","outcome":"done","notDone":[]}}},"by":{"effect":"§¦[¦(¦
29¦42¦},{"type":"¦,"reasons":["¦","tool":"Read","inputHash":"¦{¦ing","to":"¦","type":"input"}]}¦
","tool":"Read","query":"Read","candidates":["Read"],"choice":"Read"},{"type":"permission.decided","call":"toolu_¦]¦05¦
","tool":"Read","input":{"file_path":"¦","tool":"Read","bytes":¦
","tool":"Read","decision":"allow","risk":"read-only","rule":"built-in.read-only","reason":"reads inside the workspace, changes nothing"},{"type":"budget.settled","effect":"§¦
","events":[{"type":"agent.state","from":"verifying","to":"completed"},{"type":"result.verified","result":"res_¦
,"cause":{"event":{"type":"result.verified"}},"by":{"effect":"§¦","reason":"it stands on nothing else"}],"sent":[{"to":"a_¦
"}],"sent":[{"to":"a_coordinator","type":"task.settled"}]}¦","status":"verified","result":"res_¦","reasons":[]}},"by":{"mail":"a_¦)¦
34¦37¦
","decision":"allow","risk":"read-only","rule":"built-in.read-only","reason":"reads inside the workspace, changes nothing","sandbox":"none","mode":"edit"}¦
","decision":"allow","risk":"read-only","rule":"built-in.read-only","reason":"reads inside the workspace, changes nothing","sandbox":"full","mode":"edit"}¦
","tool":"Read","agentType":"explore","handler":"worker","policy":"¦,"stop":"tool_use","calls":[],"report":{"call":"¦
"},"state":"supervising.watching","hash":"¦45¦","events":[{"type":"agent.state","from":"thinking.calling","to":"verifying"}],"said":¦
O¦31¦44¦","reason":"¦23¦27¦72¦","to":"¦A¦B¦}]}¦56¦","tool":"Bash","inputHash":"¦ar¦"}]}¦43¦92¦
","tool":"Bash","query":"Bash","candidates":["Bash"],"choice":"Bash"},{"type":"permission.decided","call":"toolu_¦
","risk":"mutating","repeat":"check","status":"judged"}],"report":null}},"by":{"effect":"§¦
","tool":"Bash","agentType":"general","handler":"worker","policy":"¦","tool":"Bash","input":{"file_path":"¦
"},{"type":"task.routed","task":"¦","tool":"Bash","bytes":¦
","events":[{"type":"message.taken","cause":"task.settled","changed":true}]}¦
","reason":"it stands on nothing else"},{"type":"task.routed","task":"¦
","events":[{"type":"agent.started","agentType":"explore","task":"¦"},{"type":"result.rejected","result":"res_¦
","agentType":"explore","to":"a_¦","type":"input"},{"to":"a_¦ro¦","tool":"Write","inputHash":"¦}],"parallelMax":¦
","events":[{"type":"command.matched","query":"run","candidates":["run"],"choice":"run"},{"type":"run.started","goal":"¦
"},{"type":"agent.started","agentType":"coordinator","task":"¦,"cause":{"input":{"actor":"a_coordinator","graph":[{"id":"¦
","agentType":"explore","needs":[],"limits":{"turnsMax":¦","kind":"run","tasks":¦69¦58¦
","events":[{"type":"agent.started","agentType":"general","task":"¦","agentType":"general","to":"a_¦S¦
","branch":null}},"by":{"mail":"start"},"state":"supervising.watching","hash":"¦,"tolerateFailures":false,"seed":"r_¦80¦
","events":[{"type":"agent.state","from":"thinking.calling","to":"¦","agentType":"general","needs":[],"limits":{"turnsMax":¦59¦95¦96¦
","call":"¦","events":[{"type":"agent.started","agentType":"verify","task":"¦","agentType":"verify","to":"a_¦,"cause":{"¦M¦,"call":"¦
","agentType":"verify","needs":[],"limits":{"turnsMax":¦,"stop":"tool_use","report":null,"calls":[{"id":"¦§¦77¦ne¦03¦84¦es¦
"}},"by":{"effect":"§¦66¦","events":[{"type":"task.routed","task":"¦D¦06¦60¦","bytes":¦R¦,"tool":"¦,"reason":"¦,"reasons":[]¦
"},"state":"completed","hash":"¦57¦63¦]}},"by":{"¦,"model":"¦"]}]}¦
","tool":"Grep","decision":"allow","risk":"read-only","rule":"built-in.read-only","reason":"reads inside the workspace, changes nothing"},{"type":"budget.settled","effect":"§¦
","events":[{"type":"agent.state","from":"thinking.calling","to":"executing"},{"type":"tool.intended","effect":"§¦
","tool":"Grep","query":"Grep","candidates":["Grep"],"choice":"Grep"},{"type":"permission.decided","call":"toolu_¦
"},{"type":"budget.settled","effect":"§¦","tool":"Grep","inputHash":"¦","tool":"Grep","bytes":¦"}},"by":{"mail":"¦02¦49¦53¦61¦76¦85¦
99¦,"events":[{"¦
","tool":"AstSearch","decision":"allow","risk":"read-only","rule":"built-in.read-only","reason":"reads inside the workspace, changes nothing"},{"type":"budget.settled","effect":"§¦
","tool":"Glob","decision":"allow","risk":"read-only","rule":"built-in.read-only","reason":"reads inside the workspace, changes nothing"},{"type":"budget.settled","effect":"§¦
","tool":"Write","decision":"allow","risk":"mutating","rule":"config.allow Write","reason":"the configuration allows it"},{"type":"budget.settled","effect":"§¦
","tool":"Bash","decision":"allow","risk":"mutating","rule":"config.allow Bash","reason":"the configuration allows it"},{"type":"budget.settled","effect":"§¦
","tool":"Edit","decision":"allow","risk":"mutating","rule":"config.allow Edit","reason":"the configuration allows it"},{"type":"budget.settled","effect":"§¦
","decision":"allow","risk":"mutating","rule":"config.allow Write","reason":"the configuration allows it","sandbox":"full","mode":"edit"}¦
","decision":"allow","risk":"mutating","rule":"config.allow Bash","reason":"the configuration allows it","sandbox":"full","mode":"edit"}¦
","decision":"allow","risk":"mutating","rule":"config.allow Edit","reason":"the configuration allows it","sandbox":"full","mode":"edit"}¦
","tool":"Write","query":"Write","candidates":["Write"],"choice":"Write"},{"type":"permission.decided","call":"toolu_¦
","tool":"Glob","query":"Glob","candidates":["Glob"],"choice":"Glob"},{"type":"permission.decided","call":"toolu_¦
","tool":"Edit","query":"Edit","candidates":["Edit"],"choice":"Edit"},{"type":"permission.decided","call":"toolu_¦
","candidates":["AstSearch"],"choice":"AstSearch"},{"type":"permission.decided","call":"toolu_¦
","risk":"destructive","repeat":"unsafe","status":"judged"}],"report":null}},"by":{"effect":"§¦
","risk":"mutating","repeat":"unsafe","status":"judged"}],"report":null}},"by":{"effect":"§¦
","tool":"Bash","decision":"allow","risk":"destructive","rule":"silence","reason":"¦
","tool":"AstSearch","agentType":"general","handler":"worker","policy":"¦
","decision":"allow","risk":"destructive","rule":"silence","reason":"¦
","tool":"Write","agentType":"general","handler":"worker","policy":"¦
","tool":"Grep","agentType":"general","handler":"worker","policy":"¦
","tool":"Glob","agentType":"general","handler":"worker","policy":"¦
","tool":"Edit","agentType":"general","handler":"worker","policy":"¦,"cause":{"event":{"type":"model.failed","turn":¦
","tool":"AstSearch","input":{"file_path":"¦","tool":"Write","input":{"file_path":"¦","tool":"Grep","input":{"file_path":"¦
","tool":"Glob","input":{"file_path":"¦","tool":"Edit","input":{"file_path":"¦","tool":"AstSearch","inputHash":"¦
","sandbox":"full","mode":"edit"}¦","tool":"AstSearch","query":"¦","tool":"Glob","inputHash":"¦","tool":"Edit","inputHash":"¦
","tool":"AstSearch","bytes":¦","tool":"Write","bytes":¦","tool":"Glob","bytes":¦","tool":"Edit","bytes":¦87¦
","status":"failed","result":"res_¦ion¦{"type":"¦","risk":"mutating","repeat":"unsafe","status":"judged"}]}},"by":{"effect":"§¦
","tool":"Write","input":{}}],"said":¦},{"type":"model.called","effect":"§¦","effect":"§¦"},"state":"thinking.calling","hash":"¦
,"counts":true}},"by":{"effect":"§¦/¦
","events":[{"type":"agent.state","from":"executing","to":"thinking.calling"},{"type":"model.called","effect":"§¦
},{"type":"agent.state","from":"assembling","to":"thinking.calling"},{"type":"model.called","effect":"§¦
,"cause":{"event":{"type":"tool.finished","call":"¦,\"parallelMax\":¦"}},"by":{"mail":"a_¦q¦
","candidates":["Report"],"choice":"Report"},{"type":"result.reported","call":"toolu_¦
},{"type":"agent.state","from":"thinking.calling","to":"verifying"}],"said":¦","outcome":"done"},{"type":"budget.settled","effect":"§¦
,"stop":"tool_use","calls":[],"report":{"call":"toolu_¦","tool":"Report","query":"¦47¦64¦89¦}},"by":{"¦
","to":"thinking.calling"},{"type":"model.called","effect":"§¦T¦z¦86¦,"type":"¦],"limits":{"¦"},"state":"cancelled","hash":"¦
","allowed":true,"by":"¦,\"rejectionsMax\":¦,\"remindersMax\":¦,\"attemptsMax\":¦68¦70¦,"risk":"¦]}],"said":¦
,"sent":[{"to":"a_coordinator","type":"task.settled"}]}¦","status":"exhausted","result":"res_¦04¦07¦48¦62¦88¦90¦93¦98¦,"stop":"¦
,"systemHash":"¦,"armedBy":¦","events":[{"type":"context.loaded","sources":["prompt","brief"],"bytes":¦
,"cause":{"event":{"type":"result.rejected","reasons":["evidence[¦,"cause":{"event":{"type":"session.assembled","tools":¦
","retry":false,"delayMs":¦","retry":true,"delayMs":¦},"by":{"mail":"¦G¦he¦,"from":"¦,"agentType":"¦,"status":"¦]}],"sent":[{"¦
}],"base":{"¦,"timers":[]¦,"needs":["¦,"state":"¦,"rows":{"¦,"core":"¦","events":[{"type":"agent.state","from":"executing","to":"¦
,"cause":{"event":{"type":"approval.answered","approval":"¦","events":[{"type":"approval.requested","approval":"¦
","events":[{"type":"approval.answered","approval":"¦,"cause":{"event":{"type":"agent.cancel","reason":"¦
,"events":[{"type":"agent.forked","machine":"¦","status":"cancelled","result":"res_¦"},{"type":"message.started","from":"¦
"},"state":"cancelling","hash":"¦"}]}},"by":{"effect":"§¦"}],"said":¦","ttlMs":¦,"calls":[],"report":null}},"by":{"¦L¦
,"nanoUsdLeft":null¦},{"type":"agent.state","from":"thinking.calling","to":"¦
","events":[{"type":"agent.state","from":"verifying","to":"thinking.calling"},{"type":"message.started","from":"¦
"},"state":"failed","hash":"¦,"stop":"end_turn","calls":[],"report":null}},"by":{"effect":"§¦F¦W¦,"result":"res_¦,"repeat":"¦
,"input":{¦
,"sandbox":"full"},{"type":"registry.built","tools":["AstSearch","Bash","Glob","Grep","Probe","Read","Report"],"excluded":["Edit","WebFetch","Write"],"hash":"¦
","events":[{"type":"agent.state","from":"executing","to":"reconciling"}]}¦
","events":[{"type":"context.loaded","sources":["brief:goal"],"bytes":¦
","risk":"mutating","repeat":"safe","status":"asking","approval":"¦","tool":"Bash","risk":"mutating","rule":"silence","reason":"¦
,"cause":{"event":{"type":"tool.interrupted","call":"¦,"cause":{"event":{"type":"tool.reconciled","call":"¦
,"cause":{"event":{"type":"tool.unknown","call":"¦","events":[{"type":"message.started","from":"¦
"},"state":"supervising.resting","hash":"¦","type":"agent.cancel"},{"to":"a_¦","allowed":false,"by":"¦"}],"sent":[{"to":"a_¦
},\"attemptsMax\":¦}}"},"hash":"¦,\"order\":¦N¦,"rule":"¦"},"state":"exhausted","hash":"¦␛¦;¦}},{"type":"¦,"input":{"¦H¦08¦74¦83¦
}}},"by":{"¦,"parentType":"¦,"parent":"a_¦,"outcome":"¦"message.taken"¦,"changed":true¦,"cause":"¦,"seed":"r_¦},"hash":"¦
"},"state":"executing","hash":"¦67¦,"decision":"¦P¦54¦78¦79¦}],"report":null¦,"query":"¦,"calls":¦,"delayMs":¦,"retry":false¦
,"retry":true¦","turn":¦"}}],"said":¦!¦$¦%¦&¦'¦*¦+¦<¦=¦>¦?¦C¦E¦I¦J¦K¦Q¦U¦V¦X¦Y¦Z¦\¦^¦´¦|¦~¦01¦09¦71¦82¦91¦94¦97¦test/¦claude-¦
toolu_01¦file_path¦io¦.md¦.js¦.py¦\n¦,"effect":"§¦,"to":"¦,"inputHash":"¦,"task":"¦"agent.state"¦,"candidates":["¦"model.answered"¦
,"request":"req_¦,"transcript":¦],"choice":"¦"tool.finished"¦,"calls":[{"¦,"sandbox":"¦,"usage":{"¦,"handler":"¦,"limits":{"¦
,"policy":"¦,"ok":true¦,"bytes":¦,"mode":"¦}],"sent":[{"¦"agent.started"¦,"standsOn":[]¦,"actor":"a_¦,"needs":[]¦,"calls":[]¦
,"to":"a_¦,"notDone":[]¦,"report":{"¦,"tolerateFailures":false¦"command.matched"¦,"report":null¦},{"to":"a_¦,"branch":null¦
,"graph":[{"¦,"approval":"¦,"goal":"¦,"kind":"¦,"tasks":¦}]}},"by":{"¦"task.routed"¦"start"¦"context.loaded"¦,"counts":true¦
,"sources":["¦"approval.requested"¦,"allowed":true¦"approval.answered"¦],"bytes":¦"agent.forked"¦,"by":"¦,"sent":[{"¦},"by":{"¦
,"tools":¦,"ttlMs":¦"brief"¦","tokens":¦"},"state":"verifying","hash":"¦","to":"completed"},{"type":"run.completed","reasons":[]}]}¦
"},"state":"thinking.backingOff","hash":"¦"},"state":"awaitingApproval","hash":"¦","place":"here"}},"by":{"effect":"§¦
"},"state":"reconciling","hash":"¦,"calls":[],"report":null¦,"report":null}},"by":{"
¦{"type":¦","results":[],"deadlineMs":null,"budget":null,"model":null,"earlier":[],"topics":[]}}¦"effect":"§0.
¦"limits":{"turnsMax":50,"attemptsMax":6,"remindersMax":2,"rejectionsMax":2,"parallelMax"¦"cause":{"event":{"¦agent.state","from":
¦"parent":"a_coordinator","parentType":"coordinator","standsOn":[¦","events":[{
¦"Edit","Glob","Grep","Read","Report","ToolSearch","UseTool","WebFetch","Write"],"deferred":["AstSearch¦"v":1,"version"¦"},"state":
¦}},"by":{¦"agentType":"general",¦Send"],"excluded":["Skill"],"reasons":[{"reason":"there is no skill that it could open","tools
¦":"thinking.calling"¦,"hash":¦","task":
¦risk":"read-only","rule":"question.ask","reason":"an agent asks, and waits for the answer in words
¦"turn":0,"stop":"tool_use","calls¦"to":"¦"actor":"a_¦":"assembling"¦"tool":"AskParent","¦":"supervising.watching",¦","to"
¦":8},"terms":{"brief¦":{"mail":"a_¦"machine":"general@1#¦"§0.2:¦"cause":{"event":¦","events":[¦"question¦"thinking.calling"
¦"tool":"Bash","¦assembling"¦"limits":{"turnsMax":24,"attemptsMax":6,"remindersMax":2,"rejectionsMax"¦"call":"toolu_
¦"policy":"engine-3","order":0,"input":¦:8},"terms":{"brief¦"supervising.watching"¦model.answered",
¦"risk":"read-only","rule":"built-in.read-only","reason":"reads inside the workspace, changes nothing"},
¦"usage":{"inputTokens":50,"outputTokens¦"cacheReadTokens":0,"cacheWriteTokens"¦],"said":1¦,"reasons":[
¦"registry.built","tools":["AskParent","Bash",¦"risk":"unknown","rule":¦"version":1,"cause":{"input":{
¦","modelBy":"run","tier":"medium"},¦"budget.reserved",¦"turn":0,"attempt"¦approval.requested","approval":¦,"status":¦","result":
¦inputHash":"¦,"nanoUsd"¦"message.started","from":"brief","bytes¦"model":"claude¦:8},"attemptsMax"¦"session.assembled"¦coordinator
¦:1:toolu_¦"model.called",¦"mail":"a_¦"task.settled¦"v":1,¦query":"AskParent","candidates":["AskParent"],"choice":"AskParent"},
¦message.taken","cause":¦{"id":"¦agent.started",¦,"sent":[{¦","agent":"a_¦","agentType":¦,"reason":¦"running","attempt"
¦"outcome":"done","notDone":[¦","type":¦awaitingApproval¦"permission.decided",¦],"report":¦"},"touches":[]
¦query":"Bash","candidates":["Bash"],"choice":¦"budget.settled",¦"changed":true}]¦"sandbox":"full",¦","request":"req
¦"transcript":1,¦","call":¦"needs":[],¦,"parallelMax¦":["Skill"]}]¦"tool.matched",¦"machine":"¦verifying"
¦"risk":"read-only","repeat":¦"risk":"destructive","repeat":¦":null¦completed"¦risk":"unknown","rule":¦"approval":"p_¦:1,"brief
¦decision":"¦"standsOn":[]}¦asked"¦","order":¦"shell.¦"],"bytes"¦","Docs","¦","ttlMs
¦model: the conversation no longer fits the context window¦"stop":"tool_use",¦","stamp":{"¦"run":"r¦failed¦"supervision.decided
¦"agentType":"¦"limits":{"turnsMax":3,"attemptsMax":2,"remindersMax":1,"rejectionsMax"
¦ended without a report: free text is not a result¦"letter.written","letter":"d_¦waiting"¦explore¦":"give-up","attempt"
¦{"command":"¦"turn":¦rejected¦"tool":"Write",¦executing¦exhausted¦","text¦toolu_¦give-up","attempt"¦"task.routed¦verify¦verified
¦model: declined to answer (refusal)¦claimed 11 times without one commit¦"risk":"mutating","repeat":¦"input"¦"unsafe"
¦approval.answered",¦supervising.resting"¦"Bash"},¦":true¦"calls":[¦"tool.intended",¦thinking.backingOff¦result¦"asking",
¦"agent.cancel"}¦interrupted¦"mail":"¦"model¦allowed¦allow",¦,"delayMs"¦,"attempt"¦.open",¦],"topics":[]}¦"safe"¦,"by":¦":false,"
¦"deadlineMs¦":"run¦":[],"¦"tool.¦,"earlier":[¦"version":3,"¦cancelling"¦"judged"}]¦"task":"¦"budget¦":false¦.started","
¦reconciling"¦","retry¦":[]}}¦"report¦.unknown-option","reason":"¦ is not an option known here","policy":"¦"AskParent","¦"Bash","
¦"Edit","¦"Glob","¦"Grep","¦"Read","¦"Report","¦"ToolSearch","¦"UseTool","¦"WebFetch","¦"Write"¦"AstSearch","¦"Skill"¦"Remember","
¦"Recall","¦free text is not a result¦"context.loaded","sources":["brief:¦evidence[0]: 
¦¤"¦¥:0"¦¥:¦"effect":"§¤"¦"effect":"§¥:0"¦"effect":"§¥:¦¤",¦¥:0",¦,"effect":"§¤","¦,"effect":"§¥:0","¦¤","turn":¦¥:0","call":"toolu_¦¥:0","turn":
¦¤","call":"toolu_¦¤","tokens":¦¥:0","tokens":
`;
