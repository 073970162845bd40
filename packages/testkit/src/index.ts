export { activeSpanId, crowd, only, saturations, spansNamed, waits } from './below-spans.ts';
export { adapterContract, examine, type AdapterContract } from './contract/adapter-contract.ts';
export { libraryContract, versionedApps, type LibraryContract, type Versions } from './contract/library-contract.ts';
export type { Findings } from './contract/run-job.ts';
export { IS_OF_MUTANTS, mutated, sourceRun, type Fault, type Mutant } from './contract/mutant.ts';
export type { ContractApp, ContractFixture } from './contract/app.ts';
export type { ContractCheck } from './contract/job.ts';
export {
  startCollector,
  type Collector,
  type CollectorOptions,
  type Misbehaviour,
  type ReceivedRequest,
} from './collector.ts';
export { decodeRequest, otlpDefinitions, PROTO_FOLDER, protobufOf, type Encoding, type Payload } from './otlp.ts';
export { findChromium } from './chromium.ts';
export { describeSpans, type MetricPoint, type ReceivedMetric, type ReceivedSpan } from './received-span.ts';
export { recordSpans, type Recorded, type RecordedInstrumentation, type RecordOptions } from './record-spans.ts';
export { IS_MATRIX, NODES } from './nodes.ts';
export {
  nodeBinary,
  plainEnvironment,
  PRELOAD,
  runFixture,
  type Fixture,
  type FixtureExit,
  type FixtureOptions,
} from './run-fixture.ts';
export { startKafka, startKafkaIfPossible, type Kafka } from './servers/kafka.ts';
export { startMariaDb, type MariaDb } from './servers/mariadb.ts';
export { startMemcached, type Memcached } from './servers/memcached.ts';
export { startMongoDb, startMongoDbIfPossible, type MongoDb } from './servers/mongodb.ts';
export { startMoto, startMotoIfPossible, type Moto } from './servers/moto.ts';
export { startNats, type Nats } from './servers/nats.ts';
export { startPostgres, type Postgres } from './servers/postgres.ts';
export { startTdsServer, type TdsServer } from './servers/tds/server.ts';
export {
  checkMetrics,
  runPromtool,
  startPrometheus,
  type Prometheus,
  type PrometheusOptions,
} from './servers/prometheus.ts';
export { startRabbitMq, type RabbitMq } from './servers/rabbitmq.ts';
export { startRedis, startRedisCluster, type Redis, type RedisCluster } from './servers/redis.ts';
export {
  freePort,
  onPath,
  runBinary,
  startServer,
  type Room,
  type RunningServer,
  type ServerKind,
} from './servers/server.ts';
export { USER_CACHE } from './servers/user-cache.ts';
export { startedOnce } from './servers/started-once.ts';
export { installed, versionIn, versionOf, type Installed } from './installed.ts';
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
export { testedVersions } from './tested-versions.ts';
export { shows } from './table/shows.ts';
