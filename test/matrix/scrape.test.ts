import { checkMetrics, freePort, NODES, runFixture, startPostgres, startRedis } from '@foreshock/testkit';
import { CERTIFICATE } from '../../packages/instrumentation-http/test/certificate.ts';
import { expect, it } from 'vitest';

/** Of a family with labels: one that must be in it. */
const EXPECTED = `
http_server_request_duration_seconds http_server_active_requests http_server_active_requests_peak
http_client_request_duration_seconds http_client_dns_duration_seconds http_client_connect_duration_seconds
http_client_tls_duration_seconds
db_client_operation_duration_seconds db_client_connection_wait_time_seconds db_client_connection_create_time_seconds
db_client_connection_use_time_seconds db_client_connection_timeouts_total
db_client_connection_count db_client_connection_count_peak db_client_connection_idle_min db_client_connection_limit
db_client_connection_pending_requests db_client_connection_pending_requests_peak
pool_used pool_used_peak pool_limit pool_pending pool_pending_peak
cache_lookups_total cache_stampedes_total
messaging_client_sent_messages_total messaging_client_consumed_messages_total
messaging_client_operation_duration_seconds messaging_process_duration_seconds queue_wait_time_seconds
circuitbreaker_calls_total circuitbreaker_transitions_total retry_resends_total retry_storms_total degraded_count_total
nodejs_eventloop_delay_min_seconds nodejs_eventloop_delay_max_seconds nodejs_eventloop_delay_mean_seconds
nodejs_eventloop_delay_stddev_seconds nodejs_eventloop_delay_p50_seconds nodejs_eventloop_delay_p90_seconds
nodejs_eventloop_delay_p99_seconds nodejs_eventloop_time_seconds_total nodejs_eventloop_utilization_ratio
v8js_gc_duration_seconds v8js_memory_heap_limit_bytes v8js_memory_heap_used_bytes
v8js_memory_heap_space_available_size_bytes v8js_memory_heap_space_physical_size_bytes
process_cpu_time_seconds_total process_memory_usage_bytes process_uptime_seconds process_open_file_descriptor_count
process_open_file_descriptor_limit target_info`
  .trim()
  .split(/\s+/);

it.each(NODES)('a scrape of an application on Node %i has each metric of the READMEs', async (node) => {
  const [postgres, redis, admin] = await Promise.all([startPostgres(), startRedis(), freePort()]);
  const app = await runFixture(new URL('fixtures/every-metric.mjs', import.meta.url), {
    node,
    env: {
      CERTIFICATE: JSON.stringify(CERTIFICATE),
      POSTGRES_URL: postgres.url,
      REDIS_URL: redis.url,
      FORESHOCK_ADMIN_PORT: String(admin),
      OTEL_LOG_LEVEL: 'none',
    },
  });
  const { port } = await app.ready;
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('ok');
  const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const names = new Set(samples.map((line) => line.slice(0, line.indexOf('{')).replace(/_(?:bucket|sum|count)$/, '')));
  const shown = (name: string): boolean => names.has(name) || names.has(name.replace(/_count$/, ''));
  expect(EXPECTED.filter((name) => !shown(name))).toEqual([]);
  expect(checkMetrics(text).filter((line) => !/_count non-histogram/.test(line))).toEqual([]);
});
