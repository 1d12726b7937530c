import { type Template, TemplateResolver } from '../../../local/deployment/template';
import { resourceOf, templateOf } from '../../lib/synthesize';

/** The deployed rule that reports rotations that ended without explaining themselves. */
export interface SynthesizedRule {
  readonly pattern: Readonly<Record<string, unknown>> & {
    readonly detail: Readonly<Record<string, unknown>>;
  };
}

const STACK = 'IamAccessKeyRotation';

let template: ReturnType<typeof templateOf> | undefined;

/** The rule of lib/untold-ends.ts for a state machine. The stack is synthesized once. */
export const synthesizedRule = (stateMachineArn: string): SynthesizedRule => {
  template ??= templateOf({ users: [{ userName: 'alice' }] });
  const [, , , region = '', accountId = '', , name = ''] = stateMachineArn.split(':');
  const resolver = new TemplateResolver(template.toJSON() as Template, {
    stackName: STACK,
    accountId,
    region,
  });
  const { Properties } = resourceOf(template, 'AWS::Events::Rule', 'UnexplainedEnd');
  const { EventPattern } = resolver.resolve(Properties) as { readonly EventPattern: unknown };
  return {
    pattern: JSON.parse(JSON.stringify(EventPattern).replaceAll(STACK, name)) as SynthesizedRule['pattern'],
  };
};
