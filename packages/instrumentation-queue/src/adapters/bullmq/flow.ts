import type { JobOptions } from './job.ts';

const MANY = 1_000;

/** With children, as for `FlowProducer`. */
export interface Flow {
  queueName: string;
  opts?: JobOptions;
  children?: Flow[];
}

export function countOf(flows: readonly Flow[]): number {
  let count = 0;
  const open = [...flows];
  for (let flow = open.pop(); flow && count < MANY; flow = open.pop()) {
    count++;
    if (Array.isArray(flow.children)) open.push(...flow.children.slice(0, MANY));
  }
  return count;
}
