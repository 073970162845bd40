// The public conformance suite of W3C trace-context (test/test.py at SPEC_LEVEL 2, STRICT_LEVEL 2, as of June
// 2026: 41 tests), by the names of its tests: the same requests. The propagator's tests
// give them to a service made with the SDK, those of the HTTP boundary send them over the wire.

export const TRACE = '12345678901234567890123456789012';
export const PARENT = '1234567890123456';
export const SAMPLED = `00-${TRACE}-${PARENT}-01`;
const UNSAMPLED = `00-${TRACE}-${PARENT}-00`;

export type Headers = readonly (readonly [string, string])[];

export interface Case {
  test: string;
  headers: Headers;
  /** The trace goes on, or a new one is begun. */
  trace: 'continued' | 'restarted';
  /** The members sent on, in order; absent: the test does not look at them. */
  state?: string;
}

export const traceparent = (value: string): Headers => [['traceparent', value]];
const withState = (...values: string[]): Headers => [
  ['traceparent', UNSAMPLED],
  ...values.map((value) => ['tracestate', value] as const),
];
const restarted = (test: string, ...values: string[]): Case[] =>
  values.map((value) => ({ test, headers: traceparent(value), trace: 'restarted' }));
const continued = (test: string, ...values: string[]): Case[] =>
  values.map((value) => ({ test, headers: traceparent(value), trace: 'continued' }));
const state = (test: string, values: string[], expected: string): Case => ({
  test,
  headers: withState(...values),
  trace: 'continued',
  state: expected,
});

const members = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => {
    const n = String(from + i).padStart(2, '0');
    return `bar${n}=${n}`;
  }).join(',');
const tens = [members(1, 10), members(11, 20), members(21, 30)];

const simpleKey = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/';
let everyValueCharacter = '';
for (let code = 0x20; code <= 0x7e; code++) {
  if (code !== 0x2c && code !== 0x3d) everyValueCharacter += String.fromCharCode(code);
}

