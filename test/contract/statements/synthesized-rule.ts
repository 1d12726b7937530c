import { Template } from 'aws-cdk-lib/assertions';
import { resourceOf, stackOf } from '../../lib/synthesize';

/** The rule that reports rotations that ended without explaining themselves, as it is deployed. */
export interface SynthesizedRule {
  readonly pattern: Readonly<Record<string, unknown>>;
  readonly inputTransformer: {
    readonly InputPathsMap: Record<string, string>;
    readonly InputTemplate: string;
  };
}

let template: Template | undefined;

/** The rule of lib/rotation-alarms.ts for a state machine. The stack is synthesized once. */
export const synthesizedRule = (stateMachineArn: string): SynthesizedRule => {
  template ??= Template.fromStack(stackOf({ users: [{ userName: 'alice' }] }));
  const { EventPattern, Targets } = resourceOf(template, 'AWS::Events::Rule').Properties;
  return {
    pattern: { ...EventPattern, detail: { ...EventPattern.detail, stateMachineArn: [stateMachineArn] } },
    inputTransformer: Targets[0].InputTransformer,
  };
};
