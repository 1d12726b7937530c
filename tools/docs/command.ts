/**
 * Plays what docs/command.md shows, with the deployed app in the embedded AWS, and writes what the command has written into the marked
 * regions of the page:
 *
 *     npx tsx tools/docs/command.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesize } from '../../local/deployment/synthesized-app';
import { type CommandStage, PEOPLE, type Ran, type RunOptions, stageOf } from './command-stage';
import { withRegion } from './region';
import { table } from './table';

const COMMAND_FILE = join(__dirname, '..', '..', 'docs', 'command.md');
const HOUR = 60 * 60 * 1000;

/** Periods of hours, so that the page is made in seconds. */
const SHORT = {
  overlapPeriod: 'PT2H',
  noticeBefore: 'PT0S',
  quietPeriod: 'PT1H',
  adoptionDeadline: 'P2D',
  recoveryPeriod: 'PT6H',
  deactivationWindow: 'always',
  rotateAfter: 'P90D',
  idleAfter: 'PT1H',
  force: true,
};
const USERS = ['alice', 'bob', 'carol', 'dave', 'erin'].map((userName) => ({
  ...SHORT,
  userName,
  healthAlarms: userName === 'alice' ? ['orders'] : [],
}));
const AROUND = { notifications: { emails: ['oncall@example.com'] } };

/** An example: what was typed, and what a terminal showed. */
interface Example {
  readonly line: string;
  readonly ran: Ran;
  /** Who has typed it. */
  readonly as: keyof typeof PEOPLE;
  /** The actions that AWS was asked for, but the question who one is, which needs no permission. */
  readonly actions: readonly string[];
}

const secretOf = (userName: string): string => `iam-access-key-rotation/${userName}`;

/** Programs of each user work with the key that they find in the secret. */
const consume = ({ aws, clock }: CommandStage): void => {
  const work = () => {
    for (const { userName } of USERS) {
      const document = JSON.parse(aws.secretsManager.valueOf(secretOf(userName)) ?? '{}') as {
        readonly AccessKeyId?: string;
      };
      if (document.AccessKeyId !== undefined) aws.iam.useAccessKey(document.AccessKeyId);
    }
  };
  clock.setInterval(work, HOUR).unref();
};

/** Plays it, and returns the examples by their names. */
export const playExamples = async (): Promise<{
  readonly examples: ReadonlyMap<string, Example>;
  readonly stage: CommandStage;
  readonly close: () => Promise<void>;
}> => {
  const app = await synthesize({ ...AROUND, users: USERS });
  const stage = await stageOf(app, USERS, { start: new Date('2026-03-02T09:00:00Z') }, AROUND);
  const { aws, clock } = stage;
  const examples = new Map<string, Example>();
  const show = async (name: string, line: string, options?: RunOptions): Promise<void> => {
    const words = line.match(/"[^"]*"|\S+/g) ?? [];
    const args = words.map((word) => word.replaceAll('"', ''));
    const { as = 'Operator' } = options ?? {};
    const before = aws.calls.length;
    const ran = await stage.run(() => stage.command(args, options));
    const actions = aws.calls
      .slice(before)
      .filter(({ caller, operation }) => caller.endsWith(`/${as}`) && operation !== 'GetCallerIdentity')
      .map(({ service, operation }) => `${service}:${operation}`);
    examples.set(name, { line, ran, as, actions: [...new Set(actions)].sort() });
  };
  const pass = (hours: number): Promise<void> => stage.run(() => clock.sleep(hours * HOUR));
  const close = async (): Promise<void> => {
    await stage.close();
    await app.dispose();
  };
  try {
    consume(stage);
    await show('pause', 'pause carol --reason "audit until Friday"');
    await show('plan', 'plan alice');
    await show('start', 'start alice');
    // One after the other, so that the same keys get the same IDs.
    await pass(0.1);
    await show('start-dave', 'start dave');
    await pass(1);
    await show('rollback', 'rollback dave --reason "the importer fails"', { answer: 'yes' });
    await show('status', 'status', { as: 'Reader' });
    await show('watch', 'watch alice', { as: 'Reader' });
    const [{ accessKeyId: leaked } = { accessKeyId: '' }] = aws.iam.keysOf('bob');
    await show('emergency', `emergency bob ${leaked} --reason "in a public repository"`, {
      as: 'Responder',
      answer: 'yes',
    });
    await show('resume', 'resume dave');
    await pass(0.1);
    await show('unpause', 'unpause carol');
    aws.secretsManager.putValue(secretOf('erin'), JSON.stringify({ note: 'for the importer' }));
    const [key] = aws.iam.keysOf('erin');
    writeFileSync(
      join(stage.directory, 'erin_accessKeys.csv'),
      `Access key ID,Secret access key\n${key?.accessKeyId},${key?.secretAccessKey}\n`,
    );
    await show('adopt', 'adopt erin --file erin_accessKeys.csv', { as: 'Owner' });
    await show('rollback-too-late', 'rollback alice --yes');
    await pass(12);
    await show('history', 'history --since 2026-03-01', { as: 'Auditor' });
    await show('picture', 'history dave --picture dave.svg', { as: 'Auditor' });
    const name = /execution:IamAccessKeyRotation:(\S+)/.exec(
      examples.get('rollback-too-late')?.ran.err ?? '',
    );
    await show('explain', `explain ${name?.[1]}`, { as: 'Reader' });
    await show('doctor', 'doctor', { as: 'Reader' });
    await show('doctor-readers', 'doctor --readers', { as: 'Auditor' });
    return { examples, stage, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** What is quoted may be fenced itself. */
const fenced = ({ line, ran }: Example): string => {
  const fence = ran.all.includes('```') ? '````' : '```';
  const shown = ran.all.trimEnd().replace(/[ \t]+$/gm, '');
  return [`${fence}console`, `$ access-key-rotation ${line}`, shown, fence].join('\n');
};

/** What each command asks AWS for, and by which policies it was allowed. A denial of one that was asked for is not among them. */
const permissions = (examples: ReadonlyMap<string, Example>): string => {
  const rows = [...examples.values()].map(({ line, as, actions }) => {
    const [command = '', ...words] = line.split(' ');
    const option = words.find((word) => word === '--readers' || word === '--picture');
    const name = option === undefined ? command : `${command} ${option}`;
    const { has, account } = PEOPLE[as];
    const own = account.filter((action) => actions.includes(action));
    return { name, actions, has, own };
  });
  const names = [...new Set(rows.map(({ name }) => name))];
  return table([
    ['command', 'policies of the stack', 'from your account', 'AWS is asked for'],
    ...names.map((name) => {
      const all = rows.filter((row) => row.name === name);
      const listed = (words: readonly string[]): string =>
        [...new Set(words)]
          .sort()
          .map((word) => `\`${word}\``)
          .join(', ') || '-';
      return [
        `\`${name}\``,
        all[0]?.has ?? '',
        listed(all.flatMap(({ own }) => own)),
        listed(all.flatMap(({ actions }) => actions)),
      ];
    }),
  ]);
};

/** The page with the examples that it has regions for. */
export const withExamples = (page: string, examples: ReadonlyMap<string, Example>): string =>
  [...examples]
    .filter(([name]) => page.includes(`<!-- ${name}:begin -->`))
    .reduce(
      (text, [name, example]) => withRegion(text, name, fenced(example)),
      withRegion(page, 'permissions', permissions(examples)),
    );

const main = async (): Promise<void> => {
  const { examples, close } = await playExamples();
  writeFileSync(COMMAND_FILE, withExamples(readFileSync(COMMAND_FILE, 'utf8'), examples));
  await close();
};

if (require.main === module) void main();
