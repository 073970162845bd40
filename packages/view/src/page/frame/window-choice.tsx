import { address, go } from '../route.ts';
import type { Options } from '../query.ts';
import { dateTime } from '../words/time.ts';

const LENGTHS: [string, string][] = [
  ['', 'all there is'],
  ['5m', 'the last 5 minutes'],
  ['15m', 'the last 15 minutes'],
  ['1h', 'the last hour'],
  ['24h', 'the last 24 hours'],
];

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export interface Window {
  from?: number;
  to?: number;
}

export function windowNow(options: URLSearchParams): Window {
  const [, length, unit] = /^(\d{1,6})([smhd])$/.exec(options.get('last') ?? '') ?? [];
  if (length) return { from: Date.now() - Number(length) * UNITS[unit!]! };
  const at = (name: string): number | undefined => {
    const value = Number(options.get(name) || Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  const [from, to] = [at('from'), at('to')];
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

export function WindowChoice({ path, options }: { path: string; options: URLSearchParams }) {
  const { from, to } = windowNow(options);
  const last = options.get('last') ?? '';
  const isFixed = !last && (from !== undefined || to !== undefined);
  const others: Options = Object.fromEntries(options);
  const choose = (event: Event): void => {
    const { value } = event.currentTarget as HTMLSelectElement;
    if (value === 'fixed') return;
    go(address(path, { ...others, from: null, to: null, last: value }));
  };
  const isKnown = LENGTHS.some(([length]) => length === last);
  return (
    <label class="choice">
      Time
      <select value={isFixed ? 'fixed' : last} onChange={choose}>
        {LENGTHS.map(([length, label]) => (
          <option key={length} value={length}>
            {label}
          </option>
        ))}
        {!isKnown && <option value={last}>the last {last}</option>}
        {isFixed && <option value="fixed">{`${said(from, 'the beginning')} to ${said(to, 'now')}`}</option>}
      </select>
    </label>
  );
}

function said(time: number | undefined, otherwise: string): string {
  return time === undefined ? otherwise : dateTime(time);
}
