import { OWNERSHIP_TAG } from '../../lambdas/shared/contract/names';
import { type AliceWorld, RESUME, ROTATION, SCHEDULED, SECRET, worldOfAlice } from '../support/alice';

const THERE = 'of-another-stack/alice';

const finish = async (world: AliceWorld, input?: unknown): Promise<string> => {
  const { status, error } = await world.execute(input);
  return error ?? status;
};

test('two stacks, one after the other: the second is refused, told why, and takes the user over', async () => {
  const first = worldOfAlice();
  try {
    first.aws.secretsManager.createSecret(THERE, { secretString: '{}' });
    expect(await finish(first)).toBe('SUCCEEDED');
  } finally {
    first.close();
  }
  const [key] = first.aws.iam.keysOf('alice');

  const second = worldOfAlice(
    { existingSecret: THERE },
    { seed: 2, start: first.clock.now(), state: first.aws.snapshot() },
  );
  const { iam, sns } = second.aws;
  try {
    for (const input of [ROTATION, SCHEDULED, RESUME]) {
      expect(await finish(second, input)).toBe('UserConflict');
    }
    expect(iam.keysOf('alice')).toEqual([key]);
    expect(sns.messages).toHaveLength(3);
    for (const { message } of sns.messages) {
      expect(message).toContain(`names the secret ${SECRET} in us-east-1 of the account 111122223333`);
      expect(message).toContain('docs/runbook.md#userconflict');
    }

    iam.setUserTag('alice', OWNERSHIP_TAG);
    // Nobody has moved to the other secret, so the key that consumers use stays as it is.
    expect(await finish(second)).toBe('AdoptionTimedOut');
    expect(iam.keysOf('alice')).toEqual([key, expect.objectContaining({ status: 'Active' })]);
    expect(iam.tagsOf('alice')[OWNERSHIP_TAG]).toContain(THERE);
  } finally {
    second.close();
  }
});
