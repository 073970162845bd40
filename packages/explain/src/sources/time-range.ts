/** Unix milliseconds. */
export interface TimeRange {
  from: number;
  to: number;
}

export function sliced({ from, to }: TimeRange, parts: number): TimeRange[] {
  const length = (to - from) / parts;
  return Array.from({ length: parts }, (_, i) => ({ from: from + i * length, to: from + (i + 1) * length }));
}
