import type { Params } from './json-rpc.ts';

/** Of the Model Context Protocol; answers with text. */
export interface Tool {
  name: string;
  description: string;
  inputSchema: {
    type: 'object';
    properties: Record<string, Property>;
    required?: string[];
    additionalProperties: false;
  };
  /** @throws with one line that says what is wrong */
  run(params: Params): Promise<string>;
}

interface Property {
  type: 'string' | 'integer';
  description: string;
  minimum?: number;
  maximum?: number;
  pattern?: string;
}

const LONGEST = 2_000;

/** @throws unless they fit the schema */
export function checkParams({ inputSchema: { properties, required = [] } }: Tool, params: Params): void {
  for (const name of required) if (params[name] === undefined) throw new Error(`${name} is missing`);
  for (const [name, value] of Object.entries(params)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!property) throw new Error(`there is no parameter ${name.slice(0, 100)}`);
    const { type, minimum = -Infinity, maximum = Infinity, pattern } = property;
    if (type === 'integer' && !(Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum))
      throw new Error(`${name} is a whole number from ${minimum} to ${maximum}`);
    if (type === 'string' && (typeof value !== 'string' || value.length > LONGEST))
      throw new Error(`${name} is a text of at most ${LONGEST} characters`);
    if (pattern !== undefined && !new RegExp(pattern).test(String(value)))
      throw new Error(`${name}: ${property.description}`);
  }
}
