/** A chart over time, drawn on a canvas, with its figures as a table for whoever cannot see it. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useIsDark } from "../app/theme";

export interface Line {
  label: string;
  /** A colour of the style sheet, such as `--worst`. */
  colour: string;
  values: (number | null)[];
  /** Holds its value until the next; else it is drawn from point to point. */
  stepped?: boolean;
}

interface Props {
  /** Says in words what there is to see. */
  summary: string;
  /** Seconds since 1970. */
  times: number[];
  lines: Line[];
  format: (value: number) => string;
  /** One that the style sheet has a class for. */
  height: 120 | 230;
}

/** A chart spans at least so much (s): of a single moment there is no scale. */
const SHORTEST = 600;

export function Chart({ summary, times, lines, format, height }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const dark = useIsDark();
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const colour = (name: string) => probe(element, name) ?? style.color;
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { range: (_, min, max) => [Math.min(min, max - SHORTEST), max] }, y: { range: (_, __, max) => [0, max * 1.1 || 1] } },
        axes: [
          { ...axis, size: 26, values: (_, ticks) => labels(ticks), space: 72 },
          { ...axis, size: 56, values: (_, ticks) => ticks.map((it) => format(it)) },
        ],
        series: [
          {},
          ...lines.map((it) => {
            const stepped = it.stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
            return {
              label: it.label,
              stroke: colour(it.colour),
              width: 2,
              fill: `color-mix(in srgb, ${colour(it.colour)} 16%, transparent)`,
              points: { show: it.values.filter((value) => value !== null).length === 1, size: 6 },
              ...(stepped ? { paths: stepped } : {}),
            };
          }),
        ],
      },
      [times, ...lines.map((it) => it.values)],
      element,
    );
    const watch = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [times, lines, format, height, dark]);
  return (
    <figure className="chart">
      <div ref={host} role="img" aria-label={summary} className={`chart-${height}`} />
      <figcaption>
        {lines.length > 1 && (
          <span className="keys">
            {lines.map((it) => (
              <span key={it.label} className={`key key${it.colour}`}>
                {it.label}
              </span>
            ))}
          </span>
        )}
        <span>{summary}</span>
      </figcaption>
    </figure>
  );
}

const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** Names moments (s since 1970) by the clock, or by the day where they are a day apart. */
function labels(ticks: number[]): string[] {
  const [first = 0, second = 0] = ticks;
  const format = second - first < 86_400 ? HOUR : DATE;
  return ticks.map((it) => format.format(it * 1_000));
}

/** Returns what a colour of the style sheet is now, light or dark. */
function probe(element: HTMLElement, name: string): string | undefined {
  const it = document.createElement("span");
  it.style.color = `var(${name})`;
  element.append(it);
  const { color } = getComputedStyle(it);
  it.remove();
  return color;
}
