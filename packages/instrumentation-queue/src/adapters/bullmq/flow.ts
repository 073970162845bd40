import type { JobOptions } from './job.ts';

/** A flow that is counted no further. */
const MANY = 1_000;

/** A job with those that it waits for, as `FlowProducer` takes them. */
export interface Flow {
  queueName: string;
  opts?: JobOptions;
  children?: Flow[];
}

/** How many jobs there are in all. */
export function countOf(flows: readonly Flow[]): number {
  let count = 0;
  const open = [...flows];
  for (let flow = open.pop(); flow && count < MANY; flow = open.pop()) {
    count++;
    if (Array.isArray(flow.children)) open.push(...flow.children.slice(0, MANY));
  }
  return count;
}
