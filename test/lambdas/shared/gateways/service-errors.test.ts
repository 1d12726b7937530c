import { RotationError } from '../../../../lambdas/shared/contract/errors';
import {
  isServiceError,
  isTransient,
  toRotationError,
  unlessItFails,
} from '../../../../lambdas/shared/gateways/service-errors';

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
    ['a quota, which the SDK calls throttling, too', serviceError('LimitExceededException', 409), true],
    ['a quota of IAM', serviceError('LimitExceeded', 409), true],
    ['expired credentials of a role', serviceError('ExpiredToken', 403), true],
    ['a KMS key', serviceError('DecryptionFailure', 400), false],
    ['a server error that is just one', serviceError('SomethingNew', 500), true],
    ['an error that is just none of the server', serviceError('SomethingNew', 499), false],
    ['a throttle in the field that some services use', { Code: 'Throttling' }, true],
    ['a missing permission in that field', { Code: 'AccessDenied' }, false],
    ['an error with a code alone', { code: 'ECONNRESET' }, true],
    ['an error with such a code in its name', serviceError('PRECONNECTFailed'), false],
    ['a network error by its name', serviceError('ECONNREFUSED'), true],
    ['no error of a service at all', 'text', false],
    ['nothing', undefined, false],
    ['null', null, false],
  ])('%s', (_case, error, transient) => {
    expect(isTransient(error)).toBe(transient);
    const { name } = toRotationError(error, 'testing');
    expect(name === 'TransientServiceError').toBe(transient);
  });

  test.each<[string, string, string, RegExp]>([
    [
      'AccessDenied',
      'not authorized with an explicit deny in a service control policy',
      'PermissionDenied',
      /A policy of the organization/,
    ],
    [
      'AccessDenied',
      'with an explicit deny in a resource control policy',
      'PermissionDenied',
      /A policy of the organization/,
    ],
    [
      'AccessDenied',
      'because no permissions boundary allows the iam:X action',
      'PermissionDenied',
      /permissions boundary stands/,
    ],
    [
      'AccessDeniedException',
      'with an explicit deny in a VPC endpoint policy',
      'PermissionDenied',
      /a VPC endpoint stands/,
    ],
    [
      'AccessDeniedException',
      'with an explicit deny in a resource-based policy',
      'PermissionDenied',
      /on the resource itself/,
    ],
    [
      'AccessDeniedException',
      'Access to KMS is not allowed',
      'PermissionDenied',
      /The KMS key of the secret may not/,
    ],
    [
      'AccessDenied',
      'because no identity-based policy allows the action',
      'PermissionDenied',
      /own policies do not/,
    ],
    ['AccessDenied', 'You may not.', 'PermissionDenied', /does not say which policy/],
    [
      'UnrecognizedClientException',
      'The security token is invalid',
      'PermissionDenied',
      /does not say which/,
    ],
    ['DecryptionFailure', "can't decrypt", 'KmsKeyNotUsable', /may be disabled/],
    ['EncryptionFailure', "can't encrypt", 'KmsKeyNotUsable', /too new to be known everywhere/],
    [
      'InvalidRequestException',
      'no',
      'UnexpectedError',
      /does not know the error\. AWS says: InvalidRequestException: no\./,
    ],
    ['MalformedPolicyDocument', 'no', 'UnexpectedError', /every step can be repeated/],
  ])('%s, %s: %s', (code, message, name, advice) => {
    const error = Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: 400 } });
    const ours = toRotationError(error, 'listing keys');
    expect(ours).toMatchObject({
      name,
      cause: error,
      keys: 'untold',
      message: expect.stringMatching(advice),
    });
    expect(ours.message).toContain(`listing keys`);
    expect(ours.message).toContain(`${code}: ${message}`);
  });

  test('as much of what AWS says as a message has room for', () => {
    const { message } = toRotationError(new Error('x'.repeat(100_000)), 'testing');
    expect(message.length).toBeLessThan(1500);
  });

  test('an error of ours passes as it is', () => {
    const error = new RotationError('StateDrift', 'moved');
    expect(toRotationError(error, 'testing')).toBe(error);
  });

  test('the message says what was attempted and what AWS answered, and keeps the error', () => {
    const error = { Code: 'Throttling' };
    expect(toRotationError(error, 'testing')).toMatchObject({
      message: expect.stringMatching(
        /^AWS did not answer properly while testing\. AWS says: Throttling: no message\. /,
      ),
      cause: error,
    });
    expect(toRotationError(serviceError('Throttling'), 'testing')).toMatchObject({
      message: expect.stringContaining('while testing. AWS says: Throttling: message. '),
    });
  });

  test.each<[string, unknown, boolean]>([
    ['by its name', { name: 'NoSuchEntity' }, true],
    ['by its code', { Code: 'NoSuchEntity' }, true],
    ['by another name', { name: 'NoSuchEntities' }, false],
    ['of nothing', undefined, false],
  ])('is one of those that are asked for: %s', (_case, error, expected) => {
    expect(isServiceError(error, 'LimitExceeded', 'NoSuchEntity')).toBe(expected);
  });

  test('what is only told is left out when it cannot be read', async () => {
    expect(await unlessItFails(Promise.resolve(7))).toBe(7);
    expect(await unlessItFails(Promise.reject(new Error('no')))).toBeUndefined();
  });
});
