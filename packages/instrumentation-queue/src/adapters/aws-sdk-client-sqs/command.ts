import { observed, type Hooks, type MethodCalls } from '@foreshock/kit';

/** Of @aws-sdk/client-*. */
export interface Command<Input> {
  readonly input: Input;
}

/**
 * `Client.send` calls what the command's `resolveMiddleware` returns, and awaits it. Each class has its own. (A middleware
 * of ours in the client's stack would be seen, and stay.)
 */
export function onCommand<C>(
  hooks: Hooks,
  exports: Record<string, { prototype: { resolveMiddleware: unknown } } | undefined>,
  name: string,
  steps: MethodCalls<C>,
): void {
  const prototype = exports[name]?.prototype;
  if (!prototype) return;
  hooks.returning(prototype, 'resolveMiddleware', (handler) => observed(handler, steps, name, hooks));
}

/** A copy: commands and their input are the application's. */
export function withInput<Input>(command: Command<Input>, input: Input): Command<Input> {
  const own = Object.getOwnPropertyDescriptors(command);
  const value = { ...own.input, value: input };
  return Object.create(Object.getPrototypeOf(command), { ...own, input: value }) as Command<Input>;
}

/** The service's code, as `QueueDoesNotExist`, is the name; `code` only of network errors. */
export function failureOf(error: unknown): unknown {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  if (typeof name !== 'string' || name === 'Error' || typeof code === 'string') return error;
  return Object.create(error as object, { code: { value: name } });
}

/** `https://sqs.eu-west-1.amazonaws.com/123/emails`, `arn:aws:sns:eu-west-1:123:orders` */
export function lastPart(address: unknown, separator: '/' | ':'): string {
  const text = String(address);
  return text.slice(text.lastIndexOf(separator) + 1);
}
