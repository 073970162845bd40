import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPromtool } from '@foreshock/testkit';
import { beforeAll, expect, it, onTestFinished } from 'vitest';

const at = (file: string): string => fileURLToPath(new URL(`../examples/production/${file}`, import.meta.url));

// Where promtool is not installed, this unpacks Debian's.
beforeAll(() => void runPromtool(['--version']));

it.each([
  ['test', 'rules', 'prometheus/rules.test.yml'],
  ['check', 'rules', 'prometheus/rules.yml'],
  ['check', 'config', 'prometheus/prometheus.yml'],
])('promtool %s %s %s', (verb, what, file) => {
  expect(runPromtool([verb, what, at(file)])).toEqual({ status: 0, output: expect.stringContaining('SUCCESS') });
});

it('every alert has a series that sets it off', () => {
  const alerts = [...readFileSync(at('prometheus/rules.yml'), 'utf8').matchAll(/- alert: (\w+)/g)].map(
    ([, name]) => name,
  );
  const tested = readFileSync(at('prometheus/rules.test.yml'), 'utf8');
  expect(alerts.filter((name) => !tested.includes(`alertname: ${name}\n        exp_alerts:\n`))).toEqual([]);
});

it("the dashboard's queries parse", () => {
  const { panels } = JSON.parse(readFileSync(at('grafana/foreshock.json'), 'utf8'));
  const rules = panels.map(({ targets }: any, i: number) => ({
    record: `panel:${i}`,
    expr: targets[0].expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*'),
  }));
  const folder = mkdtempSync(join(tmpdir(), 'foreshock-dashboard-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  expect(runPromtool(['check', 'rules', join(folder, 'rules.yml')])).toEqual({
    status: 0,
    output: expect.stringContaining('12 rules found'),
  });
});
