import type { ComponentChildren } from 'preact';

interface TableProps {
  title: string;
  /** Numbers' names end with `#`. */
  columns: readonly string[];
  rows: readonly { key: string; cells: readonly ComponentChildren[] }[];
}

/** In a narrow page each row is a list of its cells with their columns' names (`table.css`). */
export function Table({ title, columns, rows }: TableProps) {
  const id = title.toLowerCase().replaceAll(/[^a-z]+/g, '-');
  const named = columns.map((column) => ({
    name: column.replace('#', ''),
    figure: column.endsWith('#') ? 'figure' : '',
  }));
  // Roles, as other `display` values take them from browsers' accessibility trees.
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div class="wide" tabIndex={0} role="region" aria-labelledby={id}>
        <table role="table" aria-labelledby={id}>
          <thead role="rowgroup">
            <tr role="row">
              {named.map(({ name, figure }) => (
                <th key={name} scope="col" role="columnheader" class={figure}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {rows.map(({ key, cells }) => (
              <tr key={key} role="row">
                {cells.map((cell, at) => (
                  <td key={named[at]!.name} role="cell" class={named[at]!.figure} data-column={named[at]!.name}>
                    <div>{cell}</div>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