export const cases: Case[] = [
  { test: 'both_traceparent_and_tracestate_missing', headers: [], trace: 'restarted', state: '' },
  ...continued('traceparent_included_tracestate_missing', SAMPLED),
  {
    test: 'traceparent_duplicated',
    headers: [
      ['traceparent', `00-12345678901234567890123456789011-${PARENT}-01`],
      ['traceparent', SAMPLED],
    ],
    trace: 'restarted',
  },
  { test: 'traceparent_header_name', headers: [['trace-parent', SAMPLED]], trace: 'restarted' },
  { test: 'traceparent_header_name', headers: [['trace.parent', SAMPLED]], trace: 'restarted' },
  ...['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT'].map((name): Case => ({
    test: 'traceparent_header_name_valid_casing',
    headers: [[name, SAMPLED]],
    trace: 'continued',
  })),
  ...restarted('traceparent_version_0x00', `${SAMPLED}.`, `${SAMPLED}-what-the-future-will-be-like`),
  ...continued(
    'traceparent_version_0xcc',
    `cc-${TRACE}-${PARENT}-01`,
    `cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`,
  ),
  ...restarted('traceparent_version_0xcc', `cc-${TRACE}-${PARENT}-01.what-the-future-will-be-like`),
  ...restarted('traceparent_version_0xff', `ff-${TRACE}-${PARENT}-01`),
  ...restarted('traceparent_version_illegal_characters', `.0-${TRACE}-${PARENT}-01`, `0.-${TRACE}-${PARENT}-01`),
  ...restarted('traceparent_version_too_long', `000-${TRACE}-${PARENT}-01`, `0000-${TRACE}-${PARENT}-01`),
  ...restarted('traceparent_version_too_short', `0-${TRACE}-${PARENT}-01`),
  ...restarted('traceparent_trace_id_all_zero', `00-${'0'.repeat(32)}-${PARENT}-01`),
  ...restarted(
    'traceparent_trace_id_illegal_characters',
    `00-.2345678901234567890123456789012-${PARENT}-01`,
    `00-1234567890123456789012345678901.-${PARENT}-01`,
  ),
  ...restarted('traceparent_trace_id_too_long', `00-${TRACE}3-${PARENT}-01`),
  ...restarted('traceparent_trace_id_too_short', `00-${TRACE.slice(1)}-${PARENT}-01`),
  ...restarted('traceparent_parent_id_all_zero', `00-${TRACE}-${'0'.repeat(16)}-01`),
  ...restarted(
    'traceparent_parent_id_illegal_characters',
    `00-${TRACE}-.234567890123456-01`,
    `00-${TRACE}-123456789012345.-01`,
  ),
  ...restarted('traceparent_parent_id_too_long', `00-${TRACE}-${PARENT}7-01`),
  ...restarted('traceparent_parent_id_too_short', `00-${TRACE}-${PARENT.slice(1)}-01`),
  ...restarted('traceparent_trace_flags_illegal_characters', `00-${TRACE}-${PARENT}-.0`, `00-${TRACE}-${PARENT}-0.`),
  ...restarted('traceparent_trace_flags_too_long', `00-${TRACE}-${PARENT}-001`),
  ...restarted('traceparent_trace_flags_too_short', `00-${TRACE}-${PARENT}-1`),
  ...continued(
    'traceparent_ows_handling',
    ` ${SAMPLED}`,
    `\t${SAMPLED}`,
    `${SAMPLED} `,
    `${SAMPLED}\t`,
    `\t ${SAMPLED} \t`,
  ),
  {
    test: 'tracestate_included_traceparent_missing',
    headers: [['tracestate', 'foo=1']],
    trace: 'restarted',
    state: '',
  },
  {
    test: 'tracestate_included_traceparent_missing',
    headers: [['tracestate', 'foo=1,bar=2']],
    trace: 'restarted',
    state: '',
  },
  state('tracestate_included_traceparent_included', ['foo=1,bar=2'], 'foo=1,bar=2'),
  ...['trace-state', 'trace.state'].map((name): Case => ({
    test: 'tracestate_header_name',
    headers: [
      ['traceparent', UNSAMPLED],
      [name, 'foo=1'],
    ],
    trace: 'continued',
    state: '',
  })),
  ...['TraceState', 'TrAcEsTaTe', 'TRACESTATE'].map((name): Case => ({
    test: 'tracestate_header_name_valid_casing',
    headers: [
      ['traceparent', UNSAMPLED],
      [name, 'foo=1'],
    ],
    trace: 'continued',
    state: 'foo=1',
  })),
  state('tracestate_empty_header', [''], ''),
  state('tracestate_empty_header', ['foo=1', ''], 'foo=1'),
  state('tracestate_empty_header', ['', 'foo=1'], 'foo=1'),
  state(
    'tracestate_multiple_headers_different_keys',
    ['foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'],
    'foo=1,bar=2,rojo=1,congo=2,baz=3',
  ),
  state('tracestate_duplicated_keys', ['foo=1,foo=1'], 'foo=1'),
  state('tracestate_duplicated_keys', ['foo=1,foo=2'], 'foo=1'),
  state('tracestate_duplicated_keys', ['foo=1', 'foo=1'], 'foo=1'),
  state('tracestate_duplicated_keys', ['foo=1', 'foo=2'], 'foo=1'),
  ...[simpleKey, `${simpleKey}@a-z0-9_-*/`].map((key) =>
    state('tracestate_all_allowed_characters', [`${key}=${everyValueCharacter}`], `${key}=${everyValueCharacter}`),
  ),
  state('tracestate_ows_handling', ['foo=1 \t , \t bar=2, \t baz=3'], 'foo=1,bar=2,baz=3'),
  state('tracestate_ows_handling', ['foo=1\t \t,\t \tbar=2,\t \tbaz=3'], 'foo=1,bar=2,baz=3'),
  ...[' foo=1', '\tfoo=1', 'foo=1 ', 'foo=1\t', '\t foo=1 \t'].map((value) =>
    state('tracestate_ows_handling', [value], 'foo=1'),
  ),
  ...['foo =1', 'FOO=1', 'foo.bar=1'].map((value) => state('tracestate_key_illegal_characters', [value], '')),
  state('tracestate_key_illegal_vendor_format', ['foo@=1,bar=2'], 'foo@=1,bar=2'),
  state('tracestate_key_illegal_vendor_format', ['@foo=1,bar=2'], ''),
  state('tracestate_key_illegal_vendor_format', ['foo@@bar=1,bar=2'], 'foo@@bar=1,bar=2'),
  state('tracestate_key_illegal_vendor_format', ['foo@bar@baz=1,bar=2'], 'foo@bar@baz=1,bar=2'),
  state('tracestate_member_count_limit', [...tens, members(31, 32)], members(1, 32)),
  state('tracestate_member_count_limit', [...tens, members(31, 33)], ''),
  ...['z'.repeat(256), `${'t'.repeat(241)}@${'v'.repeat(14)}`, `${'t'.repeat(242)}@v`, `t@${'v'.repeat(15)}`].map(
    (key) => state('tracestate_key_length_limit', ['foo=1', `${key}=1`], `foo=1,${key}=1`),
  ),
  state('tracestate_key_length_limit', ['foo=1', `${'z'.repeat(257)}=1`], ''),
  state('tracestate_value_illegal_characters', ['foo=bar=baz'], ''),
  state('tracestate_value_illegal_characters', ['foo=,bar=3'], ''),
];
