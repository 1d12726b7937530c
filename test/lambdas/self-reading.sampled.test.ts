import { worldOfAlice } from '../support/alice';
import { sampled } from '../support/sampled';
import { DAY, HOUR, MINUTE } from '../support/time';

/*
 * A user that reads its own secret, with the key that it holds, every ten minutes, and a program that uses the user for
 * something else. IAM names the latest use only, and of several in 15 minutes the first.
 */

interface Program {
  readonly intervalMs: number;
  /** Reads the key of the file at each call; else it has the key that was there at the start. */
  readonly follows?: true;
  readonly service?: string;
}

/** Runs a rotation, and says how it ended and how many calls of the program failed. */
const rotate = async (program: Program | undefined, settings: Readonly<Record<string, unknown>> = {}) => {
  const world = worldOfAlice({ deactivationWindow: 'always', ...settings }, { seed: 5 });
  const { aws, clock, current } = world;
  const keyAtStart = current();
  let inFile = keyAtStart;
  let failed = 0;
  let calls = 0;
  const timers = [
    clock.setInterval(() => {
      // The read signs with the key of the file, and leaves the next one there.
      if (aws.iam.useAccessKey(inFile, 'secretsmanager')) inFile = current();
    }, 10 * MINUTE),
  ];
  if (program !== undefined) {
    const { follows, service, intervalMs } = program;
    const call = () => {
      calls += 1;
      failed += aws.iam.useAccessKey(follows ? inFile : keyAtStart, service) ? 0 : 1;
    };
    call();
    timers.push(clock.setInterval(call, intervalMs));
  }
  for (const timer of timers) timer.unref();
  const { execution, status, error, cause } = await world.execute();
  world.close();
  return { status, error, cause, failed, calls, events: execution.history.length };
};

test('a program that works once a week with the old key is not taken for moved', async () => {
  const { status, error, failed, calls } = await rotate({ intervalMs: 7 * DAY - HOUR });
  expect({ status, error, failed }).toEqual({ status: 'FAILED', error: 'AdoptionTimedOut', failed: 0 });
  expect(calls).toBeGreaterThan(1);
});

const SEEN: readonly (readonly [string, Program])[] = [
  ['every other minute', { intervalMs: 2 * MINUTE, follows: true }],
  ['every 25 minutes', { intervalMs: 25 * MINUTE, follows: true }],
  ['every hour', { intervalMs: 61 * MINUTE, follows: true }],
  ['every other minute, and assumes a role', { intervalMs: 2 * MINUTE, follows: true, service: 'sts' }],
];

test.each(sampled(SEEN, 4))('a program that works %s is seen behind the reads', async (_case, program) => {
  const { status, failed } = await rotate(program);
  expect({ status, failed }).toEqual({ status: 'SUCCEEDED', failed: 0 });
});

const NOT_SEEN: readonly (readonly [string, Program | undefined])[] = [
  ['no program at all', undefined],
  ['a program that keeps in step with the reads', { intervalMs: 20 * MINUTE + 1000, follows: true }],
  [
    'a program that uses nothing but Secrets Manager',
    { intervalMs: 7 * MINUTE, follows: true, service: 'secretsmanager' },
  ],
];

test.each(sampled(NOT_SEEN, 3))(
  'of %s nobody knows whether it has moved: it is explained',
  async (_case, program) => {
    const { error, cause, events } = await rotate(program);
    expect(error).toBe('AdoptionTimedOut');
    // A look about every hour, for four days; an execution may have 25,000.
    expect(events).toBeLessThan(2000);
    expect(cause).toMatch(
      /seen in use only on .* for secretsmanager .*does not show that programs work with it/s,
    );
  },
);

test('the owner who wants it so goes on at the deadline', async () => {
  const { status } = await rotate(undefined, { onAdoptionDeadline: 'go-on' });
  expect(status).toBe('SUCCEEDED');
});
