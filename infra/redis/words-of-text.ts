/**
 * What conversations are made of, the commonest first: `word-code.ts` writes each as its place in this list, and says what the signs in
 * it stand for. Counted over other people's programs and manuals (TypeScript, JavaScript, Python, Markdown) as they look inside JSON.
 * Never to be changed without another number in `stored-layout.ts`.
 */
export const TEXT_WORDS = String.raw`
 ¦´¦s¦-¦.¦p¦_¦1¦(¦e¦i¦d¦f¦a¦0¦o¦u¦n¦r¦'¦t¦c¦m¦[¦S¦g¦T¦, ¦2¦E¦y¦w¦b¦/¦A¦: ¦]¦4¦x¦\n¦h¦C¦l¦k¦}¦I¦5¦\"¦O¦3¦D¦*¦L¦N¦P¦)¦M¦<¦␃¦6¦s ¦8¦e ¦R¦
de¦is¦d ¦at¦ = ¦U¦ar¦ra¦v¦in¦it¦\n\n¦F¦= ¦  ¦or¦a ¦t ¦>¦al¦un¦se¦le¦ne¦   ¦y ¦B¦ma¦il¦{¦9¦nt¦ut¦7¦ri¦j¦. ¦er¦ed¦pa¦on¦()¦"¦ic¦re¦et¦
ce¦an¦ro¦ct¦{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_¦","content":"¦"}]}¦
{"role":"assistant","content":[{"type":"text","text":"¦"},{"type":"tool_use","id":"toolu_¦"}}],"tokens":¦,"model":"claude-¦co¦the ¦z¦
lo¦n ¦pl¦=¦te¦s.¦ir¦:¦ti¦\n    ¦ta¦ts¦es¦ed ¦) ¦W¦ a¦\n  ¦ge¦ve¦+¦,¦Re¦In¦G¦    ¦> ¦\\¦?¦get¦|¦* ¦H¦@¦me¦// ¦to ¦to¦no¦('¦so¦he¦ac¦ (¦
do¦pe¦la¦ing ¦key¦\¦nd¦be¦st¦ul¦m ¦src/¦en¦ss¦su¦J¦| ¦#¦&¦r ¦is ¦{ ¦om¦ck¦ch¦th¦as¦sh¦ot¦bo¦ion¦or ¦ m¦ e¦el¦ c¦pro¦str¦res¦ is ¦con¦
tr¦li¦ o¦!¦q¦in ¦ll¦ing¦an ¦if ¦.\n\n¦code¦;¦ the ¦string¦$¦', ¦', '¦ re¦ol¦?: ¦l ¦ter¦ to ¦s, ¦ho¦per¦ s¦Y¦int¦00¦%¦and ¦for ¦im¦ue¦
as ¦\" ¦es ¦# ¦of ¦not ¦pre¦const ¦Error¦ation¦path¦Type¦V¦ment¦end¦.s¦url¦ and ¦ou¦dis¦type ¦log¦: '¦ser¦act¦od¦ver¦}\n¦it ¦, s¦gin¦
.\n¦va¦;\n    ¦)\n    ¦oo¦name¦be ¦s\n¦ | ¦ly ¦the¦ble¦os¦se ¦ur¦The ¦ite¦na¦\n     * ¦return ¦ in ¦st ¦all¦by ¦K¦ a ¦set¦ for ¦type¦
);\n¦read¦)\n\n¦\")¦with ¦Name¦ of ¦), ¦min¦tra¦\n * ¦use¦.js¦sta¦er ¦true¦","name":"Read","input":{"file_path":"¦al ¦
","name":"Edit","input":{"file_path":"¦","name":"Grep","input":{"pattern":"¦(\"¦pec¦;\n¦this ¦parse¦s: ¦ide¦ode¦if (¦data¦Object¦
that ¦file¦Pro¦Z¦ * ¦Value¦:\n\n¦time¦ction¦:\n         ¦function ¦our¦pos¦ime¦fin¦\n        ¦self.¦new ¦None¦ent¦cur¦Schema¦port¦=\"¦
Key¦gi¦any¦{\n  ¦for¦rea¦false¦use ¦): ¦\n\t¦lin¦]()¦war¦{\n    ¦     ¦mit¦...¦ref¦ity¦ust¦options¦this.¦ion ¦has¦req¦, i¦:\n    ¦
,\n  ¦able¦que¦her¦,\n    ¦) => ¦value¦Map¦inf¦ce ¦null¦ve ¦red¦err¦, e¦met¦schema¦from ¦## ¦lib¦s a¦node¦on ¦ure¦If ¦\n          ¦
) {\n       ¦args¦ext¦line¦list¦, T¦.st¦Node¦you ¦ding¦../¦'s ¦ or ¦tar¦ se¦s = ¦s o¦will ¦start¦')\n¦ste¦val¦s i¦ation ¦pass¦ co¦thi¦
== ¦s the ¦var ¦mber¦add¦ be¦Par¦ch ¦ten¦pend¦X¦Options¦value ¦, p¦Path¦ th¦image¦der¦atc¦) {\n    ¦error¦;\n\t¦, c¦object ¦valid¦
user¦age¦ers¦ile¦, o¦, d¦),\n        ¦});\n¦Parse¦This ¦Con¦che¦):\n        ¦build¦ifie¦\", ¦nal¦create¦Event¦;\n\n¦test¦match¦
of the ¦ - ¦undefined¦self._¦comp¦s a ¦);\n    ¦ with ¦Buffer¦types¦ extends ¦event¦s\n\n¦base¦text¦message¦String¦ase¦, and ¦       ¦
token¦\": ¦ync¦exp¦Header¦ st¦/** ¦cess¦the s¦lic¦\n   * ¦object¦Array¦\n *¦ as ¦resolve¦import ¦bytes¦,\n        ¦Request¦version¦
)\n  ¦ializ¦);\n        ¦source¦array¦');\n¦gnor¦sage¦tool¦used ¦format¦state¦config¦import¦ed to ¦form¦are ¦ool¦request¦\n// ¦name ¦
open¦ par¦interface ¦ === ¦json¦ter ¦:\n        ¦default¦\n\n## ¦ress¦,\n\t¦heade¦]() ¦re ¦ of the ¦server¦State¦_name¦ stri¦ from ¦
Code¦Q¦ = require('¦.\n     */\n¦        ¦input¦lock¦init¦tion¦parser¦register¦ that ¦tion ¦stream¦class¦local¦method¦\n\n### ¦cript¦
Result¦able ¦iome¦␛¦\"\"\"\n    ¦pattern¦le ¦;\n  ¦is a¦from¦~¦\n\n    ¦ption¦direct¦Error ¦result¦cache¦sing¦\n- ¦.\n\n## ¦example¦
client¦)\n        ¦ {\n    ¦output¦string ¦params¦ con¦assert¦est¦File¦def ¦number¦call¦\n *   ¦.\n    ¦errors¦() => ¦    (r¦s to ¦
inter¦, th¦Work¦set ¦pino¦boolean¦.\n\n### ¦back¦: stri¦the\n¦Type ¦names¦sing ¦eturn ¦space¦=== ¦^¦'\n    '\\u¦\n      ¦\n    - ¦
parent¦index.¦word¦group¦]()\n¦ting ¦ pro¦ted ¦ if ¦Base¦comm¦in the ¦resource¦typeof ¦Module¦module¦ator¦all ¦erenc¦orma¦
/**\n     * ¦Node.js ¦allback¦, the ¦s are ¦\nexport ¦;\n}¦char¦elf.¦range¦late¦,\n         ¦return¦package¦exports¦Params¦Option¦
buffer¦tribut¦index¦sion¦',\n        ¦\nconst ¦can¦the c¦throw¦node ¦file ¦one¦cha¦but¦extends ¦class ¦encode¦ = s¦data ¦tri¦validate¦
function¦values¦type: ¦when ¦files¦ren¦allow¦\n\n        ¦compile¦generat¦    r¦>\n\n¦ound¦port ¦>;\n    ¦;\nexport de¦length¦Stream¦
s.\n\n¦\":¦async¦nodes¦field¦.\n- ¦install¦diff¦\n\n    def ¦;\n        ¦) {\n      ¦: string, ¦Promise<¦ ops/sec¦):\n    ¦load¦
decode¦: true¦given ¦],\n    ¦over¦ The ¦pdate¦write¦{\n        ¦filename¦inst¦which ¦remove¦worker¦\"\"\"¦status¦s\n    ¦ing t¦
 runs sample¦js\nconst ¦default ¦',\n    ¦process¦.parse(¦(self, ¦change¦\", \"¦    |¦check¦path ¦)\n         ¦content¦.\n\n    ¦
) {\n  ¦except¦using ¦global¦can ¦the f¦Inter¦the p¦if (!¦Context¦property¦'\n    ¦Server¦ when ¦Error(¦  // ¦never¦Actor¦Limit¦
.\n        ¦workspace¦anization¦: number¦ option¦, re¦. The ¦def _¦(self):\n ¦with the ¦options ¦version ¦provide¦turn ¦Client¦\n\n\n¦
Script¦case ¦line ¦have ¦,\n      ¦'),\n       ¦;\n/**\n * ¦/**\n   * ¦console.¦Function¦Property¦can be ¦     * ¦Message¦]\n    ¦
unknown¦to the ¦error ¦expect¦ere¦support¦Config¦s and ¦xample¦enc¦d)\n  ¦, res¦\n        se¦destination¦/**\n * ¦Options ¦handler¦
[downloads-¦ in the ¦s for ¦[license-¦\n\n  ¦one ¦: false¦, type ¦Default¦Resolve¦\n}\n\n¦s that ¦parse ¦lat¦ insta¦;\n}\n¦tring¦
export ¦document¦);\n\t\t¦ing the ¦contain¦.\n * @¦ header¦context¦Schema ¦backend¦ = new ¦/**¦covera¦Conten¦$Zod¦calle¦;\n    /**\n¦
) => {\n    ¦?: string¦} from '¦should ¦rent¦Output¦ cont¦ver ¦          ¦.\n */\nexpo¦.\n     *\n ¦'\n        ¦}\n\n  ¦ to the ¦
> {\n    ¦const p¦   return ¦ inst¦ting¦(value¦gments¦where ¦-badge¦\n    c¦for (const ¦    * ¦ type¦))\n        ¦\",\n      ¦
parameters¦        |¦only ¦returns ¦)\n\n    ¦will be ¦without ¦ object¦ schema¦(schema¦): void¦convert¦Create¦ | undefined¦
\n        # ¦\n====\n\n  ¦()\n        ¦directory ¦TypeError¦),\n    ¦encoded¦\"\n    ¦(\n    ¦Handler¦ this ¦Valida¦define¦=\"\" ¦
    # ¦}\n        ¦;\n         ¦;\n    }\n  ¦: string): ¦callback¦: unknown¦) => void¦\n    re¦Keyword.¦required¦Element¦.length¦
mediate¦assert.¦promise¦*\n * ¦void ¦)\n\n       ¦;\nexport ty¦)\n        s¦{\n         ¦@deprecated ¦Properties¦)\n      ¦',\n    '¦
, which ¦Response¦notation¦.format(¦other ¦clare c¦enabled¦ type ¦Object.¦.\n   *¦nload¦ort¦ the re¦encoding¦):\n    \"\"¦enable¦
.\n *\n * @¦Options): ¦ function ¦function (¦for the ¦}\n    ¦Record<s¦script\n¦;\nexport ¦ould ¦is not ¦Keyword¦keyword¦perform¦
\",\n  ¦\n     */\n ¦\n        if¦>\n         ¦. This ¦\nimport ¦const s¦does not ¦, Machine¦ argument¦date¦element¦optional¦;\n}\n\n¦
 if the ¦\n   * @¦Cont¦comment¦media t¦Schema>¦logger.¦request ¦: {\n    ¦configu¦result ¦rom¦pace¦Returns ¦Content-Type¦]\n        ¦
\n=====\n\n¦.\n     * ¦properties¦default: ¦return t¦represent¦Pat¦} else ¦compress¦js\nvar ¦\n    # ¦hether ¦Return ¦-image]: \n[¦
\n * @param ¦string, ¦\n\n\nclass ¦ = require(\¦readonly ¦Expression¦, options)¦>\n      <¦vironment¦ } from '¦const c¦from the ¦
character¦number ¦const re¦out ¦\n    }¦invalid¦module ¦: string;\n ¦backend._ffi¦void¦\n    def ¦core.$Zod¦lient¦   raise ¦declare ¦
 import ¦channel.¦return a¦constructor(¦: require_js¦;\n\nconst ¦\")\n      ¦@param ¦\"\n      ¦insta¦core.¦[];\n    ¦?: number¦
arguments¦;\n      ¦formatter¦\n    if ¦: string |¦ - The ¦Required¦;\n    }¦ option ¦..¦         ¦)\n        r¦License¦-url]: \n[¦
');\nconst ¦upport¦contentType¦= require('¦\n    // ¦__(self, ¦urre¦argument¦parameter¦source ¦];\n    ¦listener¦handler ¦clare ¦
\n     * @pa¦declare func¦\n         *¦';\nexport *¦\n        re¦')\n        ¦string[]¦\")\n    ¦specific ¦additiona¦-version-¦
]()]()\n[¦@returns ¦parser ¦s.\n     ¦⌗¦| undefined;¦-url]\n[![¦.\n   */\n  ¦, options?: ¦reaseRequest¦\"\"\"\n\n  ¦for (¦?: string;\¦
TypeScript ¦ implement¦connection¦()\n\n    ¦optional ¦available¦}\n      ¦validator¦* deps: m¦nor¦Context, ¦export inter¦
 {\n        ¦(\n         ¦.\n         ¦Promise<void¦;\n        }¦?: boolean;\¦(\n        ¦application/¦following ¦\n        c¦
License\n\n¦encoding ¦E extends ¦-url]: \n[n¦.\n\nThe ¦>;\n    /¦} from \"¦Returns t¦}\n    }\¦ will be ¦\",\n    ¦    (¦grou¦
>> : T exten¦\nnpm instal¦boolean ¦: st¦?: string |¦.prototype.¦\nfunction ¦,\n      \"¦)\n\n    de¦express¦s\n         ¦S extends ¦
number of ¦  * deps: ¦TEvent¦supported ¦returned ¦.\n * ¦loca¦-svg]: \n[¦properties ¦>\n        <¦s-image]: \n¦ = self._¦Valid¦
State.ERR¦tring ¦} from \"./¦<T extends ¦isinstance(¦ object ¦\"\nimport ¦\n  * ¦?: boolean¦:\n        r¦) {\n\t\t¦Properties?:¦
: boolean;\n¦\n  * deps: ¦deps-url]: \¦T extends ¦ new Error(¦ } from \".¦: number;\n¦';\nimport ¦-image]][¦}\n     ¦export type ¦
@param {¦here ¦description¦=\"\"¦string | ¦.\n     * @p¦';\nimport {¦) => boolean¦typescript\n¦?: never;\n ¦ support¦\n ¦implement¦
options?: ¦number,¦)\n        i¦ characters¦deps: ¦. This will ¦            ¦;\n        c¦);\nassert.e¦,\n    self.¦ extends A¦
MachineS¦);\nassert.¦declare cons¦}\n         ¦)\n        e¦trin¦ization¦implementa¦ character¦node_modules¦supported¦ArrayBuffer¦
e\n        ¦inde¦}\n\n   ¦Machine¦badge¦export¦/node_module¦alize¦Record<¦const r¦should¦s.\n    ¦ence¦svg]: \n[d¦ ins¦lement¦
* deps: ¦head¦fie¦console¦ollowing ¦aliz¦works¦addition¦}\n    }¦export d¦ample¦mime-types@¦\n===¦>\n      ¦void;\n    ¦: string ¦
\n    //¦ } from \"¦]()]()\n¦mbe¦===\n\n  ¦urn ¦expor¦ptiona¦@deprec¦loads¦Context,¦promis¦test/¦;\nexport t¦genera¦\"\n     ¦
clare class ¦?: never;\n¦","content":[{"type":"text","text":"¦,"is_error":true}]}¦
{"role":"assistant","content":[{"type":"thinking","thinking":"¦","signature":"¦"},{"type":"text","text":"¦","name":"¦","input":{"¦
{"role":"assistant","content":[{"type":"tool_use","id":"toolu_¦","input":{"file_path":"¦
{"role":"user","content":[{"type":"text","text":"¦","old_string":"¦","new_string":"¦"}],"tokens":¦toolu_01¦
","name":"Bash","input":{"command":"¦","name":"Write","input":{"file_path":"¦","name":"Glob","input":{"pattern":"¦'\n    '\\¦} from ¦
(self):\n¦\",\n     ¦==\n\n  *¦propert¦==\n\n  ¦s/sec ¦mime-types¦\n     * @p¦node_module¦clas¦\")\n     ¦[downloads¦buffe¦worksp¦
nore¦svg]: \n[¦supporte¦===\n\n ¦?: string;¦\nnpm insta¦for the¦s/sec¦ironment¦notatio¦cript\n¦\n==¦globa¦for (c¦?: string ¦
,\n      \¦)\n\n    d¦license-url¦shoul¦===\n\n¦[license¦contentT¦State.ER
`;
