import type { SurveyedUser } from '../lambdas/shared/contract/survey';
import { judgeOwnership, ownershipValue } from '../lambdas/shared/findings/ownership';
import { IamGateway } from '../lambdas/shared/gateways/iam-gateway';
import { ScheduleGateway, type ScheduleState } from '../lambdas/shared/gateways/schedule-gateway';
import { isDenial } from '../lambdas/shared/gateways/service-errors';
import { TopicGateway } from '../lambdas/shared/gateways/topic-gateway';
import { judgeSubscriptions } from '../lambdas/survey/decide';
import { surveyScheduleName } from '../lib/config/names';
import { type Deployment, type Enrolled, findDeployment, requireEnrolled } from './deployment';
import { type Examined, grouped, ofFinding, ofOwnership, ofPause, ofPolicy, topicIn } from './examination';
import { AlarmsGateway } from './gateways/alarms';
import { PoliciesGateway } from './gateways/policies';
import { StateMachinesGateway } from './gateways/state-machines';
import { ofAlarms } from './own-alarms';
import { type CommonOptions, patiently, type Surroundings, writeJson } from './shell';
import { lookAtUsers } from './status';
import { EXIT, type Exit, troubleOf } from './trouble';
import { ofYou } from './you';

/** What goes with the examination. */
export interface DoctorOptions extends CommonOptions {
  readonly readers?: boolean | undefined;
}

/**
 * What comes of asking. What is not answered is not known, and the next question is asked.
 *
 * @param needs - What the policies of the stack do not give. Default: they give enough.
 */
const examine = async (
  about: string,
  what: string,
  ask: () => Promise<Examined | readonly Examined[]>,
  needs?: string,
): Promise<readonly Examined[]> => {
  try {
    return [await ask()].flat();
  } catch (error) {
    if (needs !== undefined && error instanceof Error && isDenial(error.cause)) {
      const says = `NOT KNOWN: ${what}. It needs ${needs}, which no policy of the stack has.`;
      return [{ about, verdict: 'unknown', says, beyond: true }];
    }
    const trouble = troubleOf(error, { refused: '', unanswered: '' });
    if (trouble === undefined) throw error;
    return [{ about, verdict: 'unknown', says: `NOT KNOWN: ${what}. ${trouble.message}` }];
  }
};

const SCHEDULE: Readonly<Record<ScheduleState, Omit<Examined, 'about'>>> = {
  enabled: { verdict: 'fine', says: 'the schedule of the survey' },
  disabled: {
    verdict: 'wrong',
    says: 'the schedule of the survey is switched off: nobody is told when a key is overdue. Deploy the stack again',
  },
  missing: { verdict: 'wrong', says: 'the schedule of the survey is not there: deploy the stack again' },
};

const ofStack = async (
  deployment: Deployment,
  { topicArn, scheduleGroup }: Enrolled,
): Promise<readonly Examined[]> => {
  const { clientConfig, name, stateMachineArn, emergencyMachineArn } = deployment;
  const machines = new StateMachinesGateway(clientConfig);
  let topic = topicArn;
  const rotation = await examine(name, 'whether its state machine is there', async () => {
    topic ??= topicIn(await machines.definition(stateMachineArn));
    return { about: name, verdict: 'fine', says: 'the state machine of the rotations' };
  });
  const emergency = await examine(name, 'whether emergencies can be declared', async () => {
    await machines.definition(emergencyMachineArn);
    return { about: name, verdict: 'fine', says: 'the state machine of emergencies' };
  });
  const subscriptions = await examine(name, 'who is subscribed to its topic', async () => {
    if (topic === undefined)
      return { about: name, verdict: 'unknown', says: 'NOT KNOWN: which topic it publishes to.' };
    return ofFinding(
      name,
      judgeSubscriptions({ value: await new TopicGateway(clientConfig).subscriptions(topic) }),
    );
  });
  const schedules = new ScheduleGateway(clientConfig);
  const surveys = surveyScheduleName(name);
  let queueArn: string | undefined;
  const schedule = await examine(name, 'whether the survey is started', async () => {
    queueArn = await schedules.deadLetterQueue(scheduleGroup, surveys);
    return { about: name, ...SCHEDULE[await schedules.state(scheduleGroup, surveys)] };
  });
  const stack = { name, stateMachineArn, emergencyMachineArn, topicArn: topic, queueArn };
  const alarms = await examine(
    name,
    'whether its alarms are there, and quiet',
    async () => ofAlarms(stack, await new AlarmsGateway(clientConfig).all(), new Date()),
    'cloudwatch:DescribeAlarms on all alarms of the Region',
  );
  const you = await examine(
    'you',
    'what you may start',
    () => ofYou(deployment),
    'iam:SimulatePrincipalPolicy on yourself',
  );
  return [...rotation, ...emergency, ...subscriptions, ...schedule, ...alarms, ...you];
};

