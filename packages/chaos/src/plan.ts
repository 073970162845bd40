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

/** `tcp`: any outgoing connection. */
export type Boundary = 'tcp' | 'database' | 'cache' | 'http' | 'queue' | 'dns' | 'consumer' | 'pool' | 'process';

export interface FaultPlan {
  readonly fault: FaultKind;
  readonly on: Boundary;
  /**
   * `host`, `host:port`, `*.host`; a consumer's queue; a pool's `host:port`, database or `application_name`. Default:
   * all.
   */
  readonly target: string | undefined;
  /** Only calls that send, or messages that contain, this text. */
  readonly match: string | undefined;
  /** Share of calls hit, 0 to 1; default 1. */
  readonly share: number;
  /** Milliseconds of a delay, hold or block. */
  readonly ms: number;
  /** Random milliseconds added to `ms`, at most. */
  readonly jitterMs: number;
  /** Milliseconds between blocks of the loop. */
  readonly everyMs: number;
  readonly bytesPerSecond: number;
  readonly megabytes: number;
  /** HTTP status of `fail`. */
  readonly status: number;
  /** A SQLSTATE or DNS error code. */
  readonly code: string | undefined;
  /** Milliseconds after reading the plan, or Unix milliseconds. */
  readonly from: number;
  readonly isFromDate: boolean;
  /** Milliseconds. */
  readonly for: number;
}

export interface Plan {
  readonly seed: number;
  /** For starts and ends of faults, JSON lines. */
  readonly record: string | undefined;
  readonly faults: readonly FaultPlan[];
}

const CONNECTIONS: readonly Boundary[] = ['tcp', 'database', 'cache', 'http', 'queue'];
const MAX_MS = 24 * 60 * 60 * 1000;
const MAX_FAULTS = 64;

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

/** The message follows a field's name. */
export class PlanError extends Error {}

/**
 * One mistake invalidates the plan.
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
