/** What a fault does. */
export type FaultKind =
  | 'delay'
  | 'fail'
  | 'refuse'
  | 'throttle'
  | 'black-hole'
  | 'slow-connect'
  | 'hold'
  | 'leak'
  | 'block'
  | 'memory'
  | 'kill';

/** Where a fault acts. `tcp` is any connection that the process opens. */
export type Boundary = 'tcp' | 'database' | 'cache' | 'http' | 'queue' | 'dns' | 'consumer' | 'pool' | 'process';

/** One fault of a plan, checked. */
export interface FaultPlan {
  readonly fault: FaultKind;
  readonly on: Boundary;
  /** `host`, `host:port`, `*.host`; of a consumer its queue; of a pool `host:port`, the database or `application_name`. Undefined: all. */
  readonly target: string | undefined;
  /** Connections: only what sends this text. */
  readonly match: string | undefined;
  /** Of the calls that it could hit, this share is hit; 1 by default. */
  readonly share: number;
  /** Milliseconds: how long a call is delayed, a connection held, the loop blocked. */
  readonly ms: number;
  /** Added to `ms`, evenly spread between 0 and this. */
  readonly jitterMs: number;
  /** How often the loop is blocked, in milliseconds. */
  readonly everyMs: number;
  readonly bytesPerSecond: number;
  readonly megabytes: number;
  /** The answer of `fail` over HTTP. */
  readonly status: number;
  /** The error of `fail`: a SQLSTATE, or an error code of DNS. */
  readonly code: string | undefined;
  /** Milliseconds after the plan was read, or since 1970 where the plan gives a date. */
  readonly from: number;
  readonly isFromDate: boolean;
  /** How long it lasts, in milliseconds. */
  readonly for: number;
}

/** What FORESHOCK_CHAOS says, checked. */
export interface Plan {
  readonly seed: number;
  /** Where begin and end of each fault are noted, a line of JSON each. */
  readonly record: string | undefined;
  readonly faults: readonly FaultPlan[];
}

const CONNECTIONS: readonly Boundary[] = ['tcp', 'database', 'cache', 'http', 'queue'];
const MAX_MS = 24 * 60 * 60 * 1000;
const MAX_FAULTS = 64;

/** Where each fault can act, and what it needs to know. */
const FAULTS: Record<FaultKind, { on: readonly Boundary[]; needs?: keyof FaultPlan }> = {
  delay: { on: [...CONNECTIONS, 'dns', 'consumer'], needs: 'ms' },
  fail: { on: [...CONNECTIONS, 'dns', 'consumer'] },
  refuse: { on: CONNECTIONS },
  throttle: { on: CONNECTIONS, needs: 'bytesPerSecond' },
  'black-hole': { on: [...CONNECTIONS, 'dns'] },
  'slow-connect': { on: CONNECTIONS, needs: 'ms' },
  hold: { on: ['pool'], needs: 'ms' },
  leak: { on: ['pool'] },
  block: { on: ['process'], needs: 'ms' },
  memory: { on: ['process'], needs: 'megabytes' },
  kill: { on: ['process'] },
};

/** Numbers of a fault: the least, the most, and what holds where none is given. */
const NUMBERS: Record<string, { least: number; most: number; byDefault: number }> = {
  share: { least: 0, most: 1, byDefault: 1 },
  ms: { least: 1, most: MAX_MS, byDefault: 0 },
  jitterMs: { least: 0, most: MAX_MS, byDefault: 0 },
  everyMs: { least: 1, most: MAX_MS, byDefault: 1_000 },
  bytesPerSecond: { least: 1, most: 1e12, byDefault: 0 },
  megabytes: { least: 1, most: 65_536, byDefault: 0 },
  status: { least: 400, most: 599, byDefault: 503 },
  for: { least: 1, most: MAX_MS, byDefault: 0 },
};
const TEXTS = ['target', 'match', 'code'] as const;
const KNOWN = new Set(['fault', 'on', 'from', ...Object.keys(NUMBERS), ...TEXTS]);