const ofUser = async (
  { clientConfig, stateMachineArn }: Deployment,
  user: SurveyedUser & { readonly readers?: readonly string[] },
  { readers }: DoctorOptions,
): Promise<readonly Examined[]> => {
  const { userName, secretId, ownershipMark } = user;
  const mark = await examine(userName, 'whether another stack has it', async () => {
    const found = await new IamGateway(clientConfig).user(userName);
    // That there is no such user, the survey says.
    return found === undefined
      ? []
      : ofOwnership(
          userName,
          judgeOwnership(ownershipMark, found.tags, ownershipValue(secretId, stateMachineArn)),
        );
  });
  if (readers !== true) return mark;
  const read = await examine(userName, 'who may read its secret', async () =>
    ofPolicy(userName, await new PoliciesGateway(clientConfig).of(secretId), user.readers ?? []),
  );
  return [...mark, ...read];
};

const MARKS: Readonly<Record<Examined['verdict'], string>> = {
  fine: 'ok     ',
  wrong: 'WRONG  ',
  unknown: 'UNKNOWN',
};

const examineAll = async (
  deployment: Deployment,
  enrolled: Enrolled,
  options: DoctorOptions,
): Promise<readonly Examined[]> => {
  const found: Examined[] = [...(await ofStack(deployment, enrolled))];
  for (const { userName, findings, paused } of await lookAtUsers(deployment, enrolled.users)) {
    found.push(...findings.map((finding) => ofFinding(userName, finding)));
    if (paused !== undefined) found.push(ofPause(userName, paused));
  }
  for (const user of enrolled.users) found.push(...(await ofUser(deployment, user, options)));
  return found;
};

/** Whether the deployment is as the configuration says, as far as reads can tell. */
export const doctor = async (surroundings: Surroundings, options: DoctorOptions): Promise<Exit> => {
  const deployment = await findDeployment(surroundings, options);
  const enrolled = requireEnrolled(deployment, surroundings);
  const { caller, name, account, region } = deployment;
  surroundings.err(`Examining ${name}, account ${account}, ${region}, as ${caller} ...\n`);
  const found = await patiently(surroundings, () => examineAll(deployment, enrolled, options));
  const count = (verdict: Examined['verdict']): number =>
    found.filter((one) => one.verdict === verdict).length;
  const summary = { fine: count('fine'), wrong: count('wrong'), unknown: count('unknown') };
  if (options.json === true)
    writeJson(surroundings, { name, account, region, caller, summary, examined: found });
  else {
    const lines = grouped(found).map(({ about, verdict, says }) => `${MARKS[verdict]}  ${about}: ${says}`);
    surroundings.out(
      `${lines.join('\n')}\n\n${summary.fine} fine, ${summary.wrong} wrong, ${summary.unknown} not known.\n${options.readers === true ? '' : 'Who may read each secret was not asked: --readers asks.\n'}`,
    );
  }
  if (summary.wrong > 0) return EXIT.look;
  return found.some(({ verdict, beyond }) => verdict === 'unknown' && beyond !== true) ? EXIT.aws : EXIT.fine;
};
