/** Finer is noise. */
export function roundMs(ms: number): number {
  return Math.round(ms * 100) / 100;
}
