const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** `820 µs`, `4.2 ms`, `310 ms`, `4.1 s`, `3 min 20 s`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const size = Math.abs(ms);
  if (size === 0) return '0 ms';
  if (size < 1) return `${Math.round(ms * 1000)} µs`;
  if (size < 9.95) return `${ms.toFixed(1)} ms`;
  if (size < 999.5) return `${Math.round(ms)} ms`;
  if (size < MINUTE) return `${(ms / 1000).toFixed(1)} s`;
  if (size < HOUR) return pair(ms, MINUTE, 'min', 1000, 's');
  return pair(ms, HOUR, 'h', MINUTE, 'min');
}

function pair(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const whole = Math.trunc(ms / large);
  const rest = Math.round(Math.abs(ms % large) / small);
  return rest === 0 ? `${whole} ${largeUnit}` : `${whole} ${largeUnit} ${rest} ${smallUnit}`;
}

/** For axes: `2 s`, not `2.0 s`. */
export function roundDuration(ms: number): string {
  return duration(ms).replace('.0 ', ' ');
}
