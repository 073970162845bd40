import { createRequire } from 'node:module';

type Descriptors = Map<PropertyKey, PropertyDescriptor>;

/** Of exports, classes and prototypes. */
export type Surfaces = Map<object, { path: string; descriptors: Descriptors }>;

/** Not to be patched. */
const CORE = ['node:events', 'node:http', 'node:https', 'node:net', 'node:stream'];
const DEPTH = 5;

/** Function-valued properties reachable from loaded CommonJS modules, core modules and `given` ES modules. */
export function surfacesOf(given: readonly unknown[]): Surfaces {
  const surfaces: Surfaces = new Map();
  const { cache } = createRequire(import.meta.url);
  for (const [file, module] of Object.entries(cache)) {
    if (module?.loaded && !file.includes('/@opentelemetry/'))
      visit(surfaces, module.exports, file.split('/node_modules/').pop()!, DEPTH);
  }
  for (const name of CORE) visit(surfaces, process.getBuiltinModule(name), name, DEPTH);
  // Without contents: instance state changes.
  for (const value of given) visit(surfaces, value, nameOf(value), 1);
  return surfaces;
}

function nameOf(value: unknown): string {
  return (value as { constructor?: { name?: string } } | undefined)?.constructor?.name ?? 'object';
}

function visit(surfaces: Surfaces, value: unknown, path: string, depth: number): void {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
  if (depth === 0 || surfaces.has(value) || ArrayBuffer.isView(value)) return;
  const descriptors = patchable(value);
  surfaces.set(value, { path, descriptors });
  visit(surfaces, Object.getPrototypeOf(value), `${path}.[prototype]`, depth);
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (descriptor.value) visit(surfaces, descriptor.value, `${path}.${key}`, depth - 1);
  }
}

function patchable(value: object): Descriptors {
  const descriptors: Descriptors = new Map();
  for (const key of Reflect.ownKeys(value)) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key)!;
    if (descriptor.get || descriptor.set || typeof descriptor.value === 'function') descriptors.set(key, descriptor);
  }
  return descriptors;
}

/** Replaced, added, removed, or with other flags. */
export function changedSurfaces(surfaces: Surfaces): string[] {
  const problems: string[] = [];
  for (const [value, { path, descriptors }] of surfaces) {
    const now = patchable(value);
    for (const key of new Set([...descriptors.keys(), ...now.keys()])) {
      const [before, after] = [descriptors.get(key), now.get(key)];
      const where = `${path}.${String(key)}`;
      if (!before) problems.push(`${where} was added`);
      else if (!after) problems.push(`${where} is gone`);
      else if (before.value !== after.value || before.get !== after.get || before.set !== after.set)
        problems.push(`${where} is not the original`);
      else if (
        before.writable !== after.writable ||
        before.enumerable !== after.enumerable ||
        before.configurable !== after.configurable
      )
        problems.push(`${where} has other flags`);
    }
  }
  return problems;
}
