import type { LastUse } from '../../../../lambdas/shared/gateways/iam-gateway';
import { describeUse, describeUses, sayUse } from '../../../../lambdas/shared/words/last-use';
import { NOW } from '../../support/fixtures';

describe('describeUse', () => {
  test.each<[string, LastUse | undefined, string]>([
    ['nobody has asked', undefined, 'not known'],
    ['there was no use', { date: undefined, serviceName: 'N/A', region: 'N/A' }, 'never'],
    [
      'IAM names the service and the Region',
      { date: NOW, serviceName: 's3', region: 'eu-west-1' },
      '2026-03-02T10:00:00.000Z for s3 in eu-west-1',
    ],
    [
      'IAM knows no more than the time',
      { date: NOW, serviceName: 'N/A', region: 'N/A' },
      '2026-03-02T10:00:00.000Z for an unknown service in an unknown Region',
    ],
    [
      'IAM says as good as nothing',
      { date: NOW, serviceName: '', region: '' },
      '2026-03-02T10:00:00.000Z for an unknown service in an unknown Region',
    ],
    [
      'IAM says nothing more',
      { date: NOW, serviceName: undefined, region: undefined },
      '2026-03-02T10:00:00.000Z for an unknown service in an unknown Region',
    ],
  ])('when %s', (_case, use, told) => {
    expect(describeUse(use)).toBe(told);
  });
});

describe('sayUse', () => {
  test.each<[LastUse | undefined, string]>([
    [undefined, 'It is not known when the old key was last used.'],
    [{ date: undefined, serviceName: 'N/A', region: 'N/A' }, 'The old key was never used.'],
    [
      { date: NOW, serviceName: 's3', region: 'eu-west-1' },
      'The old key was last used on 2026-03-02T10:00:00.000Z for s3 in eu-west-1.',
    ],
  ])('%p', (use, told) => {
    expect(sayUse('the old key', use)).toBe(told);
  });
});

describe('describeUses', () => {
  const at = NOW.toISOString();
  const seen = (service: string) => ({ service, region: 'eu-west-1', at });

  test.each<[readonly string[], string]>([
    [[], ''],
    [['s3'], `on ${at} for s3 in eu-west-1`],
    [['s3', 'N/A'], `on ${at} for s3 in eu-west-1, and on ${at} for an unknown service in eu-west-1`],
  ])('%p', (services, told) => {
    expect(describeUses(services.map(seen))).toBe(told);
  });
});
