import { runFixture } from '@foreshock/testkit';
import { expect, it } from 'vitest';

interface Described {
  name: string;
  attributes: Record<string, unknown>;
  [field: string]: unknown;
}
type Scenarios = Record<string, Record<string, Described>>;

/** Every way in which our spans differ from upstream's for the same traffic, and why. */
const DIFFERENCES: { scenario?: RegExp; kind?: 'CLIENT' | 'SERVER'; field: RegExp; because: string }[] = [
  {
    kind: 'CLIENT',
    field: /^http\.phase\.\w+_ms$|^http\.connection\.reused$/,
    because: 'upstream does not say where the time of a call went',
  },
  {
    scenario: /^fetch /,
    kind: 'CLIENT',
    field: /^url\.(?:scheme|path|query)$/,
    because: 'the conventions have `url.full` on client spans; the parts say it again, and the query with its secrets',
  },
  {
    scenario: /^fetch /,
    kind: 'CLIENT',
    field: /^http\.request\.method_original$/,
    because: 'the conventions want it when it differs from the method, upstream says it always',
  },
  {
    scenario: /query/,
    kind: 'SERVER',
    field: /^url\.query$/,
    because: 'only the values of secrets are replaced, the rest stays as it was sent; tokens count as secrets',
  },
  {
    scenario: /query/,
    kind: 'CLIENT',
    field: /^url\.full$/,
    because: 'as `url.query`; upstream’s undici redacts nothing',
  },
  {
    scenario: /^http credentials/,
    kind: 'CLIENT',
    field: /^url\.full$/,
    because: 'node:http sends credentials as a header, so the URL of the request has none to redact',
  },
  {
    kind: 'CLIENT',
    field: /^user_agent\.original$/,
    because: 'opt-in on clients’ spans, where it is the same for all',
  },
  {
    kind: 'CLIENT',
    field: /^network\.(?:peer\.(?:address|port)|protocol\.version)$/,
    because:
      'only where it is not `server.*`, and not 1.1: UIs show 16 attributes, and more useful ones come after them',
  },
  { kind: 'CLIENT', field: /^peer\.service$/, because: 'Jaeger shows it beside the name of the span' },
  {
    scenario: /unknown method/,
    kind: 'CLIENT',
    field: /^name$/,
    because: 'the conventions name a span of an unknown method HTTP: methods are anybody’s to invent',
  },
  { scenario: /unknown method/, kind: 'SERVER', field: /^name$/, because: 'the same' },
  {
    scenario: /dot segments/,
    kind: 'SERVER',
    field: /^url\.path$/,
    because: 'the path as the application sees it, and no URL object made of each request',
  },
  {
    scenario: /RFC 7239/,
    kind: 'SERVER',
    field: /^(?:client|server)\.(?:address|port)$/,
    because: 'upstream’s parser gives up on a host with its port, which proxies write unquoted',
  },
  {
    scenario: /refused|aborted|destroyed/,
    kind: 'CLIENT',
    field: /^events$/,
    because: 'an error is the status and `error.type`; an exception event would say it twice',
  },
  {
    scenario: /^http (?:refused|aborted|destroyed)/,
    kind: 'CLIENT',
    field: /^error\.type$/,
    because: 'the error’s code, and `timeout` for a time-out, not the class `Error`',
  },
  {
    scenario: /aborted|cancelled|destroyed/,
    kind: 'SERVER',
    field: /^(?:http\.response\.status_code|error\.type|status)$/,
    because: 'nobody got a response: the 200 that Node presets was never sent',
  },
  {
    scenario: /aborted/,
    kind: 'CLIENT',
    field: /^(?:status|message)$/,
    because: 'that the application lets go of a call is nobody’s failure',
  },
  {
    scenario: /aborted|cancelled/,
    field: /^http\.request\.cancelled$/,
    because: 'who asked went away',
  },
];

const fieldsOf = ({ attributes, ...rest }: Described): Record<string, unknown> => ({ ...rest, ...attributes });

async function scenariosOf(whose: 'upstream' | 'ours'): Promise<Scenarios> {
  const fixture = await runFixture(new URL('./fixtures/parity.cjs', import.meta.url), {
    preload: 'none',
    nodeArgs: ['--conditions=@foreshock/source'],
    args: [whose],
  });
  return fixture.ready;
}

it('spans are those of upstream’s instrumentations, but for the differences listed', async () => {
  const [theirs, ours] = await Promise.all([scenariosOf('upstream'), scenariosOf('ours')]);
  expect(Object.keys(theirs).length).toBeGreaterThan(20);
  const unlisted: string[] = [];
  const met = new Set<object>();
  for (const scenario of Object.keys(theirs)) {
    expect([scenario, ...Object.keys(ours[scenario]!)].sort()).toEqual(
      [scenario, ...Object.keys(theirs[scenario]!)].sort(),
    );
    for (const kind of Object.keys(theirs[scenario]!)) {
      const [their, our] = [theirs, ours].map((each) => fieldsOf(each[scenario]![kind]!)) as [
        Record<string, unknown>,
        Record<string, unknown>,
      ];
      for (const field of new Set([...Object.keys(their), ...Object.keys(our)])) {
        if (JSON.stringify(their[field]) === JSON.stringify(our[field])) continue;
        const listed = DIFFERENCES.find(
          (each) => (each.kind ?? kind) === kind && each.field.test(field) && (each.scenario?.test(scenario) ?? true),
        );
        if (listed) met.add(listed);
        else
          unlisted.push(
            `${scenario} ${kind} ${field}: ${JSON.stringify(their[field])}, ours ${JSON.stringify(our[field])}`,
          );
      }
    }
  }
  expect(unlisted).toEqual([]);
  expect(DIFFERENCES.filter((each) => !met.has(each))).toEqual([]);
});
