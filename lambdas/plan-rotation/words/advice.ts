import type { RotationInput } from '../../shared/rotation/rotation-state';
import * as commands from '../../shared/text/commands';
import type { Advice, Said, Urgency } from '../../shared/text/said';
import { ONCE_MORE } from '../../shared/words/leak';
import type { PlanFacts, PlanWhy } from '../decide';

/** The words for each of some codes. */
export type Words<Why extends PlanWhy> = {
  readonly [Code in Why['code']]: (
    why: Extract<Why, { readonly code: Code }>,
    facts: PlanFacts,
  ) => string | Said;
};

export const UNCHANGED = 'Nothing was changed.';

/** How a person starts again what was refused. */
export const startAgain = (input: RotationInput): Advice => {
  const { userName, action, trigger, accessKeyId = '' } = input;
  switch (action) {
    case 'emergency':
      return [
        'Then declare the emergency again:',
        commands.declareEmergency(userName, accessKeyId, ONCE_MORE),
      ];
    case 'rollback':
      return ['Then start the rollback again:', commands.startRotation(userName, action)];
    case 'resume':
      return ['Then resume the rotation again:', commands.startRotation(userName, action)];
    case 'plan':
      return ['Then start a rotation:', commands.startRotation(userName)];
    default:
      return [
        trigger === 'schedule'
          ? 'Then leave the rest to the schedule, or start a rotation now:'
          : 'Then start the rotation again:',
        commands.startRotation(userName),
      ];
  }
};

export const startAnother = (userName: string, when: string): Advice => [
  `${when}, start a rotation, which creates a new key:`,
  commands.startRotation(userName),
];

/** Consumers that read the secret now get nothing that works. */
export const consumersFail = (why: string): Urgency => ({ urgent: true, why });

/** What happened, and what to do. */
export interface Explained {
  readonly what: readonly string[];
  readonly next: Advice;
}
