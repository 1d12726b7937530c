import * as z from 'zod/mini';
import { mask } from './mask';
import { isEmergency, PlannedState, RotationInput } from './rotation-state';
import type { StepName } from './steps';

/** The steps after which a leaked key is Inactive. Until then, an error means that it may still be Active. */
const UNTIL_INACTIVE: ReadonlySet<StepName> = new Set([
  'stop-execution',
  'create-access-key',
  'test-access-key',
  'publish-access-key',
  'confirm-adoption',
  'deactivate-access-key',
]);

const EmergencyState = z.pick(PlannedState, { userName: true, rotation: true });

/**
 * What whoever reads of a failure has to know besides, when a leaked key is what the step is about: that waiting for the
 * next start is not an answer. Empty otherwise.
 */
export const leakNote = (step: StepName, state: unknown): string => {
  const { userName, leaked } = (step === 'plan-rotation' ? namedIn(state) : retiredIn(step, state)) ?? {};
  if (userName === undefined || leaked === undefined) return '';
  return (
    ` THE LEAKED KEY ${mask(leaked)} MAY STILL BE ACTIVE. Start the emergency again now, or, if an outage is better than that: aws iam ` +
    `update-access-key --user-name ${userName} --access-key-id ${leaked} --status Inactive.`
  );
};

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
const retiredIn = (step: StepName, state: unknown): Leak | undefined => {
  const { data } = EmergencyState.safeParse(state);
  return UNTIL_INACTIVE.has(step) && data !== undefined && isEmergency(data.rotation)
    ? { userName: data.userName, leaked: data.rotation.oldAccessKeyId ?? undefined }
    : undefined;
};
