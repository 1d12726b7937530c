import { RotationError } from '../../../lambdas/shared/errors';
import { isTransient, toRotationError } from '../../../lambdas/shared/service-errors';

const serviceError = (name: string, httpStatusCode?: number, code?: string) =>
  Object.assign(new Error('message'), { name, code, $metadata: { httpStatusCode } });

describe('errors of AWS services', () => {
  test.each([
    ['a throttle of IAM', serviceError('Throttling', 400), true],
    ['a throttle of Secrets Manager', serviceError('ThrottlingException', 400), true],
    ['a server error of any name', serviceError('SomethingNew', 503), true],
    ['a reset connection', serviceError('Error', undefined, 'ECONNRESET'), true],
    ['a time-out', serviceError('TimeoutError'), true],
    ['a missing permission', serviceError('AccessDenied', 403), false],
    ['a wrong parameter', serviceError('ValidationError', 400), false],
    ['the quota, which the SDK calls throttling', serviceError('LimitExceededException', 409), false],
    ['no error of a service at all', 'text', false],
  ])('%s', (_case, error, transient) => {
    expect(isTransient(error)).toBe(transient);
    expect(toRotationError(error, 'testing')).toEqual(
      transient ? expect.objectContaining({ name: 'TransientServiceError' }) : error,
    );
  });

  test('an error of ours passes as it is', () => {
    const error = new RotationError('StateDrift', 'moved');
    expect(toRotationError(error, 'testing')).toBe(error);
  });
});
