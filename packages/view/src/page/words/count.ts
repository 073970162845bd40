const NUMBER = new Intl.NumberFormat('en');

export function number(value: number): string {
  return NUMBER.format(value);
}

/** `1 span`, `2,274 spans`. */
export function count(value: number, noun: string): string {
  return `${number(value)} ${value === 1 ? noun : `${noun}s`}`;
}

export function percent(share: number): string {
  const value = share * 100;
  return value > 0 && value < 1 ? '< 1 %' : `${Math.round(value)} %`;
}

export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  if (value < 1_000_000) return `${Math.round(value / 1_000)} kB`;
  return `${Number((value / 1_000_000).toFixed(1))} MB`;
}
