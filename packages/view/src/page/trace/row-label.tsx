import { Text } from '../frame/text.tsx';
import { traceAddress } from '../route.ts';
import { printable, shortened } from '../words/attribute.ts';
import { duration } from '../words/duration.ts';
import { notesOf } from './notes.ts';
import type { TraceModel } from './model.ts';
import type { RowAction } from './waterfall-keys.ts';

const LONGEST = 200;
/** Deeper spans are not indented further, to leave room for names. */
const DEEPEST = 16;

interface Props {
  model: TraceModel;
  place: number;
  top: number;
  height: number;
  width: number;
  isOpen: boolean;
  isSelected: boolean;
  onAction(action: RowAction): void;
}

export function RowLabel({ model, place, top, height, width, isOpen, isSelected, onAction }: Props) {
  const row = model.row(place);
  const depth = model.depth[place]!;
  const below = model.end[place]! - place - 1;
  const name = printable(shortened(row.name || '(no name)', LONGEST));
  const holder = model.holder(row);
  const link = holder ? undefined : row.link;
  const series = model.services.indexOf(row.service) % 8;
  const indent = Math.min(depth, DEEPEST) * (width < 400 ? 8 : 12);
  return (
    <div
      id={`span-${place}`}
      class={isSelected ? 'row selected' : 'row'}
      style={{ top: `${top}px`, height: `${height}px`, width: `${width}px`, paddingLeft: `${indent + 4}px` }}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={isSelected}
      aria-expanded={below > 0 ? isOpen : undefined}
      title={name}
      onClick={() => onAction({ does: 'select', place })}
    >
      <span
        class="toggle"
        aria-hidden="true"
        onClick={(event) => {
          if (below === 0) return;
          event.stopPropagation();
          onAction({ does: 'toggle', place });
        }}
      >
        {below > 0 && (isOpen ? '▾' : '▸')}
      </span>
      <span class={`service-sign series-${series}`} aria-hidden="true" />
      <span class="row-name">
        {row.status === 'error' && <span class="error-sign">✕ </span>}
        <bdi>{name}</bdi>{' '}
        <bdi class="quiet">
          <Text of={row.service} most={40} />
        </bdi>
        {!isOpen && <span class="quiet"> +{below}</span>}
      </span>
      <span class="unseen spoken">{spoken(model, place)}</span>
      {holder && (
        <a class="row-link" href={traceAddress(holder.traceId, holder.spanId)}>
          holder →
        </a>
      )}
      {link && (
        <a class="row-link" href={traceAddress(link.traceId, link.spanId)}>
          linked →
        </a>
      )}
    </div>
  );
}

/** The bar as text for screen readers. */
function spoken(model: TraceModel, place: number): string {
  const row = model.row(place);
  const parts = [
    `takes ${duration(row.durationMs)}`,
    `begins after ${duration(row.start - model.from)}`,
    ...notesOf(row),
  ];
  if (model.critical.has(row.spanId)) parts.push('on the critical path');
  return parts.join(', ');
}
