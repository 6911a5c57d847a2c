/** What the prompt cache did for the agent that is looked at, call by call: what `swarm show --cache` tells, up to now. */
import type { CacheTurn } from "../../../actors/runtime/cache-ledger.ts";
import { useAsked } from "./asked.ts";
import { Problem } from "./problem.tsx";
import type { Source } from "./source.ts";
import { plain } from "./words.ts";

/** Every request of a run is built anew for it: not asked for at every event. */
const EVERY_MS = 15_000;
/** Calls that are listed, the newest. */
const SHOWN = 200;

interface CacheProps {
  readonly source: Source;
  readonly run: string;
  readonly actor: string;
}

export function Cache({ source, run, actor }: CacheProps) {
  const { value, problem } = useAsked(() => source.cache(run), run, source.frozen ? 0 : EVERY_MS);
  if (problem !== null) return <Problem problem={problem} />;
  if (value === null) {
    return (
      <p class="empty">
        Nothing is told here. On the command line: <code>swarm show {plain(run)} --cache</code>
      </p>
    );
  }
  const agent = value.agents.find(({ id }) => id === actor);
  if (agent === undefined) {
    return (
      <p class="empty">
        {value.more === 0
          ? "No model has answered it yet."
          : `Only ${value.agents.length} agents' calls are looked at; ${value.more} more, perhaps this one, are not.`}
      </p>
    );
  }
  return (
    <div class="audit">
      {value.simulated && (
        <p class="quiet">Simulated: a server of statehive plays the model and its cache. Nobody was billed.</p>
      )}
      <p>
        {percent(agent.totals.hitRate)} of its prompt tokens were read from the cache; {usd(agent.totals.costUsd)},
        without a cache {usd(agent.totals.withoutCacheUsd)}; lost by breaks {usd(agent.totals.lostUsd)}.
      </p>
      {agent.turns.length > SHOWN && (
        <p class="quiet">
          The newest {SHOWN} of {agent.turns.length} calls. All: <code>swarm show {plain(run)} --cache --json</code>
        </p>
      )}
      <table>
        <thead>
          <tr>
            {["turn", "read", "written", "fresh", "hit", "cost", "lost", "kept for"].map((name) => (
              <th key={name} class="num">
                {name}
              </th>
            ))}
            <th>missed</th>
          </tr>
        </thead>
        <tbody>
          {agent.turns.slice(-SHOWN).map((turn) => (
            <Row key={turn.at} turn={turn} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ turn }: { readonly turn: CacheTurn }) {
  const figures = [
    String(turn.turn),
    tokens(turn.read),
    tokens(turn.write),
    tokens(turn.fresh),
    percent(turn.hitRate),
    usd(turn.costUsd),
    usd(turn.lostUsd),
    turn.leftSeconds > 0 ? `${turn.leftSeconds} s` : "over",
  ];
  return (
    <tr>
      {figures.map((figure, column) => (
        <td key={column} class="num">
          {figure}
        </td>
      ))}
      <td>{plain(missed(turn))}</td>
    </tr>
  );
}

/** Our own chain's first segment that differs, and the server's word where it gave one. */
function missed({ miss, diverged, toldMiss }: CacheTurn): string {
  const own = diverged ?? miss ?? "";
  return toldMiss === null ? own : `${own} (the server: ${toldMiss.reason})`.trim();
}

const UNKNOWN = "?";
const tokens = (count: number | null): string => (count === null ? UNKNOWN : count.toLocaleString("en"));
const percent = (share: number | null): string => (share === null ? UNKNOWN : `${Math.floor(share * 100)} %`);
const usd = (amount: number | null): string => (amount === null ? UNKNOWN : `$${amount.toFixed(4)}`);
