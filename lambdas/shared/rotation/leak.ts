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

const EmergencyState = z.pick(PlannedState, { userName: true, rotation: true });

/** A leaked key that may still be Active, and whose it is. */
export interface LeakedKey {
  readonly userName: string;
  readonly accessKeyId: string;
}

/** The leaked key that may still be Active when a step fails; undefined when there is none. */
export const leakLeftBy = (step: StepName, state: unknown): LeakedKey | undefined => {
  const where = NAMED_IN[step];
  if (where === null) return undefined;
  const { userName, leaked } = (where === 'input' ? namedIn(state) : retiredIn(state)) ?? {};
  if (userName === undefined || leaked === undefined) return undefined;
  return { userName, accessKeyId: leaked };
};

/** What a message that lists the user's keys tells of a leaked one: where there is no key at all, it is gone. */
export const leakToldBy = (keys: readonly AccessKey[]): LeakTold | undefined =>
  keys.length === 0 ? 'told' : undefined;

interface Leak {
  readonly userName: string;
  readonly leaked: string | undefined;
}

/** The key that the input of an execution names. */
const namedIn = (state: unknown): Leak | undefined => {
  const { data } = RotationInput.safeParse(state);
  return data?.action === 'emergency' ? { userName: data.userName, leaked: data.accessKeyId } : undefined;
};

/** The key that an emergency is about to retire. */
const retiredIn = (state: unknown): Leak | undefined => {
  const { data } = EmergencyState.safeParse(state);
  return data !== undefined && isEmergency(data.rotation)
    ? { userName: data.userName, leaked: data.rotation.oldAccessKeyId ?? undefined }
    : undefined;
};
