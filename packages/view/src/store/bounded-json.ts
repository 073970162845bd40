import { type Attributes, type AttributeValue, noAttributes, type SpanRecord } from '../records/record.ts';

const LONGEST_TEXT = 16_384;
/** Longest JSON of a span's attributes, events or links. */
const LONGEST = 131_072;
const CUT = '… (cut)';

/** Cuts long texts, omits attributes beyond the limit. */
export function attributesJson(attributes: Attributes, longest: number = LONGEST): string {
  const json = JSON.stringify(attributes);
  return json.length <= LONGEST_TEXT ? json : JSON.stringify(cut(attributes, longest));
}

/** Smaller: a resource stays as long as any span. */
export function resourceJson(attributes: Attributes): string {
  return attributesJson(attributes, LONGEST_TEXT);
}

export function eventsJson(events: SpanRecord['events']): string | null {
  return listJson(events);
}

export function linksJson(links: SpanRecord['links']): string | null {
  return listJson(links);
}

export function shortText(text: string, longest: number = LONGEST_TEXT): string {
  return text.length <= longest ? text : text.slice(0, longest) + CUT;
}

function listJson(list: { attributes: Attributes }[]): string | null {
  if (list.length === 0) return null;
  const json = JSON.stringify(list);
  if (json.length <= LONGEST_TEXT) return json;
  const kept: string[] = [];
  let length = 0;
  for (const each of list) {
    const one = JSON.stringify({ ...each, attributes: cut(each.attributes, LONGEST) });
    length += one.length;
    if (length > LONGEST) break;
    kept.push(one);
  }
  return `[${kept.join(',')}]`;
}

function cut(attributes: Attributes, longest: number): Attributes {
  const kept = noAttributes();
  let left = longest;
  for (const [key, value] of Object.entries(attributes)) {
    const short = shortValue(value);
    left -= key.length + JSON.stringify(short).length + 4;
    if (left < 0) {
      kept['foreshock.view.cut'] = true;
      break;
    }
    kept[shortText(key, 256)] = short;
  }
  return kept;
}

function shortValue(value: AttributeValue): AttributeValue {
  if (typeof value === 'string') return shortText(value);
  if (typeof value !== 'object' || value === null) return value;
  const json = JSON.stringify(value);
  return json.length <= LONGEST_TEXT ? value : shortText(json);
}
