import type { ArcKind, Moment, Place, PoolWindows, Report } from '../contract.ts';

export interface Mark {
  number: number;
  at: number;
  plusMinusMs: number;
  moment: Moment;
}

export interface Band {
  from: number;
  to: number;
  text: string;
}

export interface Lane {
  key: string;
  service: string;
  resource: string | undefined;
  marks: Mark[];
  bands: Band[];
}

export interface LaneArrow {
  from: number;
  to: number;
  by: ArcKind;
}

export interface Chart {
  lanes: Lane[];
  /** Between lanes, by index. */
  arrows: LaneArrow[];
  from: number;
  to: number;
  incident: { from: number; to: number };
}

/** Per service or pool, the path's first. */
export function chartOf(report: Report, pools: PoolWindows | undefined): Chart {
  const lanes: Lane[] = [];
  const laneOf = ({ service, resource }: Place): Lane => {
    const key = resource ? `${service} ${resource}` : service;
    let lane = lanes.find((each) => each.key === key);
    if (!lane) lanes.push((lane = { key, service, resource, marks: [], bands: [] }));
    return lane;
  };
  for (const { from, to } of report.path) {
    laneOf(from);
    laneOf(to);
  }
  report.timeline.forEach((moment, i) => {
    const at = Date.parse(moment.at);
    if (Number.isNaN(at)) return;
    laneOf(placeOf(report, moment)).marks.push({ number: i + 1, at, plusMinusMs: moment.plusMinusMs, moment });
  });
  for (const { service, pool, limit, waits, from, to } of report.pools) {
    const lane = laneOf({ service, resource: `pool ${pool}` });
    const found = pools?.pools.find((each) => each.service === service && each.pool === pool)?.windows ?? [];
    const size = limit === null ? 'full' : `all ${limit} in use`;
    lane.bands =
      found.length > 0
        ? found.map((each) => ({ from: each.from, to: each.to, text: `${size}, up to ${each.pendingMax} waiting` }))
        : [{ from: Date.parse(from), to: Date.parse(to), text: `${size}, ${waits} waits` }];
  }
  const incident = { from: Date.parse(report.window.from), to: Date.parse(report.window.to) };
  const arrows = report.path
    .map(({ from, to, by }) => ({ from: lanes.indexOf(laneOf(from)), to: lanes.indexOf(laneOf(to)), by }))
    .filter(({ from, to }) => from !== to);
  return { lanes, arrows, incident, ...spanOf(lanes, incident) };
}

/** A cause's start belongs to the failed place, perhaps a pool. */
function placeOf({ causes }: Report, { at, service }: Moment): Place {
  const cause = causes.find(({ onset, service: its }) => onset?.at === at && its === service);
  return cause?.resource ? { service, resource: cause.resource } : { service };
}

function spanOf(lanes: readonly Lane[], incident: { from: number; to: number }): { from: number; to: number } {
  let [from, to] = [incident.from, incident.to];
  for (const { marks, bands } of lanes) {
    for (const { at, plusMinusMs } of marks) {
      from = Math.min(from, at - plusMinusMs);
      to = Math.max(to, at + plusMinusMs);
    }
    for (const band of bands) {
      from = Math.min(from, band.from);
      to = Math.max(to, band.to);
    }
  }
  const room = Math.max(50, (to - from) * 0.04);
  return { from: from - room, to: to + room };
}
