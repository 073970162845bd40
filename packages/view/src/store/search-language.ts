/** SQL conditions on a span `s`, each for some span of the trace. */
export interface Search {
  groups: { sql: string; params: (string | number)[] }[];
  traceId?: string;
  error?: string;
}

const LONGEST = 2_000;
const MOST_TERMS = 20;

const UNITS_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const COMPARISON = /^([^\s"=<>!:]+)(>=|<=|!=|=|>|<)(.*)$/s;

/** Blanks join terms on one span; `&` may join two: `service:orders error & duration>1s`. */
export function parseSearch(text: string): Search {
  const search: Search = { groups: [] };
  if (text.length > LONGEST) return { groups: [], error: `The search is longer than ${LONGEST} characters.` };
  let conditions: string[] = [];
  let params: (string | number)[] = [];
  const endGroup = (): void => {
    if (conditions.length > 0) search.groups.push({ sql: conditions.join(' AND '), params });
    conditions = [];
    params = [];
  };
  const terms = termsOf(text);
  if (terms.length > MOST_TERMS) return { groups: [], error: `There are more than ${MOST_TERMS} terms.` };
  for (const term of terms) {
    if (term.text === '&' && !term.isQuoted) {
      endGroup();
      continue;
    }
    const traceId = term.isQuoted ? undefined : /^(?:trace:)?([0-9a-f]{32})$/i.exec(term.text)?.[1];
    if (traceId !== undefined) {
      search.traceId = traceId.toLowerCase();
      continue;
    }
    const condition = conditionOf(term);
    if (typeof condition === 'string') return { groups: [], error: condition };
    conditions.push(condition.sql);
    params.push(...condition.params);
  }
  endGroup();
  return search;
}

interface Term {
  text: string;
  isQuoted: boolean;
}

/** Quotes keep blanks: `"GET /orders"`, `name:"GET /orders"`, `db.query.text="SELECT 1"`. */
function termsOf(text: string): Term[] {
  const terms: Term[] = [];
  for (const [, quoted, bare] of text.matchAll(/"((?:[^"\\]|\\.)*)"|((?:[^\s"]|"(?:[^"\\]|\\.)*"?)+)/g)) {
    if (quoted !== undefined) terms.push({ text: unescaped(quoted), isQuoted: true });
    else
      terms.push({
        text: bare!.replace(/"((?:[^"\\]|\\.)*)"?/g, (_, inside: string) => unescaped(inside)),
        isQuoted: false,
      });
  }
  return terms.filter(({ text }) => text !== '');
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

type Condition = { sql: string; params: (string | number)[] };

function conditionOf({ text, isQuoted }: Term): Condition | string {
  if (isQuoted) return anywhere(text);
  if (text === 'error') return { sql: 's.status = 2', params: [] };
  const [, field, value] = /^(service|name):(.*)$/s.exec(text) ?? [];
  if (field === 'service')
    return { sql: `s.resource IN (SELECT id FROM resources WHERE service = ? COLLATE NOCASE)`, params: [value!] };
  if (field === 'name') return { sql: `s.name LIKE ? ESCAPE '\\'`, params: [like(value!)] };
  const [, key, operator, operand] = COMPARISON.exec(text) ?? [];
  if (key === undefined) return anywhere(text);
  if (key === 'duration') return duration(operator!, operand!);
  if (operator === '=' || operator === '!=') return equals(key, operator, operand!);
  const number = Number(operand);
  if (operand === '' || Number.isNaN(number)) return `${text}: after ${operator} comes a number.`;
  return attribute(key, `j.type IN ('integer', 'real') AND j.value ${operator} ?`, [number]);
}

function duration(operator: string, operand: string): Condition | string {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)?$/.exec(operand) ?? [];
  if (number === undefined)
    return `duration${operator}${operand}: a length of time such as 100ms, 1.5s or 2m is needed.`;
  return { sql: `(s.end_ms - s.start_ms) ${operator} ?`, params: [Number(number) * UNITS_MS[unit ?? 'ms']!] };
}

/** Compares texts: `cache.hit=true`, `retry.attempt=2`. */
function equals(key: string, operator: string, value: string): Condition {
  const text = `CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(j.value AS TEXT) END = ?`;
  const condition = attribute(key, text, [value]);
  return operator === '=' ? condition : { ...condition, sql: `NOT ${condition.sql}` };
}

/** The JSON is searched for the name before it is parsed. */
function attribute(key: string, test: string, params: (string | number)[]): Condition {
  const name = JSON.stringify(key);
  const within = (json: string): string =>
    `(instr(${json}, ?) > 0 AND EXISTS (SELECT 1 FROM json_tree(${json}) j WHERE j.key = ? AND ${test}))`;
  return {
    sql: `(${within('s.attributes')} OR ${within('s.events')} OR s.resource IN (SELECT id FROM resources r WHERE ${within('r.attributes')}))`,
    params: [name, key, ...params, name, key, ...params, name, key, ...params],
  };
}

/** Case-insensitive for ASCII. */
function anywhere(text: string): Condition {
  const plain = like(text);
  const json = like(JSON.stringify(text).slice(1, -1));
  const has = (column: string): string => `${column} LIKE ? ESCAPE '\\'`;
  return {
    sql: `(${has('s.name')} OR ${has('s.status_message')} OR ${has('s.attributes')} OR ${has('s.events')}
      OR s.resource IN (SELECT id FROM resources WHERE ${has('service')})
      OR EXISTS (SELECT 1 FROM logs l WHERE l.trace = s.trace AND l.span_id IN (s.span_id, '') AND ${has('l.body')}))`,
    params: [plain, plain, json, json, plain, plain],
  };
}

function like(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
