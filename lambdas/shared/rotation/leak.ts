import * as z from 'zod/mini';
import type { LeakTold } from '../contract/errors';
import type { StepName } from '../contract/steps';
import type { AccessKey } from './access-key';
import { isEmergency, PlannedState, RotationInput } from './rotation-state';

/**
 * Where a step that fails finds the leaked key that may still be Active. Null for the steps that come after its
 * deactivation.
 */
const NAMED_IN: Readonly<Record<StepName, 'input' | 'rotation' | null>> = {
  'plan-rotation': 'input',
  'stop-execution': 'rotation',
  'create-access-key': 'rotation',
  'test-access-key': 'rotation',
  'publish-access-key': 'rotation',
  'confirm-adoption': 'rotation',
  'deactivate-access-key': 'rotation',
  'trace-leaked-key': null,
  'confirm-health': null,
  'reactivate-access-key': null,
  'delete-access-key': null,
};

const EmergencyState = z.pick(PlannedState, { userName: true, rotation: true, contained: true });

/** A leaked key that may still be Active, or has no successor yet, and whose it is. */
export interface LeakedKey {
  readonly userName: string;
  readonly accessKeyId: string;
  /** An outage was accepted for it. */
  readonly outage?: 'accepted' | undefined;
  /** This execution has set it Inactive. */
  readonly contained?: boolean | undefined;
}

/** The leaked key that may still be Active when a step fails; undefined when there is none. */
export const leakLeftBy = (step: StepName, state: unknown): LeakedKey | undefined => {
  const where = NAMED_IN[step];
  if (where === null) return undefined;
  const found = where === 'input' ? namedIn(state) : retiredIn(state);
  if (found?.leaked === undefined) return undefined;
  const { leaked, ...about } = found;
  return { ...about, accessKeyId: leaked };
};

/** What a message that lists the user's keys tells of a leaked one: where there is no key at all, it is gone. */
export const leakToldBy = (keys: readonly AccessKey[]): LeakTold | undefined =>
  keys.length === 0 ? 'told' : undefined;

interface Leak {
  readonly userName: string;
  readonly leaked: string | undefined;
  readonly outage: 'accepted' | undefined;
  readonly contained: boolean;
}

/** The key that the input of an execution names. */
const namedIn = (state: unknown): Leak | undefined => {
  const { data } = RotationInput.safeParse(state);
  if (data?.action !== 'emergency') return undefined;
  const { userName, accessKeyId: leaked, outage } = data;
  return { userName, leaked, outage: outage === 'accepted' ? outage : undefined, contained: false };
};

/** The key that an emergency is about to retire. */
const retiredIn = (state: unknown): Leak | undefined => {
  const { data } = EmergencyState.safeParse(state);
  return data !== undefined && isEmergency(data.rotation)
    ? {
        userName: data.userName,
        leaked: data.rotation.oldAccessKeyId ?? undefined,
        outage: data.rotation.outage,
        contained: data.contained !== undefined,
      }
    : undefined;
};
