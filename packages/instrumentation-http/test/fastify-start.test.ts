import { runFixture } from '@foreshock/testkit';
import { expect, it } from 'vitest';

it.each(['fastify', 'fastify-4'])(
  '%s lists one hook of ours, by our name, and no step more of its start',
  async (name) => {
    const plan = async (preload: 'require' | 'none'): Promise<{ plugins: string; routes: string }> => {
      const fixture = new URL('./fixtures/fastify-plan.cjs', import.meta.url);
      const { stdout } = await (await runFixture(fixture, { preload, args: [name] })).exited;
      return JSON.parse(stdout);
    };
    const [ours, plain] = await Promise.all([plan('require'), plan('none')]);
    expect(ours.plugins).toBe(plain.plugins);
    expect(plain.routes).not.toContain('onRequest');
    expect(ours.routes.replaceAll(/\n.*\(onRequest\) \["foreshock\(\)"\]/g, '')).toBe(plain.routes);
  },
);
