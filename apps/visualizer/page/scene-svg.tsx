/** A laid-out chart as SVG elements, with what is lit. The geometry, faces and colours are those of `agents show --svg`. */
import { pathOf, tipOf } from "../chart-line.ts";
import type { Line, Row, Scene, SceneBox, SceneEdge } from "../chart-scene.ts";
import { wireKey } from "./chart-data.ts";

export interface Lit {
  readonly states: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
  readonly wires: ReadonlySet<string>;
  readonly picked: string | null;
  readonly pick: (edge: string) => void;
}

const MARGIN = 12;

export const sceneSize = ({ width, height }: Scene) => ({ width: width + 2 * MARGIN, height: height + 2 * MARGIN });

export function SceneSvg({ scene, lit, scale }: { readonly scene: Scene; readonly lit: Lit; readonly scale: number }) {
  const { width, height } = sceneSize(scene);
  const over = (edge: SceneEdge): boolean => lit.wires.has(wireKey(edge));
  const wires = [...scene.edges].sort((a, b) => Number(over(a)) - Number(over(b)));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing whose parts can be chosen
    <svg
      class="chart live"
      role="group"
      aria-label={`Statechart of ${scene.chart.machine}`}
      width={Math.round(width * scale)}
      height={Math.round(height * scale)}
      viewBox={`0 0 ${width} ${height}`}
    >
      <g transform={`translate(${MARGIN} ${MARGIN})`}>
        {scene.boxes.map((box, index) => (
          <Box key={`${box.state} ${box.kind} ${index}`} box={box} lit={lit} />
        ))}
        {wires.map((edge, index) => (
          <g key={`${wireKey(edge)} ${index}`} class={`${edge.cause} ${over(edge) ? "is-taken" : ""}`}>
            <path class="wire" d={pathOf(edge.points)} />
            <path class="tip" d={tipOf(edge.points)} />
          </g>
        ))}
        {scene.edges.map((edge, index) =>
          edge.label === null ? null : (
            <g
              key={`${wireKey(edge)} label ${index}`}
              class={`${edge.cause} ${over(edge) ? "is-taken" : ""}`}
              transform={`translate(${edge.label.x} ${edge.label.y})`}
            >
              <rect class="pill" x={0} y={0} width={edge.label.width} height={edge.label.height} rx={7} />
              {edge.label.rows.map((row) => (
                <EdgeRow key={row.edge} row={row} width={edge.label?.width ?? 0} lit={lit} />
              ))}
            </g>
          ),
        )}
      </g>
    </svg>
  );
}

const RADIUS: Readonly<Record<string, number>> = { frame: 14, group: 12 };

function Box({ box, lit }: { readonly box: SceneBox; readonly lit: Lit }) {
  const { width, height, kind } = box;
  const at = `translate(${box.x} ${box.y})`;
  if (kind === "start") {
    return (
      <g transform={at}>
        <circle class="dot" cx={width / 2} cy={height / 2} r={width / 2} />
      </g>
    );
  }
  const isIn = kind !== "anywhere" && lit.states.has(box.state);
  const radius = kind === "anywhere" ? height / 2 : (RADIUS[kind] ?? 9);
  return (
    <g transform={at} class={isIn ? "is-in" : ""} data-state={kind === "anywhere" ? undefined : box.state}>
      <rect class={kind} x={0} y={0} width={width} height={height} rx={radius} />
      {kind === "final" && <rect class="inner" x={3.5} y={3.5} width={width - 7} height={height - 7} rx={6} />}
      {box.rule !== null && <path class="rule" d={`M0.6 ${box.rule}H${width - 0.6}`} />}
      {box.lines.map((line, index) => (
        <TextLine key={index} line={line} />
      ))}
      {box.rows.map((row) => (
        <g class="event" key={row.edge}>
          <EdgeRow row={row} width={width} lit={lit} />
        </g>
      ))}
      {box.chips.map((chip) => (
        <g key={chip.text}>
          <rect class="chip" x={chip.x} y={chip.y} width={chip.width} height={chip.height} rx={5} />
          <text class="tool" x={chip.x + chip.width / 2} y={chip.y + 12}>
            {chip.text}
          </text>
        </g>
      ))}
    </g>
  );
}

function EdgeRow({ row, width, lit }: { readonly row: Row; readonly width: number; readonly lit: Lit }) {
  const pick = (): void => lit.pick(row.edge);
  const marks = `${lit.edges.has(row.edge) ? "is-taken" : ""} ${lit.picked === row.edge ? "is-picked" : ""}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      class={`row ${marks}`}
      data-edge={row.edge}
      role="button"
      tabIndex={0}
      aria-pressed={lit.picked === row.edge}
      onClick={pick}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        pick();
      }}
    >
      <rect class="hit" x={2} y={row.top - 2} width={Math.max(0, width - 4)} height={row.height + 4} rx={5} />
      {row.lines.map((line, index) => (
        <TextLine key={index} line={line} />
      ))}
    </g>
  );
}

function TextLine({ line }: { readonly line: Line }) {
  return (
    <>
      {line.spans.map(({ tone, text, x }, index) =>
        tone === "order" ? (
          <g key={index}>
            <circle class="badge" cx={x + 6} cy={line.y - 4} r={6.5} />
            <text class="order" x={x + 6} y={line.y - 0.8}>
              {text}
            </text>
          </g>
        ) : (
          <text key={index} class={tone} x={x} y={line.y}>
            {text}
          </text>
        ),
      )}
    </>
  );
}