/** What is wrong with a plan, in words that follow a field's name. */
export class PlanError extends Error {}

/**
 * Reads a plan. One mistake voids it all: half of an experiment is another experiment.
 *
 * @param text JSON
 * @throws {@link PlanError} with one line
 */
export function readPlan(text: string): Plan {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new PlanError(`is not JSON (${(error as Error).message.split('\n')[0]})`);
  }
  if (!isObject(given)) throw new PlanError('is not an object with "faults"');
  for (const key of Object.keys(given)) {
    if (!['seed', 'record', 'faults'].includes(key)) throw new PlanError(`has an unknown field ${JSON.stringify(key)}`);
  }
  const { seed = 1, record, faults } = given;
  if (!Number.isSafeInteger(seed)) throw new PlanError('has a seed that is no whole number');
  if (record !== undefined && typeof record !== 'string') throw new PlanError('has a record that is no path');
  if (!Array.isArray(faults)) throw new PlanError('has no list "faults"');
  if (faults.length > MAX_FAULTS) throw new PlanError(`has more than ${MAX_FAULTS} faults`);
  return { seed: seed as number, record, faults: faults.map((each, i) => readFault(each, `faults[${i}]`)) };
}

function readFault(given: unknown, place: string): FaultPlan {
  if (!isObject(given)) throw new PlanError(`${place} is not an object`);
  for (const key of Object.keys(given)) {
    if (!KNOWN.has(key)) throw new PlanError(`${place} has an unknown field ${JSON.stringify(key)}`);
  }
  const fault = given['fault'] as FaultKind;
  if (!Object.hasOwn(FAULTS, String(fault))) {
    throw new PlanError(`${place}.fault is none of ${Object.keys(FAULTS).join(', ')}`);
  }
  const { on: boundaries, needs } = FAULTS[fault];
  const on = (given['on'] ?? (boundaries.length === 1 ? boundaries[0] : undefined)) as Boundary;
  if (!boundaries.includes(on)) throw new PlanError(`${place}.on is none of ${boundaries.join(', ')}`);

  const numbers: Record<string, number> = {};
  for (const [key, { least, most, byDefault }] of Object.entries(NUMBERS)) {
    const value = given[key] ?? byDefault;
    if (typeof value !== 'number' || !(given[key] === undefined || (value >= least && value <= most))) {
      throw new PlanError(`${place}.${key} is no number from ${least} to ${most}`);
    }
    numbers[key] = value;
  }
  for (const key of TEXTS) {
    if (given[key] !== undefined && (typeof given[key] !== 'string' || given[key] === '')) {
      throw new PlanError(`${place}.${key} is no text`);
    }
  }
  if (given['code'] !== undefined && !/^[A-Z0-9_]{1,32}$/.test(given['code'] as string)) {
    throw new PlanError(`${place}.code is neither a SQLSTATE nor an error code`);
  }
  if (needs && given[needs] === undefined) throw new PlanError(`${place}.${needs} is needed for ${fault}`);
  if (given['for'] === undefined) throw new PlanError(`${place}.for is needed: a fault has an end`);
  return {
    fault,
    on,
    target: given['target'] as string | undefined,
    match: given['match'] as string | undefined,
    code: given['code'] as string | undefined,
    ...(numbers as Pick<FaultPlan, 'share' | 'ms' | 'jitterMs' | 'everyMs' | 'bytesPerSecond'>),
    megabytes: numbers['megabytes']!,
    status: numbers['status']!,
    for: numbers['for']!,
    ...readFrom(given['from'] ?? 0, place),
  };
}

function readFrom(from: unknown, place: string): Pick<FaultPlan, 'from' | 'isFromDate'> {
  if (typeof from === 'number' && from >= 0 && from <= MAX_MS) return { from, isFromDate: false };
  const date = typeof from === 'string' ? Date.parse(from) : Number.NaN;
  if (Number.isNaN(date)) throw new PlanError(`${place}.from is neither milliseconds, a day at most, nor a date`);
  return { from: date, isFromDate: true };
}

function isObject(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}
