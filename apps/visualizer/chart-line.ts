/** The lines of a chart as SVG paths: round corners, and an arrow head that is a shape of its own. */
import type { SceneEdge } from "./chart-scene.ts";

/** Corners of lines, in pixels. */
const BEND = 8;

type Points = SceneEdge["points"];
type Point = Points[number];

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** A line with round corners. */
export function pathOf(points: Points): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const parts = [`M${first.x} ${first.y}`];
  rest.forEach((point, index) => {
    const before = points[index] ?? first;
    const after = rest[index + 1];
    if (after === undefined) {
      parts.push(`L${point.x} ${point.y}`);
      return;
    }
    const bend = Math.min(BEND, distance(before, point) / 2, distance(point, after) / 2);
    const [near, far] = [towards(point, before, bend), towards(point, after, bend)];
    parts.push(`L${near.x} ${near.y}Q${point.x} ${point.y} ${far.x} ${far.y}`);
  });
  return parts.join("");
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function towards(from: Point, to: Point, by: number): Point {
  const whole = distance(from, to);
  if (whole === 0) return from;
  return { x: tenth(from.x + ((to.x - from.x) * by) / whole), y: tenth(from.y + ((to.y - from.y) * by) / whole) };
}

/** The arrow head: markers do not take the colour of their line everywhere. "" where the line has no direction. */
export function tipOf(points: Points): string {
  const end = points.at(-1);
  const before = points.findLast((point) => end !== undefined && distance(point, end) > 0.5);
  if (end === undefined || before === undefined) return "";
  const back = towards(end, before, 8.5);
  const across = towards({ x: 0, y: 0 }, { x: end.y - back.y, y: back.x - end.x }, 4.2);
  const sides = [
    `${tenth(back.x + across.x)} ${tenth(back.y + across.y)}`,
    `${tenth(back.x - across.x)} ${tenth(back.y - across.y)}`,
  ];
  return `M${end.x} ${end.y}L${sides.join("L")}Z`;
}
