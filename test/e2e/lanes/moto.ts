import { join } from 'node:path';
import type { RotationDocument } from '../../../local/story/rotation-run';
import { shortRole } from '../../support/grants';
import type { Lane, LaneContext } from '../lane';
import { checkDeviations } from '../moto/deviations';
import type { Line } from '../moto/play';
import { startShimmedMoto } from '../moto/server';
import { SHIMS } from '../moto/shims';
import { startMoto } from '../support/emulators';
import { Problem } from '../support/problem';
import { run } from '../support/processes';
import { plainEnvironment } from '../support/python';

const PROJECT = join(__dirname, '..', '..', '..');

const PLAY = join(PROJECT, 'test', 'e2e', 'moto', 'play.ts');

/** Waits of hours, so that the consumer's calls are dozens and not thousands. */
const SHORT_WAITS = [
  ...[
    '--overlap',
    'PT2H',
    '--notice',
    'PT0S',
    '--quiet',
    'PT1H',
    '--adoption-deadline',
    'P2D',
    '--recovery',
    'PT6H',
  ],
];

/** Both processes synthesize the app first, which takes a minute if many lanes share two cores. */
const LIMIT_SECONDS = 300;

type Result = Extract<Line, { kind: 'result' }>;

/**
 * Plays the scenarios in a process of its own: the virtual clock takes over the timers of a whole process.
 */
const play = async ({ progress, cleanup, scratch }: LaneContext, url: string): Promise<Result> => {
  let result: Result | undefined;
  await run(
    {
      command: process.execPath,
      args: ['--import', 'tsx', PLAY, url],
      cwd: PROJECT,
      env: plainEnvironment(scratch),
      logFile: join(scratch, 'play.log'),
    },
    cleanup,
    (text) => {
      const line = JSON.parse(text) as Line;
      if (line.kind === 'note') progress.note(line.text);
      else result = line;
    },
  );
  if (result === undefined) throw new Error('The scenarios ended without a result.');
  return result;
};

/** The command, as in the README. */
const rotateByCommand = async ({ cleanup, scratch }: LaneContext, url: string): Promise<void> => {
  const output = await run(
    {
      command: process.execPath,
      args: ['--import', 'tsx', join('local', 'main.ts'), '--json', ...SHORT_WAITS],
      cwd: PROJECT,
      env: { ...plainEnvironment(scratch), AWS_ENDPOINT_URL: url },
      logFile: join(scratch, 'npm-start.log'),
    },
    cleanup,
  );
  const { status, previousAccessKeyId, newAccessKeyId, keysAfter, consumer } = JSON.parse(
    output,
  ) as RotationDocument;
  const isRotated =
    status === 'SUCCEEDED' &&
    newAccessKeyId !== null &&
    newAccessKeyId !== previousAccessKeyId &&
    keysAfter.length === 1 &&
    keysAfter[0]?.accessKeyId === newAccessKeyId &&
    consumer.calls > 0 &&
    consumer.failures === 0;
  if (!isRotated) throw new Problem(`AWS_ENDPOINT_URL=${url} npm start did not rotate the key:\n${output}`);
};

/** Every grant of the template in a few lines: role, judge, and the actions with the scenario that called them first. */
const table = ({ scenarios, verdicts, resourceStatements }: Result): string => {
  const judged = new Map<string, string[]>();
  const uncalled = new Map<string, string[]>();
  for (const { role, action, judgedBy, calledIn } of verdicts) {
    if (calledIn === undefined) {
      uncalled.set(action, [...(uncalled.get(action) ?? []), shortRole(role)]);
    } else {
      const row = `${shortRole(role)}, judged by ${judgedBy}`;
      judged.set(row, [...(judged.get(row) ?? []), `${action} (${scenarios.indexOf(calledIn) + 1})`]);
    }
  }
  return [
    'What the template grants, and in which scenario it was called first:',
    ...scenarios.map((title, index) => `${index + 1}  ${title}`),
    ...[...judged].map(([row, actions]) => `${row}: ${actions.join(', ')}`),
    'Called in none of them; what needs it, test/least-privilege says:',
    ...[...uncalled].map(([action, roles]) => `${action} of ${roles.join(', ')}`),
    'Not judged here, but in test/lib: the policies of resources, ' +
      `${resourceStatements.map(({ resource, statement }) => `${shortRole(resource)}: ${statement}`).join('; ')}`,
  ].join('\n');
};

/** @throws Problem that lists everything that did not hold. */
const judge = ({ problems }: Result): void => {
  if (problems.length > 0) throw new Problem(problems.join('\n'));
};

/** The local runner on moto, under the synthesized roles: a third-party evaluator judges their actions. */
export const moto: Lane = {
  name: 'moto',
  title: "the rotation on moto, which judges the synthesized roles' actions",
  run: async (context) => {
    const { progress, cleanup, python, scratch } = context;
    const own = { python, scratch, cleanup };
    const [asItComes, judged, free] = await progress.step('Start moto, unmodified and with our shims', () =>
      Promise.all([startMoto(own), startShimmedMoto('moto-judged', own), startShimmedMoto('moto-free', own)]),
    );
    progress.note(`Shims: ${SHIMS.map(({ name }) => name).join(', ')}; see test/e2e/moto/shims.ts`);
    await Promise.all([
      progress
        .step("Check moto's known deviations", () => checkDeviations(asItComes.url, free.url))
        .then((deviations) => {
          progress.note(`Still there: ${deviations.join(', ')}; see test/e2e/moto/deviations.ts`);
          return progress.step(
            'Rotate by npm start with AWS_ENDPOINT_URL',
            () => rotateByCommand(context, free.url),
            LIMIT_SECONDS,
          );
        }),
      progress.step(
        'Rotate on moto, which asks for permission',
        async () => {
          const result = await play(context, judged.url);
          progress.note(table(result));
          judge(result);
          progress.note(
            `${result.verdicts.length} grants: moto let ${result.judged} calls of scenarios pass, refused ${result.denied} of ` +
              `them with their action taken away, and judged ${result.probed} more, each action by each role.`,
          );
        },
        LIMIT_SECONDS,
      ),
    ]);
  },
};
