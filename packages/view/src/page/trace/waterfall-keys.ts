import type { TraceModel } from './model.ts';

export type RowAction =
  | { does: 'select'; place: number }
  | { does: 'toggle'; place: number }
  | { does: 'details' }
  | { does: 'holder' }
  | { does: 'zoom'; from: number; to: number }
  | { does: 'zoom-by'; factor: number };

export interface KeyState {
  rows: Int32Array;
  selected: number;
  model: TraceModel;
  closed: ReadonlySet<number>;
  page: number;
}

export function keyAction(event: KeyboardEvent, state: KeyState): RowAction | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  // On a link, Enter follows it.
  if (event.key === 'Enter' && event.target !== event.currentTarget) return undefined;
  const { rows, selected, model, closed, page } = state;
  const row = rows.indexOf(selected);
  const to = (target: number): RowAction | undefined =>
    rows.length === 0 ? undefined : { does: 'select', place: rows[Math.max(0, Math.min(rows.length - 1, target))]! };
  switch (event.key) {
    case 'ArrowDown':
      return to(row + 1);
    case 'ArrowUp':
      return to(row - 1);
    case 'PageDown':
      return to(row + page);
    case 'PageUp':
      return to(row - page);
    case 'Home':
      return to(0);
    case 'End':
      return to(rows.length - 1);
    case '+':
      return { does: 'zoom-by', factor: 0.5 };
    case '-':
    case '−':
      return { does: 'zoom-by', factor: 2 };
    case '0':
      return { does: 'zoom', from: model.from, to: model.to };
  }
  if (row < 0) return undefined;
  const isParent = model.end[selected]! > selected + 1;
  switch (event.key) {
    case 'ArrowRight':
      return isParent && closed.has(selected) ? { does: 'toggle', place: selected } : to(row + 1);
    case 'ArrowLeft':
      if (isParent && !closed.has(selected)) return { does: 'toggle', place: selected };
      return model.parent[selected]! >= 0 ? { does: 'select', place: model.parent[selected]! } : undefined;
    case 'Enter':
      return { does: 'details' };
    case 'h':
      return { does: 'holder' };
  }
  return undefined;
}
