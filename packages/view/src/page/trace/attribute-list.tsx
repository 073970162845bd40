import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import type { Attributes } from '../contract.ts';
import { address } from '../route.ts';
import { quoted } from '../search-word.ts';
import { printable, shortened, text } from '../words/attribute.ts';
import { number } from '../words/count.ts';

const MOST = 128;
const LONGEST_NAME = 200;
const LONGEST = 400;
const LONGEST_SEARCH = 200;

interface Props {
  title?: string;
  attributes: Attributes;
  canSearch?: boolean;
}

/** Values are rendered only as text. */
export function AttributeList({ title, attributes, canSearch = false }: Props) {
  const [isWhole, setWhole] = useState(false);
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return null;
  return (
    <>
      {title && <h3>{title}</h3>}
      <dl class="attributes">
        {names.slice(0, isWhole ? undefined : MOST).map((name) => (
          <div key={name}>
            <dt>
              <Name of={name} />
            </dt>
            <Value name={name} value={text(attributes[name])} canSearch={canSearch} />
          </div>
        ))}
      </dl>
      {names.length > MOST && !isWhole && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {number(names.length)}
        </button>
      )}
    </>
  );
}

function Name({ of }: { of: string }) {
  const parts = printable(shortened(of, LONGEST_NAME)).split(/(?<=[._])/);
  return (
    <bdi>
      {parts.map((part, i) => (
        <Fragment key={i}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </bdi>
  );
}

function Value({ name, value, canSearch }: { name: string; value: string; canSearch: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? value : shortened(value, LONGEST);
  return (
    <dd>
      <bdi>{printable(shown)}</bdi>
      {value.length > LONGEST && !isWhole && (
        <>
          {' '}
          <button type="button" class="plain" onClick={() => setWhole(true)}>
            show all {number(value.length)} characters
          </button>
        </>
      )}
      {canSearch && value.length <= LONGEST_SEARCH && (
        <>
          {' '}
          <a
            class="find"
            href={address('traces', { q: `${name}=${quoted(value)}` })}
            aria-label={`Traces with this ${name}`}
            title="Traces with this value"
          >
            ⌕
          </a>
        </>
      )}
    </dd>
  );
}
