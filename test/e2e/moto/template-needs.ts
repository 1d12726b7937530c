import type { Template } from '../../../local/deployment/template';
import { type Grant, grantKey } from './grants';

type Properties = Readonly<Record<string, unknown>>;

/** The logical ID that a reference names. */
const referred = (value: unknown): string | undefined => {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as {
    readonly Ref?: string;
    readonly 'Fn::GetAtt'?: readonly string[];
  };
  return Ref ?? attribute?.[0];
};

/** The action that a target of each type requires of its caller's role. */
const TARGET_ACTIONS: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'lambda:InvokeFunction',
  'AWS::StepFunctions::StateMachine': 'states:StartExecution',
  'AWS::SNS::Topic': 'sns:Publish',
  'AWS::SQS::Queue': 'sqs:SendMessage',
};

/**
 * Grants that no rotation uses, because AWS uses them before a rotation begins or after it has ended: for the
 * targets of schedules and of event rules, and for the queue of what a schedule or a function could not deliver.
 * By grant, what needs it.
 */
export const neededByTargets = (template: Template): ReadonlyMap<string, string> => {
  const needs = new Map<string, string>();
  const add = (role: string | undefined, target: unknown, by: string): void => {
    const logicalId = referred(target);
    const action = TARGET_ACTIONS[template.Resources[logicalId ?? '']?.Type ?? ''];
    if (role !== undefined && action !== undefined) needs.set(grantKey({ role, action }), by);
  };
  for (const { Type, Properties = {} } of Object.values(template.Resources)) {
    if (Type === 'AWS::Scheduler::Schedule') {
      const { Arn, RoleArn, Input, DeadLetterConfig } = Properties.Target as Properties;
      const role = referred(RoleArn);
      add(role, Arn, 'the target of a schedule');
      // A universal target says in its input what it calls.
      const { 'Fn::Join': [, parts] = ['', []] } = (Input ?? {}) as {
        readonly 'Fn::Join'?: [string, unknown[]];
      };
      for (const part of parts) add(role, part, 'the target of a schedule');
      add(role, (DeadLetterConfig as Properties | undefined)?.Arn, "a schedule's dead letters");
    }
    if (Type === 'AWS::Events::Rule') {
      for (const { RoleArn, Arn } of (Properties.Targets ?? []) as readonly Properties[]) {
        add(referred(RoleArn), Arn, 'the target of an event rule');
      }
    }
    if (Type === 'AWS::Lambda::EventInvokeConfig') {
      const { OnFailure } = Properties.DestinationConfig as {
        readonly OnFailure: { readonly Destination: unknown };
      };
      const { Properties: ofFunction } = template.Resources[referred(Properties.FunctionName) ?? ''] ?? {};
      add(referred(ofFunction?.Role), OnFailure.Destination, 'what a function has failed at for good');
    }
  }
  return needs;
};

/** The template without one action of a role. */
export const withoutGrant = (template: Template, { role, action }: Grant): Template => ({
  ...template,
  Resources: Object.fromEntries(
    Object.entries(template.Resources).map(([logicalId, resource]) => {
      const { Roles = [], PolicyDocument } = (resource.Properties ?? {}) as {
        readonly Roles?: readonly unknown[];
        readonly PolicyDocument?: { readonly Statement: readonly { readonly Action: string | string[] }[] };
      };
      const isTheirs = Roles.some((value) => referred(value) === role);
      if (!isTheirs || PolicyDocument === undefined) return [logicalId, resource];
      const Statement = PolicyDocument.Statement.filter(({ Action }) => [Action].flat().join() !== action);
      const Properties = { ...resource.Properties, PolicyDocument: { ...PolicyDocument, Statement } };
      return [logicalId, { ...resource, Properties }];
    }),
  ),
});
