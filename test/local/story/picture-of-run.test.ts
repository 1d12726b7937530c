import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../local/story/cli';
import { pictureOf } from '../../../local/story/picture-of-run';
import type { RotationDocument, RotationRun } from '../../../local/story/rotation-run';
import type { ScenarioName } from '../../../local/story/scenarios';
import type { PictureData } from '../../../picture/data';
import { drawPicture } from '../../../picture/draw';
import { findSecrets } from '../support/canary';

/** Short waits: what is drawn here does not depend on them. */
const OPTIONS = [
  ...['--overlap', 'PT2H', '--notice', 'PT30M', '--quiet', 'PT1H'],
  ...['--adoption-deadline', 'P2D', '--recovery', 'PT6H'],
];

const directory = mkdtempSync(join(tmpdir(), 'picture-'));
afterAll(() => rmSync(directory, { recursive: true }));

const told = async (scenario: ScenarioName, ...args: readonly string[]) => {
  const text = { out: '', err: '' };
  let run: RotationRun | undefined;
  const leaks: string[] = [];
  const exitStatus = await main(
    ['--scenario', scenario, ...args, ...OPTIONS],
    {
      out: (piece) => {
        text.out += piece;
      },
      err: (piece) => {
        text.err += piece;
      },
      isTerminal: false,
    },
    {
      inspect: (world, played) => {
        run = played;
        leaks.push(...findSecrets(world, { picture: drawPicture(pictureOf(played)) }).leaks);
      },
    },
  );
  if (run === undefined) throw new Error(text.err);
  return { ...text, exitStatus, leaks, run, data: pictureOf(run) };
};

const statusesOf = ({ keys, roles }: PictureData) =>
  keys?.map(({ accessKeyId, spans }) => [roles[accessKeyId], ...spans.map(({ status }) => status)]);

const failedCalls = ({ consumers = [] }: PictureData): number =>
  consumers
    .flatMap(({ spans }) => spans)
    .filter(({ failed }) => failed)
    .reduce((sum, { calls }) => sum + calls, 0);

test('a rotation that breaks a job: what the embedded AWS, the consumers and the executions have shown', async () => {
  const file = join(directory, 'new', 'broken.svg');
  const { out, err, exitStatus, leaks, run, data } = await told(
    'consumer-breaks',
    '--json',
    '--picture',
    file,
  );
  const document = JSON.parse(out) as RotationDocument;
  expect({ exitStatus, leaks }).toEqual({ exitStatus: 1, leaks: [] });
  // Of the document nothing else is on the same stream.
  expect(err).toMatch(/^A picture of it is in .*broken\.svg\.\n$/);
  expect(readFileSync(file, 'utf8')).toBe(drawPicture(data));

  const { calls, failures } = document.consumer;
  expect(failures).toBeGreaterThan(0);
  expect(failedCalls(data)).toBe(failures);
  expect(data.verdict).toBe(`rolled back after ConsumersUnhealthy, ${failures} of ${calls} calls failed`);
  expect(statusesOf(data)).toEqual([
    ['old', 'Active', 'Inactive', 'Active'],
    ['new', 'Active'],
  ]);
  expect(data.keys?.map(({ accessKeyId }) => accessKeyId)).toEqual([
    document.previousAccessKeyId,
    document.newAccessKeyId,
  ]);
  const current = data.labels?.find(({ label }) => label === 'AWSCURRENT');
  expect(current?.spans.map(({ accessKeyId }) => accessKeyId)).toEqual([
    document.previousAccessKeyId,
    document.newAccessKeyId,
  ]);
  // Every label ends where another begins, or with the picture.
  expect(current?.spans[0]?.to).toEqual(current?.spans[1]?.from);
  expect(current?.spans[1]?.to).toEqual(data.to);
  const [follower, job] = data.consumers ?? [];
  expect(follower?.spans.map(({ accessKeyId, failed }) => [accessKeyId, failed])).toEqual([
    [document.previousAccessKeyId, false],
    [document.newAccessKeyId, false],
  ]);
  // It rests until the old key is Inactive.
  expect(job?.spans.map(({ failed }) => failed)).toEqual([false, true, false]);
  expect(job?.spans[0]?.to).toEqual(job?.spans[0]?.from);
  expect(data.executions).toHaveLength(1);
  expect(data.executions?.[0]).toMatchObject({
    name: 'rotation',
    failed: true,
    end: 'The rotation fails: ConsumersUnhealthy',
  });
  const checks = document.timeline.filter(({ state }) => state.startsWith('Check that consumers'));
  // A check is drawn where it began, and told where it ended.
  const toTheSecond = (moment: string): string => moment.slice(0, 19);
  expect(data.executions?.[0]?.checks.map((moment) => toTheSecond(moment.toISOString()))).toEqual(
    checks.map(({ at }) => toTheSecond(at)),
  );
  expect(data.executions?.[0]?.waits.map(({ name }) => name)).toEqual(['overlap period', 'recovery period']);
  expect(data.messages?.map(({ subject }) => subject)).toEqual(
    document.messages.map(({ subject }) => subject),
  );
  expect(data.remarks.map(({ text }) => text)).toEqual([
    'A job begins to run that has not run for weeks, with the old key.',
  ]);

  // Where an endpoint has the user, the secret and the topic, the embedded AWS has none of them.
  const sightings = run.sightings.map(({ at }) => ({ at, keys: [], labels: undefined }));
  expect(pictureOf({ ...run, sightings })).toMatchObject({
    roles: data.roles,
    keys: undefined,
    labels: undefined,
    messages: undefined,
    consumers: data.consumers,
  });
}, 60_000);

