import { ListUserPoliciesCommand, ListUserTagsCommand } from '@aws-sdk/client-iam';
import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { inventory } from '../../../test/contract/kinds';
import { createClients, iamPathOf, NAME_PREFIX } from '../../../test/contract/subject';
import type { Progress } from '../../../test/e2e/support/progress';
import { InterruptibleHandler } from '../../../tools/accept/interruptible';
import type { Place } from '../../../tools/accept/place';
import { namesOf, PACE_OF_EMULATOR, REGION_TAG } from '../../../tools/accept/plan';

export const SUITE = `${NAME_PREFIX}-abcdef-012345-`;
export const RUN = namesOf('1a2b3c');
export const PROGRESS: Progress = {
  note: () => {},
  step: (_title, work) => work(new AbortController().signal),
};

type Answer = (input: Readonly<Record<string, unknown>>) => object | undefined;

/** The embedded AWS, and answers to calls that it does not have, or that must go wrong. */
export const setUp = () => {
  const aws = new EmbeddedAws({
    clock: new VirtualClock({ start: new Date() }),
    behaviour: { keyPropagationDelay: 0, statusPropagationDelay: 0, lastUsedDelay: 0, logsDelay: 0 },
    authorize: ({ caller }) => caller.includes(':role/'),
  });
  const janitor = createClients({
    name: 'embedded',
    connection: { region: aws.region, requestHandler: aws.requestHandler(), maxAttempts: 1 },
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/tester`),
    accountId: aws.accountId,
    patienceSeconds: 0,
    isNotModelled: ({ $metadata }) => $metadata?.httpStatusCode === 501,
  });
  const answers = new Map<unknown, Answer>();
  for (const client of [janitor.iam, janitor.logs, janitor.states] as const) {
    const send = client.send.bind(client) as (command: object, ...rest: unknown[]) => Promise<object>;
    Object.assign(client, {
      send: async (command: { readonly input: Readonly<Record<string, unknown>> }, ...rest: unknown[]) =>
        answers.get(command.constructor)?.(command.input) ?? send(command, ...rest),
    });
  }
  const regions = new Map<string, string>();
  answers.set(ListUserTagsCommand, ({ UserName }) => {
    const Value = regions.get(String(UserName));
    return { Tags: Value === undefined ? [] : [{ Key: REGION_TAG, Value }] };
  });
  answers.set(ListUserPoliciesCommand, () => ({ PolicyNames: [] }));
  const user = (userName: string, { path = '/', region }: { path?: string; region?: string } = {}): void => {
    aws.iam.addUser({ userName, path });
    aws.iam.addAccessKey(userName);
    if (region !== undefined) regions.set(userName, region);
  };
  const place: Place = {
    account: aws.accountId,
    region: aws.region,
    caller: '',
    requestHandler: new InterruptibleHandler(new AbortController().signal),
    clients: janitor,
    janitor,
    pace: { ...PACE_OF_EMULATOR, patienceSeconds: 0, pollMs: 1 },
    rehearsal: undefined,
  };
  const there = async (): Promise<readonly string[]> =>
    (await inventory(janitor, { beginning: '' })).map(({ what, name }) => `${what} ${name}`).sort();
  return { aws, place, answers, user, there, own: iamPathOf(aws.region) };
};

export const namesIn = (things: readonly { readonly what: string; readonly name: string }[]) =>
  things.map(({ what, name }) => `${what} ${name}`).sort();

/** Things of others, whose names begin as those of the suite, or of a run. */
export const addStrangers = ({ aws, user, own }: ReturnType<typeof setUp>): void => {
  user(`${NAME_PREFIX}ors-app`, { path: '/prod/' });
  user(`${NAME_PREFIX}-app`, { path: own });
  user(`${SUITE}u1`, { path: '/prod/' });
  user(`${SUITE}u2`);
  user(`${RUN.prefix}app`);
  user('rotation-acceptance-team', { region: aws.region });
  aws.logs.addGroup(`/aws/codebuild/${NAME_PREFIX}-tests`);
  aws.logs.addGroup(`/aws/codebuild/${SUITE}group`);
  aws.logs.addGroup(`/team/audit-of-${SUITE}group`);
  aws.logs.addGroup(`/team/${RUN.prefix}x`);
  aws.logs.addGroup(`/aws/lambda/my-${RUN.prefix}x`);
  aws.cloudWatch.addAlarm(`${NAME_PREFIX}-known`);
  aws.cloudWatch.addAlarm(`${NAME_PREFIX}-password`);
};
