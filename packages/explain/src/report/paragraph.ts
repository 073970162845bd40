import type { Answer } from './answer.ts';
import { count, duration, percent } from './figures.ts';

export function paragraph(answer: Answer): string {
  const { verdict, coverage, causes, doubts } = answer;
  const input = `${count(coverage.requests, 'request')} in ${count(coverage.traces, 'trace')}`;
  // A process's own requests while it starts, a job's.
  if (coverage.requests === 0)
    return coverage.spans > 0 ? 'No trace in the input begins with a request.' : 'There is no request in the input.';
  if (verdict === 'healthy') return `Healthy: nothing became slower or failed more often, in ${input}.`;
  const first = causes[0];
  if (!first) return `Unclear: ${doubts.join('; ')} (${input}).`;
  const sentences = [];
  if (verdict === 'unclear') sentences.push(`Unclear: ${doubts.join('; ')}.`);
  sentences.push(`${verdict === 'unclear' ? 'The most likely: ' : ''}${first.text}`);
  if (verdict === 'unclear' && causes[1]) sentences.push(`The other: ${causes[1].text}`);
  sentences.push(...spread(answer), ...impact(answer), ...retimed(answer), first.action);
  return sentences.join(' ');
}

function spread({ path }: Answer): string[] {
  if (path.length === 0) return [];
  const name = ({ service, resource }: Answer['path'][number]['from']): string =>
    resource ? `${service} (${resource})` : service;
  const places = [name(path[0]!.from)];
  for (const { from, to } of path) if (places.at(-1) === name(from)) places.push(name(to));
  return [`It spread ${places.join(' → ')}.`];
}

function impact({ impact }: Answer): string[] {
  const worst = impact[0];
  if (!worst) return [];
  const { service, route, requests, slow, failed, degraded, p95Ms, baselineP95Ms } = worst;
  const onPurpose = degraded ? `, ${degraded} degraded on purpose` : '';
  const usual = baselineP95Ms === null ? '' : `, usually ${duration(baselineP95Ms)}`;
  const others = impact.length > 1 ? `, and ${count(impact.length - 1, 'other route')}` : '';
  return [
    `\`${route}\` of ${service}: ${slow} slow and ${failed} failed of ${requests}${onPurpose}, p95 ${duration(p95Ms)}${usual}${others}.`,
  ];
}

function retimed({ whatIf, impact }: Answer): string[] {
  const [retimed] = whatIf;
  const [worst] = impact;
  if (!retimed || !worst) return [];
  const failed = impact.reduce((sum, each) => sum + each.failed, 0);
  const without = [];
  // Earlier ones may have been slower, as in another incident.
  if (retimed.p95Ms < worst.p95Ms) without.push(`p95 would have been ${duration(retimed.p95Ms)}`);
  if (failed > 0) without.push(`${percent(1 - retimed.failed / failed)} of the failures would not have happened`);
  return without.length > 0 ? [`Without it ${without.join(', ')}.`] : [];
}
