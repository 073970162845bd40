export { breaker, type Breaker, type BreakerState } from '@foreshock/instrumentation-resilience/breaker';
