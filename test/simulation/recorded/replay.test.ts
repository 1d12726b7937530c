import { PAUSE_TAG } from '../../../lambdas/shared/contract/names';
import { stateOf } from '../../../simulation/recorded/recording';
import { goOn, takeOver } from '../../../simulation/recorded/replay';
import { recordings } from '../../state-machine/support/recordings';

/** A release's record of the ordinary story, right before the old key is deactivated. */
const left = () => {
  for (const { definition, moments } of recordings) {
    const moment = moments.find(
      (found) => found.shape === 'ordinary' && stateOf(found) === 'Deactivate the old key',
    );
    if (moment !== undefined) return { definition, moment };
  }
  throw new Error('No release has left an ordinary rotation');
};
const { definition, moment } = left();

test('the monitor continues with what was known: no old key is deactivated while its successor is new in AWSCURRENT', async () => {
  const { violations } = await goOn(
    { ...moment, learnt: { ...moment.learnt, currentSince: moment.at.getTime() } },
    definition,
  );
  expect(violations).toMatchObject([
    { invariant: 2, what: expect.stringContaining('before the overlap period is over') },
  ]);
});

test.each([
  ['go on', goOn],
  ['are taken over', takeOver],
] as const)(
  'consumers and owner behave as before when executions %s: consumers fail, and the rotation is rolled back',
  async (_how, replay) => {
    const conduct = { ...moment.conduct, failsOnDeactivation: true };
    const { executions, end, violations } = await replay({ ...moment, conduct }, definition);
    expect(Object.values(executions)).toEqual(['FAILED ConsumersUnhealthy']);
    expect({ end, violations }).toEqual({ end: 'converged', violations: [] });
  },
);

test('a pause that has begun ends when it would have', async () => {
  const pauseEnds = moment.at.getTime() + 48 * 3_600_000;
  const secrets = moment.aws.secrets.map((secret) => ({
    ...secret,
    tags: { ...secret.tags, [PAUSE_TAG]: 'a drill' },
  }));
  const paused = {
    ...moment,
    aws: { ...moment.aws, secrets },
    learnt: { ...moment.learnt, paused: true },
    conduct: { ...moment.conduct, pauseEnds },
  };
  const { executions, end, violations } = await takeOver(paused);
  expect({ executions, end, violations }).toEqual({
    executions: { successor: 'SUCCEEDED' },
    end: 'converged',
    violations: [],
  });
});

test('a definition that does not have the state is refused', async () => {
  const { States, ...rest } = JSON.parse(definition) as { readonly States: Record<string, unknown> };
  const renamed = JSON.stringify({
    ...rest,
    States: Object.fromEntries(
      Object.entries(States).filter(([name]) => name !== 'Only a plan' && name !== stateOf(moment)),
    ),
  });
  await expect(goOn(moment, renamed)).rejects.toThrow(/Deactivate the old key/);
});
