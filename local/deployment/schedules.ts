import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { StartOptions, StateMachineEngine } from '../engine/engine';
import type { Execution } from '../engine/execution';
import { deadLetters } from './messengers';
import type { Permissions } from './permissions';
import { TemplateRefused, type TemplateResolver, type TemplateResource } from './template';

/**
 * Lets a schedule fire once. Nothing here runs by itself: a story says when.
 *
 * @returns Undefined if the start lies in the dead-letter queue.
 */
export type Schedule = (options?: Omit<StartOptions, 'name'>) => Execution | undefined;

interface ScheduleProperties {
  readonly Name: string;
  readonly Target: {
    readonly Arn: string;
    readonly RoleArn: string;
    readonly Input?: string;
    readonly DeadLetterConfig?: { readonly Arn: string };
  };
}

/** What the schedules of a stack have in common. */
export interface ScheduleOptions {
  readonly aws: EmbeddedAws;
  readonly resolver: TemplateResolver;
  readonly permissions: Permissions;
  /** The state machines. */
  readonly machines: readonly StateMachineEngine[];
}

/** EventBridge Scheduler User Guide, "Using universal targets". */
const START_EXECUTION = /^arn:aws:scheduler:::aws-sdk:sfn:startExecution$/;

/** EventBridge Scheduler User Guide, "Adding context attributes". */
const EXECUTION_ID = '<aws.scheduler.execution-id>';

/** The names of the parameters that StartExecution has, as the AWS SDK for Java writes them. */
interface StartExecution {
  readonly StateMachineArn: string;
  readonly Name: string;
  readonly Input: string;
}

/** What is said of a resource that is not modelled. */
const refused = (logicalId: string, what: string): TemplateRefused =>
  new TemplateRefused(`${logicalId}: of schedules, only starts of executions are modelled, and not ${what}`);

const requestOf = (logicalId: string, text: string): StartExecution => {
  const request = JSON.parse(text) as Partial<StartExecution>;
  const { StateMachineArn, Name, Input, ...others } = request;
  if (StateMachineArn === undefined || Name === undefined || Input === undefined) {
    throw refused(logicalId, `without ${['StateMachineArn', 'Name', 'Input'].join(', ')}`);
  }
  if (Object.keys(others).length > 0) throw refused(logicalId, Object.keys(others).join(', '));
  return { StateMachineArn, Name, Input };
};

/**
 * The schedule of a template's resource, and its name.
 *
 * @throws TemplateRefused if its target is anything but StartExecution.
 */
export const scheduleOf = (
  { aws, resolver, permissions, machines }: ScheduleOptions,
  logicalId: string,
  { Properties }: TemplateResource,
): readonly [name: string, Schedule] => {
  const { Name: scheduleName, Target } = resolver.resolve(Properties) as ScheduleProperties;
  const { Arn, RoleArn, Input: template, DeadLetterConfig } = Target;
  if (!START_EXECUTION.test(Arn)) throw refused(logicalId, Arn);
  if (template === undefined) throw refused(logicalId, 'without an input');
  requestOf(logicalId, template);
  const attribute = template.replaceAll(EXECUTION_ID, '').match(/<aws\.scheduler\.[a-z-]+>/)?.[0];
  if (attribute !== undefined) throw refused(logicalId, attribute);
  let invocations = 0;
  const fire: Schedule = (options) => {
    invocations += 1;
    // Not from the common source of identifiers: what a start is called must not decide which keys are created.
    const executionId = `00000000-0000-4000-8000-${invocations.toString(16).padStart(12, '0')}`;
    const { StateMachineArn, Name, Input } = requestOf(
      logicalId,
      template.replaceAll(EXECUTION_ID, executionId),
    );
    const machine = machines.find(({ arn }) => arn === StateMachineArn);
    const mayStart = permissions({
      caller: RoleArn,
      action: 'states:StartExecution',
      resource: StateMachineArn,
    });
    if (machine === undefined || !mayStart) {
      if (DeadLetterConfig !== undefined) aws.cloudWatch.count(deadLetters(DeadLetterConfig.Arn));
      return undefined;
    }
    const starter = { roleArn: RoleArn, service: 'scheduler.amazonaws.com' };
    return machine.start(JSON.parse(Input), { ...options, name: Name, starter });
  };
  return [scheduleName, fire];
};
