/*
 * Fails for every value that a package's source exports and no other file imports. (A type may be exported because it
 * is part of what an exported function takes or gives.) What the entries of a package export is its
 * public API, and its build reads some files by their path: both count as imported.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const entries = new Set(
  globSync('packages/*/{package.json,build.mjs}', { cwd: ROOT }).flatMap((file) =>
    Array.from(text(file).matchAll(/["'](?:\.\/)?(src\/[\w/-]+\.ts)["']/g), ([, path]) =>
      join(file, '..', path!).replaceAll('\\', '/'),
    ),
  ),
);
const files = globSync('{packages,examples,test,tools}/**/*.{ts,tsx,mjs,cjs}', {
  cwd: ROOT,
  exclude: (path) => /(?:^|[/\\])(?:node_modules|dist)$/.test(path),
}).map((file) => file.replaceAll('\\', '/'));

/** Names in braces, without `type`, as they are called where they come from, or where they go to. */
function names(braces: string, side: 'source' | 'target'): string[] {
  const parts = braces.replaceAll(/\/\/.*/g, '').split(',');
  return parts.flatMap((part) => {
    const [source, target = source] = part
      .replace(/^\s*type\s/, '')
      .trim()
      .split(/\s+as\s+|:\s*/);
    return (side === 'source' ? source : target) || [];
  });
}

/** By name: the files that import it. */
const imported = new Map<string, Set<string>>();
const exported: [file: string, name: string][] = [];
for (const file of files) {
  const source = text(file);
  const add = (name: string): void => void imported.set(name, (imported.get(name) ?? new Set()).add(file));
  for (const [, braces] of source.matchAll(/\b(?:import|export)\s(?:type\s)?\s*(?:\w+,\s*)?\{([^}]*)\}\s*from\s/g))
    names(braces!, 'source').forEach(add);
  // `const { a } = await import(…)`, `= require(…)`; `import('…').A`.
  for (const [, braces] of source.matchAll(/\{([^{}]*)\}(?::[^=;]*)?\s=\s[^;]{0,60}?\b(?:import|require)\b/g))
    names(braces!, 'source').forEach(add);
  for (const [, name] of source.matchAll(/\bimport\([^)]*\)\)?\.(\w+)/g)) add(name!);
  for (const [, name] of source.matchAll(/\bimport \* as (\w+)/g))
    for (const [, member] of source.matchAll(new RegExp(`\\b${name}\\.(\\w+)`, 'g'))) add(member!);
  if (!/^packages\/[\w-]+\/src\//.test(file) || /\.test\.tsx?$/.test(file) || entries.has(file)) continue;
  for (const [, name] of source.matchAll(
    /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class) (\w+)/gm,
  ))
    exported.push([file, name!]);
  for (const [, braces] of source.matchAll(/^export \{([^}]*)\};/gm))
    for (const name of names(braces!, 'target')) exported.push([file, name]);
}

for (const [file, name] of exported) {
  const by = imported.get(name);
  if (by && (by.size > 1 || !by.has(file))) continue;
  console.error(`${file}: nothing imports ${name}`);
  process.exitCode = 1;
}