test('two executions have a lane each, and a person reads where the picture is', async () => {
  const file = join(directory, 'rolled-back.SVG');
  const { exitStatus, out, data } = await told('rollback', '--picture', file);
  expect(exitStatus).toBe(0);
  expect(out.trimEnd().split('\n').at(-1)).toMatch(/^A picture of it is in .*rolled-back\.SVG\.$/);
  expect(existsSync(file)).toBe(true);
  expect(data.verdict).toMatch(/^rolled back, both keys Active, \d+ of \d+ calls failed$/);
  expect(data.executions?.map(({ name, end, failed }) => [name, end, failed])).toEqual([
    ['rotation', 'The rotation is stopped', false],
    ['rollback', 'Rolled back', false],
  ]);
}, 60_000);

test('a picture that cannot be written is a failure, and the report is there all the same', async () => {
  const { exitStatus, out, err } = await told(
    'plan',
    '--picture',
    join(directory, 'new', 'broken.svg', 'x.svg'),
  );
  expect(exitStatus).toBe(1);
  expect(err).toMatch(/^--picture: .*x\.svg cannot be written: E/);
  expect(out).toContain('The execution succeeded: Only a plan.');
  expect(out).not.toContain('picture');
}, 60_000);

test('a file that is no picture of a rotation stays, and an earlier picture is replaced', async () => {
  const [logo, earlier] = [join(directory, 'logo.svg'), join(directory, 'earlier.svg')];
  writeFileSync(logo, '<svg xmlns="http://www.w3.org/2000/svg"/>');
  const { exitStatus, err, data } = await told('plan', '--picture', logo);
  expect(exitStatus).toBe(1);
  expect(err).toMatch(
    /^--picture: .*logo\.svg cannot be written: there is another file, which is no picture/,
  );
  expect(readFileSync(logo, 'utf8')).toBe('<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(earlier, drawPicture({ ...data, userName: 'somebody else' }));
  expect((await told('plan', '--picture', earlier)).exitStatus).toBe(0);
  expect(readFileSync(earlier, 'utf8')).toBe(drawPicture(data));
}, 60_000);
