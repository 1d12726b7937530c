import { after } from '../shared/calendar';
import type { DeactivationWindow } from '../shared/enrolment';
import type { LastUse } from '../shared/iam-gateway';
import { describeUse } from '../shared/last-use';
import { mask } from '../shared/mask';
import { isEmergency, type Rotation } from '../shared/rotation-state';
import { describeKeys } from '../shared/situation';
import { type PlanFacts, planRotation } from './decide';

type Uses = ReadonlyMap<string, LastUse>;

const inWindow = (window: DeactivationWindow, timeZone: string): string =>
  window === 'always'
    ? 'at any hour'
    : `on ${window.days.join(', ')} from ${window.from} to ${window.to} (${timeZone})`;

/** What `rotate` would do if a person started it now, and what stands in its way. */
export const preview = (facts: PlanFacts, uses: Uses, now: Date): string => {
  const { enrolled, keys, input } = facts;
  const plan = planRotation({ ...facts, input: { ...input, action: 'rotate', trigger: 'manual' } }, now);
  const seen = keys.map(
    (key) => `${mask(key.accessKeyId)} was last used: ${describeUse(uses.get(key.accessKeyId))}.`,
  );
  const present = [describeKeys(keys), ...seen].join(' ');
  switch (plan.kind) {
    case 'refuse':
      return `Only a plan; nothing was changed. A rotation would not start, but end in ${plan.error}: ${plan.reason} ${seen.join(' ')}`;
    case 'rotate': {
      const old = plan.rotation.oldAccessKeyId;
      return [
        `Only a plan; nothing was changed. A rotation would start. ${plan.reason} ${present}`,
        plan.predecessorVersionId === null
          ? `Within minutes a new key would be created, tested, and published in ${enrolled.secretId}.`
          : 'It would find out where the unfinished one stands, and go on from there; a wait that it was in begins anew.',
        ...(old === null
          ? []
          : [
              `${mask(old)} would be set Inactive when it was unused for ${enrolled.quietPeriod} and its successor is in use, ` +
                `${inWindow(enrolled.deactivationWindow, enrolled.timeZone)}, not before ${after(now, enrolled.overlapPeriod).toISOString()}, ` +
                `and deleted ${enrolled.recoveryPeriod} later at the earliest.`,
            ]),
        enrolled.healthAlarms.length === 0
          ? 'No health alarm is configured: harm to consumers would not be noticed, and nothing would be rolled back by itself.'
          : `Watched alarms: ${enrolled.healthAlarms.join(', ')}.`,
        whenDue(facts, now),
      ].join(' ');
    }
    default:
      return `Only a plan; nothing was changed. ${plan.reason} ${present}`;
  }
};

/** What the schedule would do now. */
const whenDue = (facts: PlanFacts, now: Date): string => {
  const plan = planRotation(
    { ...facts, input: { ...facts.input, action: 'rotate', trigger: 'schedule' } },
    now,
  );
  return plan.kind === 'nothing-to-do' ? `By schedule: ${plan.reason}` : 'By schedule: due now.';
};

/** Said before an emergency begins: whom it will hit. Empty for every other rotation. */
export const warnOfOutage = (rotation: Rotation, uses: Uses): string => {
  if (!isEmergency(rotation) || rotation.oldAccessKeyId === null) return '';
  const use = uses.get(rotation.oldAccessKeyId);
  if (use === undefined) return '';
  return (
    ` It was last used: ${describeUse(use)}. A consumer that still holds it fails from its deactivation until it reads the ` +
    'secret again, which takes caching clients up to an hour.'
  );
};
