import { realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { log, withFixed } from '@foreshock/kit';
import { onOwnFileLoad } from '@foreshock/kit/module-hook';

type Handler = (...args: any[]) => unknown;

/**
 * `src/app.handlers.create` is `handlers.create` of `src/app`, as AWS's runtime interface client has it
 * (aws-lambda-ric 3 and 4; 4 also looks into the default export).
 */
export function onHandlerLoad(handler: string, taskRoot: string, replace: (original: Handler) => Handler): void {
  const [, module = '', property = ''] = /^([^.]*)\.(.*)$/.exec(basename(handler)) ?? [];
  if (property === '') return;
  const stem = resolve(taskRoot, dirname(handler), module);
  const path = property.split('.');
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const file = real(stem + extension);
    if (file === undefined) continue;
    onOwnFileLoad(file, path[0]!, ({ rebind, replaceExports }) => {
      const inner = (value: any): any => withHandler(value, path.slice(1), replace);
      if (rebind) rebind(path[0]!, inner);
      else replaceExports?.((all: any) => withHandler(all, path, replace));
    });
  }
}

/** Node's loaders know files without symbolic links. */
function real(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

/** The same object where its property can be set; bundlers make getters. */
function withHandler(owner: any, path: readonly string[], replace: (original: Handler) => Handler): any {
  const [name, ...rest] = path;
  if (name === undefined) return typeof owner === 'function' ? replace(owner) : owner;
  const value = owner?.[name];
  if (value === undefined || value === null) {
    log('warn', 'foreshock: the handler is not among what its file exports, its invocations have no spans');
    return owner;
  }
  const changed = withHandler(value, rest, replace);
  if (changed === value) return owner;
  return Reflect.set(owner, name, changed) ? owner : withFixed(owner, name, changed);
}
