/* What arrives over a connection is in no request: each message is a trace of its own, linked to what opened it. */
import type { Adapter } from '@foreshock/kit';
import {
  IS_OF_MUTANTS,
  runFixture,
  shows,
  startCollector,
  versionedApps,
  versionIn,
  type ReceivedSpan,
  type Versions,
} from '@foreshock/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';

const RUNNER = new URL('./fixtures/messages.mjs', import.meta.url);
const TEXTS = ['apples', 'pears', 'plums', 'late'];

export interface MessageOptions extends Versions {
  /** Of the root of a message's trace, at either end. */
  root: Record<string, unknown>;
  /** Of the root of what a closed connection sets off; default: as of messages. */
  left?: Record<string, unknown>;
  /** By a message. */
  isAcceptedLater?: boolean;
}

/** The contract of the library in a folder, whose fixture is run by test/fixtures/messages.mjs. */
export function messageContract(
  adapter: Adapter<any>,
  folder: string,
  { root, left = root, isAcceptedLater = false, ...versions }: MessageOptions,
): void {
  // A plain SDK makes no pending roots.
  if (IS_OF_MUTANTS) return;
  describe.each(versionedApps(adapter, folder, versions))(`${adapter.library} as $alias on Node $node`, (app) => {
    it.each([
      ['ESM', app.fixture, 'import'],
      ['CJS', app.fixtureCjs, 'require'],
    ] as const)('%s: each message is a trace of its own', async (loaded, file, preload) => {
      shows(adapter.library, ['spans', 'parent', loaded], versionIn(file, adapter.library));
      const collector = await startCollector();
      onTestFinished(() => collector.close());
      const run = await runFixture(RUNNER, {
        preload,
        collector,
        args: [file.href],
        ...(app.node && { node: app.node }),
      });
      const { code, stderr } = await run.exited;
      expect([code, stderr]).toEqual([0, '']);

      const { spans } = collector;
      const named = (name: string, kind = 'INTERNAL'): ReceivedSpan => {
        const found = spans.filter((span) => span.name === name && span.kind === kind);
        expect(found.map((span) => span.name)).toEqual([name]);
        return found[0]!;
      };
      const opener = named('opener');
      const opening = (kind: string): ReceivedSpan =>
        spans.find((span) => span.kind === kind && span.attributes['http.response.status_code'] === 101)!;
      expect(opening('CLIENT')).toMatchObject({ traceId: opener.traceId, parentSpanId: opener.spanId });
      expect(opening('SERVER')).toMatchObject({
        traceId: opener.traceId,
        attributes: { 'url.path': expect.any(String) },
      });
      expect(named('opened').parentSpanId).toBe(opener.spanId);
      if (!isAcceptedLater) expect(named('accepted').traceId).toBe(opener.traceId);

      const roots = [...TEXTS.map((text) => `served ${text}`), ...TEXTS.map((text) => `heard ${text}`), 'left'].map(
        (name) => {
          const { traceId, parentSpanId } = named(name);
          const [found, ...others] = spans.filter((span) => span.traceId === traceId && span.parentSpanId === '');
          expect(others).toEqual([]);
          expect(found).toMatchObject({ kind: 'CONSUMER', spanId: parentSpanId, ...(name === 'left' ? left : root) });
          const openedBy = opening(name.startsWith('heard') ? 'CLIENT' : 'SERVER');
          expect(found!.links.map(({ spanId }) => spanId)).toEqual([openedBy.spanId]);
          const below = spans.filter((span) => span.traceId === traceId && span !== found).map((span) => span.name);
          expect(below).toEqual(name.startsWith('served') ? [name, `${name}, later`] : [name]);
          return found!;
        },
      );
      expect(new Set([opener, ...roots].map(({ traceId }) => traceId)).size).toBe(1 + roots.length);
      // Nothing of what set off nothing.
      const accepted = named('accepted').traceId;
      const others = spans.filter(({ kind, traceId }) => kind === 'CONSUMER' && traceId !== accepted);
      expect(others).toHaveLength(roots.length);
    });
  });
}
