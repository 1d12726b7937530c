import {
  findLockHolder,
  findPlannedHolder,
  type LockHolder,
} from '../../../../lambdas/shared/findings/lock-holder';
import { intentDocument, tombstoneDocument } from '../../../../lambdas/shared/secret/secret-document';
import { executionOf } from '../../../../lambdas/shared/secret/versions';
import { secret } from '../../support/facts';
import { ENROLLED, NEW, NOW, OWNER, ROTATION, USER_ID } from '../../support/fixtures';
import { accountOf, READABLE } from '../../support/gateways';

const VERSION = 'intent-that-holds-the-lock-000000000';
const ASKER = {
  execution: {
    id: 'arn:aws:states:us-east-1:111122223333:execution:rotation:asks',
    redriveCount: 0,
    startTime: NOW.toISOString(),
  },
  owner: 'who-asks',
};
const INTENT = { ...ROTATION, owner: OWNER, userId: USER_ID };

describe('findLockHolder', () => {
  test.each<[string, string | undefined, 'RUNNING' | 'ABORTED' | undefined, LockHolder | undefined]>([
    ['nobody, without AWSPENDING', undefined, undefined, undefined],
    ['nobody of ours', tombstoneDocument(NEW), undefined, { kind: 'foreign', versionId: VERSION }],
    [
      'a rotation that is running',
      intentDocument(INTENT),
      'RUNNING',
      {
        kind: 'intent',
        versionId: VERSION,
        intent: { ...INTENT, kind: 'intent' },
        execution: { kind: 'running' },
      },
    ],
    [
      'a rotation that has ended',
      intentDocument(INTENT),
      'ABORTED',
      {
        kind: 'intent',
        versionId: VERSION,
        intent: { ...INTENT, kind: 'intent' },
        execution: { kind: 'stopped', stoppedAt: NOW, maybeAnother: true },
      },
    ],
    [
      'a rotation that nobody knows any more',
      intentDocument(INTENT),
      undefined,
      {
        kind: 'intent',
        versionId: VERSION,
        intent: { ...INTENT, kind: 'intent' },
        execution: { kind: 'unknown-to-step-functions' },
      },
    ],
  ])('%s', async (_who, held, status, expected) => {
    const account = accountOf();
    const { aws } = account;
    if (held !== undefined) {
      aws.secretsManager.putValue(ENROLLED.secretId, held, { versionId: VERSION, labels: ['AWSPENDING'] });
    }
    if (status !== undefined) {
      const arn = executionOf(OWNER).executionArn;
      aws.states.addExecution({ arn, status: 'RUNNING', startDate: NOW });
      if (status === 'ABORTED') aws.states.setStatus(arn, status, { stopDate: NOW });
    }
    const described = await account.secrets.describe(ENROLLED.secretId);
    expect(await findLockHolder(account, ASKER, READABLE, described ?? secret())).toEqual(expected);
    // Of what is not ours, nothing is asked.
    const asked = aws.calls.filter(({ service }) => service === 'states').length;
    expect(asked).toBe(expected?.kind === 'intent' ? 1 : 0);
  });
});

describe('findPlannedHolder', () => {
  const held = (text: string) => {
    const account = accountOf();
    // The label has gone, or does not show.
    account.aws.secretsManager.putValue(ENROLLED.secretId, text, { versionId: VERSION, labels: ['owners'] });
    account.aws.states.addExecution({
      arn: executionOf(OWNER).executionArn,
      status: 'RUNNING',
      startDate: NOW,
    });
    return account;
  };
  const planned = (predecessorVersionId: string | null) => ({ ...READABLE, predecessorVersionId });

  test('the rotation whose intent the plan found, wherever the lock is now', async () => {
    expect(await findPlannedHolder(held(intentDocument(INTENT)), ASKER, planned(VERSION))).toEqual({
      kind: 'intent',
      versionId: VERSION,
      intent: { ...INTENT, kind: 'intent' },
      execution: { kind: 'running' },
    });
  });

  test.each<[string, string | null, string]>([
    ['the plan found nobody', null, intentDocument(INTENT)],
    ['it was nobody of ours', VERSION, tombstoneDocument(NEW)],
  ])('nobody, when %s', async (_case, versionId, text) => {
    expect(await findPlannedHolder(held(text), ASKER, planned(versionId))).toBeUndefined();
  });
});
