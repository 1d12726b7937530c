import { main } from '../../local/cli';
import type { RotationDocument } from '../../local/rotation-run';
import { SCENARIOS, type ScenarioName } from '../../local/scenarios';
import { type SynthesizedApp, synthesize } from '../../local/synthesized-app';
import { findSecrets } from './support/canary';

/** Short waits: what is told here does not depend on them. */
const PERIODS = {
  overlapPeriod: 'PT2H',
  quietPeriod: 'PT1H',
  adoptionDeadline: 'P2D',
  recoveryPeriod: 'PT6H',
};
const OPTIONS = ['--overlap', 'PT2H', '--quiet', 'PT1H', '--adoption-deadline', 'P2D', '--recovery', 'PT6H'];

/** By the settings that a scenario adds: most add none. */
const apps = new Map<string, Promise<SynthesizedApp>>();

const appOf = (name: ScenarioName): Promise<SynthesizedApp> => {
  const scenario = SCENARIOS[name];
  const settings = 'settings' in scenario ? scenario.settings('alice') : {};
  const key = JSON.stringify(settings);
  const app = apps.get(key) ?? synthesize({ users: [{ userName: 'alice', ...PERIODS, ...settings }] });
  apps.set(key, app);
  return app;
};

afterAll(async () => {
  for (const app of apps.values()) await (await app).dispose();
});

const told = async (name: ScenarioName, ...args: readonly string[]) => {
  let text = '';
  const leaks: string[] = [];
  const exitStatus = await main(
    ['--scenario', name, ...args, ...OPTIONS],
    {
      out: (piece) => {
        text += piece;
      },
      err: (piece) => {
        text += piece;
      },
      isTerminal: false,
    },
    {
      app: await appOf(name),
      inspect: (world, run) => {
        leaks.push(...findSecrets(world, { text, document: run.document }).leaks);
      },
    },
  );
  return { text, exitStatus, leaks };
};

interface Played {
  readonly exitStatus: number;
  readonly leaks: readonly string[];
  readonly document: RotationDocument;
}

/** Each is played once, whichever test asks first. */
const plays = new Map<ScenarioName, Promise<Played>>();

const play = async (name: ScenarioName): Promise<Played> => {
  const played =
    plays.get(name) ??
    told(name, '--json').then(({ text, ...rest }) => ({
      ...rest,
      document: JSON.parse(text) as RotationDocument,
    }));
  plays.set(name, played);
  return played;
};

const statusesOf = ({ executions }: RotationDocument): readonly string[] =>
  executions.map(({ status, error }) => (status === 'FAILED' ? `${status} ${error}` : status));

const keysAfter = ({ keysAfter: keys }: RotationDocument): readonly string[] =>
  keys.map(({ status }) => status);

test.each<[ScenarioName, number, readonly string[], readonly string[]]>([
  ['healthy', 0, ['SUCCEEDED'], ['Active']],
  ['first-key', 0, ['SUCCEEDED'], ['Active']],
  ['slow-consumer', 0, ['SUCCEEDED'], ['Active']],
  ['consumer-never-moves', 1, ['FAILED AdoptionTimedOut'], ['Active', 'Active']],
  ['consumer-breaks', 1, ['FAILED ConsumersUnhealthy'], ['Active', 'Active']],
  ['rollback', 0, ['ABORTED', 'SUCCEEDED'], ['Active', 'Active']],
  ['emergency', 0, ['SUCCEEDED'], ['Active']],
  ['emergency-mid-rotation', 0, ['ABORTED', 'SUCCEEDED'], ['Active']],
  ['crash', 0, ['SUCCEEDED'], ['Active']],
  ['two-keys', 1, ['FAILED AccessKeyConflict'], ['Active', 'Active']],
  ['plan', 0, ['SUCCEEDED'], ['Active']],
])('%s ends with status %d', async (name, exitStatus, statuses, keys) => {
  const played = await play(name);
  expect({
    exitStatus: played.exitStatus,
    leaks: played.leaks,
    statuses: statusesOf(played.document),
    keys: keysAfter(played.document),
  }).toEqual({ exitStatus, leaks: [], statuses, keys });
});

test('every scenario is played above', () => {
  expect(Object.keys(SCENARIOS)).toHaveLength(11);
});

test.each<[ScenarioName]>([
  ['healthy'],
  ['first-key'],
  ['slow-consumer'],
  ['consumer-never-moves'],
  ['crash'],
  ['two-keys'],
  ['plan'],
])('%s: no call of a consumer fails', async (name) => {
  const { document } = await play(name);
  expect(document.consumer.failures).toBe(0);
  expect(document.consumer.calls).toBeGreaterThan(20);
});

test('consumer-breaks: the outage is no longer than until the first check', async () => {
  const { document } = await play('consumer-breaks');
  const at = (state: string) =>
    Date.parse(document.timeline.find((entry) => entry.state === state)?.at ?? '');
  expect(at('Reactivate the old key') - at('Deactivate the old key')).toBe(15 * 60_000);
  const [follower, job] = document.consumer.applications;
  expect(follower).toMatchObject({ failures: 0, outages: [] });
  expect(job?.outages).toHaveLength(1);
  const [outage] = job?.outages ?? [];
  // It calls every five minutes, so this is the first call after the reactivation.
  expect(Date.parse(outage?.to ?? '') - at('Reactivate the old key')).toBeLessThanOrEqual(5 * 60_000);
  expect(document.messages).toHaveLength(1);
  expect(document.events).toContain('Access Key Rolled Back');
});

test('emergency: only who held the leaked key fails, until it is restarted', async () => {
  const { document } = await play('emergency');
  const [follower, holder] = document.consumer.applications;
  expect(follower).toMatchObject({ failures: 0, outages: [] });
  expect(holder?.outages).toEqual([{ from: expect.any(String), to: expect.any(String) }]);
  expect(document.keysAfter).toMatchObject([{ accessKeyId: document.newAccessKeyId }]);
});

test('crash: the key that nobody knows is deleted, and another one is made', async () => {
  const { document } = await play('crash');
  expect(document.apiCalls).toMatchObject({ 'iam:CreateAccessKey': 2, 'iam:DeleteAccessKey': 2 });
  expect(document.timeline).toContainEqual(
    expect.objectContaining({ state: 'Meanwhile', outcome: expect.stringContaining('The function dies') }),
  );
});

test('plan: nothing is changed, and what would be done is the last word', async () => {
  const { document } = await play('plan');
  expect(document.keysAfter).toEqual(document.keysBefore);
  const { text } = await told('plan');
  expect(text).toContain('Only a plan.');
  expect(text.replace(/\s+/g, ' ')).toContain('Only a plan; nothing was changed. A rotation would start.');
});

test('a person reads a story of two executions in 80 columns', async () => {
  const { text, leaks } = await told('rollback');
  expect(leaks).toEqual([]);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  for (const words of [
    'An execution starts with {"userName":"alice"}',
    'An execution starts with {"userName":"alice","action":"rollback","reason":"a job',
    'Somebody calls: the job fails.',
    'Rolled back.',
    'The consumers',
    'Messages to people',
    'Events on the bus',
  ]) {
    expect(text).toContain(words);
  }
});
