import type { Attributes } from '@opentelemetry/api';

/** From the variables that AWS documents; empty elsewhere. */
export function lambdaResource({
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_VERSION: version,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memory,
  AWS_LAMBDA_LOG_STREAM_NAME: instance,
  AWS_REGION: region,
}: NodeJS.ProcessEnv): Attributes {
  if (name === undefined) return {};
  return {
    'service.name': name,
    'cloud.provider': 'aws',
    'cloud.platform': 'aws_lambda',
    ...(region !== undefined && { 'cloud.region': region }),
    'faas.name': name,
    ...(version !== undefined && { 'faas.version': version }),
    ...(instance !== undefined && { 'faas.instance': instance }),
    // Megabytes
    ...(memory !== undefined && { 'faas.max_memory': Number(memory) * 1024 * 1024 }),
  };
}
