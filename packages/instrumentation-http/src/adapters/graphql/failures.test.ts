import { NotFoundException, InternalServerErrorException } from '@nestjs/common';
import { GraphQLError } from 'graphql';
import { expect, it } from 'vitest';
import { failureOf } from './failures.ts';

const thrown = (originalError: Error): any => ({ errors: [new GraphQLError('orders', { originalError })] });

it.each<[string, Error, boolean]>([
  ['an error', new TypeError('no stock'), true],
  ['an answer', new GraphQLError('not yours'), false],
  ['Nest’s 404', new NotFoundException(), false],
  ['Nest’s 500', new InternalServerErrorException(), true],
  ['a 403 as of http-errors', Object.assign(new Error('no'), { statusCode: 403 }), false],
])('a resolver that throws %s', (_, error, isFailure) => {
  expect(failureOf(thrown(error))).toBe(isFailure ? error : undefined);
});
