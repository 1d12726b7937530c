import { mask } from './mask';
import { isEmergency, PlannedState } from './rotation-state';
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

const EmergencyState = PlannedState.pick({ userName: true, rotation: true });

/**
 * What whoever reads of a failure has to know besides, when a leaked key is what the step is about: that waiting for the
 * next start is not an answer. Empty otherwise.
 */
export const leakNote = (step: StepName, state: unknown): string => {
  const { data } = EmergencyState.safeParse(state);
  if (!UNTIL_INACTIVE.has(step) || data === undefined || !isEmergency(data.rotation)) return '';
  const leaked = data.rotation.oldAccessKeyId ?? '';
  return (
    ` THE LEAKED KEY ${mask(leaked)} MAY STILL BE ACTIVE. Start the emergency again now, or, if an outage is better than that: aws iam ` +
    `update-access-key --user-name ${data.userName} --access-key-id ${leaked} --status Inactive.`
  );
};
