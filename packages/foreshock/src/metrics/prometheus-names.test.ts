import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import { familyNameOf, labelNameOf } from './prometheus-names.ts';

function metric(name: string, unit: string, dataPointType: DataPointType, isMonotonic = false): MetricData {
  return { descriptor: { name, unit, description: '' }, dataPointType, isMonotonic, dataPoints: [] } as never;
}

it.each([
  ['http.server.request.duration', 's', DataPointType.HISTOGRAM, false, 'http_server_request_duration_seconds'],
  ['foreshock.spans.dropped', '{span}', DataPointType.SUM, true, 'foreshock_spans_dropped'],
  ['app.requests.total', '', DataPointType.SUM, true, 'app_requests'],
  ['process.memory.usage', 'By', DataPointType.SUM, false, 'process_memory_usage_bytes'],
  ['app.wait_seconds', 's', DataPointType.GAUGE, false, 'app_wait_seconds'],
  ['nodejs.eventloop.utilization', '1', DataPointType.GAUGE, false, 'nodejs_eventloop_utilization_ratio'],
  ['app.share', '1', DataPointType.SUM, true, 'app_share'],
  ['app.rate', 'By/s', DataPointType.GAUGE, false, 'app_rate_bytes_per_second'],
  ['app..odd--name.', '{x}By', DataPointType.GAUGE, false, 'app_odd_name_bytes'],
  ['3d', '', DataPointType.GAUGE, false, '_3d'],
])('%s in %s', (name, unit, type, isMonotonic, expected) => {
  expect(familyNameOf(metric(name, unit, type, isMonotonic)).name).toBe(expected);
});

it('makes labels that Prometheus takes', () => {
  expect(['http.route', '1st', '__name__', '', 'ключ', 'a-b.c'].map(labelNameOf)).toEqual([
    'http_route',
    'key_1st',
    '_name__',
    'key_',
    '_',
    'a_b_c',
  ]);
});
