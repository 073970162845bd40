import type { Mode } from './backend.ts';

export interface Slice {
  readonly mode: Mode;
  /** With the preload and without it, ms. */
  readonly p99: readonly number[];
}

export function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 100) / 100;
}

/** Medians of slices, healthy and failing by turns: a machine that grows slower makes both slow. */
export function printPairs(slices: readonly Slice[]): void {
  const medians = (ofMode: (mode: Mode) => boolean): number[] => {
    const all = slices.filter(({ mode }) => ofMode(mode)).map(({ p99: [ours, plain] }) => [ours!, plain!] as const);
    const columns = [
      all.map(([ours]) => ours),
      all.map(([, plain]) => plain),
      all.map(([ours, plain]) => ours / plain),
    ];
    return columns.map((column) => at(column, 0.5));
  };
  console.log('backend | median of p99, ms | without preload | times that of the same slice without preload');
  for (const mode of new Set(slices.map((slice) => slice.mode)))
    console.log([mode, ...medians((other) => other === mode)].join(' | '));
  const healthy = medians((mode) => mode === 'healthy');
  const failing = medians((mode) => mode !== 'healthy');
  const [ours, plain, times] = failing.map((value, column) => (value / healthy[column]!).toFixed(2));
  console.log(
    `p99 while the backend fails ÷ while it is healthy: ${ours}, without the preload ${plain}; of the times: ${times}`,
  );
}
