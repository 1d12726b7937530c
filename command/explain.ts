import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { executionNameOf } from '../lambdas/shared/contract/names';
import { safeParse } from '../lambdas/shared/contract/schema';
import { HistoryGateway } from '../lambdas/shared/gateways/history-gateway';
import { type Deployment, findDeployment, secretOf } from './deployment';
import { startedWith } from './executions';
import { StateMachinesGateway } from './gateways/state-machines';
import {
  filledIn,
  relatedTo,
  type Section,
  sectionOf,
  sectionsOf,
  suggestionFor,
  type Variables,
} from './runbook';
import { type CommonOptions, type Surroundings, writeJson } from './shell';
import { resultOf } from './status-rows';
import { EXIT, type Exit, Trouble } from './trouble';

const RUNBOOK_FILE = join(__dirname, '..', 'docs', 'runbook.md');

/** What travels through an execution, as far as the runbook has variables for it. */
const Travelling = z.object({
  secretId: z.optional(z.string()),
  newAccessKeyId: z.optional(z.nullable(z.string())),
  accessKeyId: z.optional(z.string()),
  rotation: z.optional(
    z.object({
      oldAccessKeyId: z.optional(z.nullable(z.string())),
      leakedAccessKeyIds: z.optional(z.array(z.string())),
    }),
  ),
});

/** Sections of ends that have no error of ours. */
const OF_STATUS: Readonly<Record<string, string>> = {
  TIMED_OUT: 'A rotation timed out',
  ABORTED: 'A rotation was stopped',
  FAILED: 'A rotation failed',
};

const EXECUTION = /:execution:|-\d{8}T\d{6}Z$|-[0-9a-f]{8}-/;

const placeVariables = ({ name, stateMachineArn, emergencyMachineArn }: Deployment): Variables => ({
  STACK: name,
  STATE_MACHINE_ARN: stateMachineArn,
  EMERGENCY_ARN: emergencyMachineArn,
});

const userVariables = async (deployment: Deployment, userName: string): Promise<Variables> => ({
  USER_NAME: userName,
  EXECUTION_NAME: executionNameOf(userName),
  SECRET_ID: await secretOf(deployment, userName),
});

const requireSection = (sections: readonly Section[], wanted: string): Section => {
  const section = sectionOf(sections, wanted);
  if (section !== undefined) return section;
  const nearest = suggestionFor(sections, wanted);
  const meant = nearest === undefined ? relatedTo(sections, wanted) : [nearest];
  const hint =
    meant.length === 0
      ? 'The name of an error is in brackets in the subject of its message; of an execution, history says what it has ended in.'
      : `Did you mean ${meant.map((heading) => JSON.stringify(heading)).join(', or ')}?`;
  throw new Trouble(
    EXIT.misuse,
    `The runbook has no section ${JSON.stringify(wanted)}. ${hint} Its sections are in docs/runbook.md.`,
  );
};

/** What is known of an execution, the last that it has handed on. */
const lookAt = async (deployment: Deployment, wanted: string) => {
  const { clientConfig, stateMachineArn, emergencyMachineArn } = deployment;
  const history = new HistoryGateway(clientConfig);
  const arns = wanted.startsWith('arn:')
    ? [wanted]
    : [stateMachineArn, emergencyMachineArn].map(
        (arn) => `${arn.replace(':stateMachine:', ':execution:')}:${wanted}`,
      );
  for (const executionArn of arns) {
    const described = await history.describe(executionArn);
    if (described === undefined) continue;
    const events = (await new StateMachinesGateway(clientConfig).eventsAfter(executionArn, 0)) ?? [];
    const handedOn = events.flatMap(({ data }) => {
      const parsed = safeParse(Travelling, data);
      return parsed.success ? [parsed.data] : [];
    });
    const state = events.findLast(({ kind }) => kind === 'entered')?.state;
    return { executionArn, described, handedOn, state };
  }
  throw new Trouble(EXIT.misuse, `Step Functions knows no execution ${wanted}: it keeps them for 90 days.`);
};

const keyVariables = (handedOn: readonly z.infer<typeof Travelling>[]): Variables => {
  const last = <T>(of: (one: z.infer<typeof Travelling>) => T | null | undefined): T | undefined =>
    handedOn.map(of).findLast((one) => one !== undefined && one !== null) ?? undefined;
  const leaked = last(({ rotation, accessKeyId }) => rotation?.leakedAccessKeyIds?.at(-1) ?? accessKeyId);
  return {
    OLD_ACCESS_KEY_ID: last(({ rotation }) => rotation?.oldAccessKeyId),
    NEW_ACCESS_KEY_ID: last(({ newAccessKeyId }) => newAccessKeyId),
    LEAKED_ACCESS_KEY_ID: leaked,
  };
};

/** What the runbook says of an error, with a user's names if one is given; or of what an execution has ended in. */
export const explain = async (
  surroundings: Surroundings,
  wanted: string,
  userName: string | undefined,
  options: CommonOptions,
): Promise<Exit> => {
  const { out } = surroundings;
  const sections = sectionsOf(readFileSync(RUNBOOK_FILE, 'utf8'));
  const isExecution = sectionOf(sections, wanted) === undefined && EXECUTION.test(wanted);
  if (!isExecution) {
    const section = requireSection(sections, wanted);
    // Without a user nothing has to be asked of AWS.
    const deployment = userName === undefined ? undefined : await findDeployment(surroundings, options);
    const variables =
      deployment === undefined || userName === undefined
        ? {}
        : { ...placeVariables(deployment), ...(await userVariables(deployment, userName)) };
    const text = filledIn(section, variables, { userName, executionName: variables.EXECUTION_NAME });
    if (options.json === true) writeJson(surroundings, { section: section.heading, text });
    else out(`${section.heading}\n\n${text}\n`);
    return EXIT.fine;
  }
  const deployment = await findDeployment(surroundings, options);
  const { executionArn, described, handedOn, state } = await lookAt(deployment, wanted);
  const { status, error, cause, output, input } = described;
  const who = startedWith(input)?.userName;
  const result = resultOf({ status, error, output });
  const said = status === 'SUCCEEDED' ? (output as { readonly outcome?: string }).outcome : cause;
  const isFine = status === 'SUCCEEDED' || status === 'RUNNING';
  const section = isFine
    ? undefined
    : (sectionOf(sections, error ?? '') ?? sectionOf(sections, OF_STATUS[status] ?? 'UnexpectedError'));
  const variables: Variables = {
    ...placeVariables(deployment),
    ...(who !== undefined && section !== undefined && (await userVariables(deployment, who))),
    ...keyVariables(handedOn),
    EXECUTION_ARN: executionArn,
  };
  const text =
    section && filledIn(section, variables, { userName: who, executionName: variables.EXECUTION_NAME });
  if (options.json === true) {
    writeJson(surroundings, {
      executionArn,
      userName: who,
      status,
      result,
      state,
      said,
      section: section?.heading,
      text,
    });
  } else {
    out(
      `${executionArn}\n${status === 'RUNNING' ? 'It is running' : `It has ended: ${result}`}${state === undefined ? '' : `, in the state "${state}"`}.\n`,
    );
    if (said !== undefined) out(`\n${said}\n`);
    if (section !== undefined) out(`\nThe runbook says (${section.heading}):\n\n${text}\n`);
  }
  return isFine ? EXIT.fine : EXIT.look;
};
