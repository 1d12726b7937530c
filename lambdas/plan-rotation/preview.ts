import type { Health } from '../shared/findings/health';
import { findKey } from '../shared/findings/situation';
import type { FunctionReading } from '../shared/gateways/function-gateway';
import type { LastUse } from '../shared/gateways/iam-gateway';
import { courseOf, earliestDeactivation } from '../shared/rotation/course';
import type { Rotation } from '../shared/rotation/rotation-state';
import { type Plan, type PlanFacts, planRotation, type Start } from './decide';

/** When and for what keys were last used, by their IDs, as far as that could be read. */
export type Uses = ReadonlyMap<string, LastUse>;

/** What a plan looks at, and a rotation does only later. */
export interface Outlook {
  readonly uses: Uses;
  readonly health: Health;
  /** Undefined when there is none. */
  readonly validator: FunctionReading | undefined;
}

/** What would become of the old key. */
export type OldKeyFate =
  | { readonly code: 'none' }
  /** It is not Active already. */
  | { readonly code: 'not-active'; readonly accessKeyId: string; readonly status: string }
  /** It has leaked: it would be set Inactive at once. */
  | { readonly code: 'leaked'; readonly accessKeyId: string }
  /** It would be set Inactive when consumers have left it, and not before this time. */
  | { readonly code: 'waited-for'; readonly accessKeyId: string; readonly notBefore: Date };

/** What `rotate` would do if a person started it now. */
export type Preview =
  | {
      readonly kind: 'starts';
      readonly plan: Start;
      readonly oldKey: OldKeyFate;
      /** Whether the owner's word would be waited for. */
      readonly asksOwner: boolean;
      /** What the schedule would do now. */
      readonly bySchedule: Plan;
    }
  | {
      readonly kind: 'does-not-start';
      readonly plan: Exclude<Plan, Start>;
      /** What it would do without the pause that keeps it back. Undefined: no pause does. */
      readonly unpaused: Preview | undefined;
    };

/** What `rotate` would do if a person started it now. Reads nothing and changes nothing. */
export const preview = (facts: PlanFacts, now: Date): Preview => {
  const startedBy = (trigger: 'manual' | 'schedule'): Plan =>
    planRotation({ ...facts, knowsNotice: true, input: { ...facts.input, action: 'rotate', trigger } }, now);
  const plan = startedBy('manual');
  switch (plan.kind) {
    case 'due':
    case 'stop-first':
      return {
        kind: 'starts',
        plan,
        oldKey: fateOf(facts, plan.rotation, now),
        asksOwner: courseOf(plan.rotation).asksOwner,
        bySchedule: startedBy('schedule'),
      };
    default: {
      const isPaused = plan.kind === 'nothing-to-do' && plan.why.code === 'paused';
      const unpaused = isPaused ? preview(withoutPause(facts), now) : undefined;
      return { kind: 'does-not-start', plan, unpaused };
    }
  }
};

const withoutPause = (facts: PlanFacts): PlanFacts => ({
  ...facts,
  enrolled: { ...facts.enrolled, paused: undefined },
  secret: { ...facts.secret, pauseTag: undefined },
});

const fateOf = ({ enrolled, keys }: PlanFacts, rotation: Rotation, now: Date): OldKeyFate => {
  const old = findKey(keys, rotation.oldAccessKeyId);
  if (old === undefined) return { code: 'none' };
  const { accessKeyId, status } = old;
  if (status !== 'Active') return { code: 'not-active', accessKeyId, status };
  return courseOf(rotation).waitsForConsumers
    ? { code: 'waited-for', accessKeyId, notBefore: earliestDeactivation(enrolled, now) }
    : { code: 'leaked', accessKeyId };
};
