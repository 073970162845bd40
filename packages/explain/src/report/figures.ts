export function duration(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 100_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function iso(ms: number): string {
  return new Date(Math.max(0, Math.min(ms, 8e15))).toISOString();
}

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

export function round(number: number, digits = 1): number {
  return Number.isFinite(number) ? Number(number.toFixed(digits)) : 0;
}
