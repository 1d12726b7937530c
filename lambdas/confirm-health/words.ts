import { VERDICT_GRACE } from '../shared/contract/timing';
import { mask } from '../shared/text/mask';
import { describeHealth, describeVerdict } from '../shared/words/health';
import { describeKeys } from '../shared/words/keys';
import { describePause } from '../shared/words/pause';
import { ENROL_AGAIN, nameOfOld, newKeyWasChanged, START_EMERGENCY_AGAIN } from '../shared/words/retirement';
import type { HealthFacts, HealthWhy, UnenrolledFacts, UnenrolledWhy } from './decide';

/** What alarms and validator say together. */
const saySigns = ({ health, verdict }: HealthFacts): string => {
  const alarms = describeHealth(health);
  if (health.kind === 'unhealthy') {
    return `Consumers are not well (${alarms}), but the old key has leaked and is not brought back: let them read the secret again.`;
  }
  const unknown = [
    ...(health.kind === 'healthy' ? [] : [alarms]),
    ...(verdict?.kind === 'unknown' ? [`the validator gave no verdict: ${describeVerdict(verdict)}`] : []),
  ];
  if (unknown.length > 0) return `Whether consumers are well is not known: ${unknown.join('; ')}.`;
  const said = verdict === undefined ? '' : `; the validator says: ${describeVerdict(verdict)}`;
  return `Nothing is known to be wrong (${alarms}${said}).`;
};

/** What the check says. Of a rollback, for the middle of a sentence. */
export const say = (why: HealthWhy, facts: HealthFacts): string => {
  const { newAccessKeyId, keys, health, settings } = facts;
  const paused = facts.paused && describePause(facts.paused);
  const old = nameOfOld(facts);
  switch (why.code) {
    case 'no-old-key':
      return 'There is no old key any more that could be brought back.';
    case 'paused-without-old-key':
      return `There is no old key any more; the user is ${paused}, so nothing is finished.`;
    case 'paused':
      return `The user is ${paused}: the old key ${old} is kept, and consumers are looked after. ${saySigns(facts)}`;
    case 'old-key-active-again':
      return `somebody has set the old key ${old} Active again`;
    case 'new-key-changed':
      return `${newKeyWasChanged(newAccessKeyId)} while the old key was Inactive`;
    case 'emergency-changed':
      return (
        `While the leaked key ${old} was watched, somebody has set it Active again, or changed the new key ` +
        `${mask(newAccessKeyId)} or AWSCURRENT. Nothing was changed by this check. ${describeKeys(keys)} ${START_EMERGENCY_AGAIN}`
      );
    case 'alarms-unhealthy':
      return `health alarms are ${describeHealth(health)}`;
    case 'validator-unhealthy':
      return `the validator says that consumers are not well: ${describeVerdict(why.verdict)}`;
    case 'validator-next':
      return 'The alarms say nothing against it: the validator is asked.';
    case 'in-recovery-period':
      return saySigns(facts);
    case 'verdict-overdue':
      return `The recovery period is over. ${saySigns(facts)} The old key is kept until the alarms and the validator answer.`;
    case 'recovered':
      return `${old} has been Inactive for ${settings.recoveryPeriod}. ${saySigns(facts)}`;
    case 'never-certain':
      return (
        `The recovery period is over, but it is not certain that consumers are well. ${saySigns(facts)} The old key ` +
        `${old} was not deleted; it stays Inactive. ${describeKeys(keys)} Mend the alarms, or the validator, ` +
        'then start a new execution: it observes the recovery period again and deletes the key.'
      );
  }
};

/** What a person has to mend, before any check can say how consumers are. */
export const sayMend = (facts: HealthFacts): string =>
  `${saySigns(facts)} It stays so until a person mends it. The old key ${nameOfOld(facts)} is Inactive, can be brought back, and is not ` +
  'deleted meanwhile; the checks go on. The alarms and the validator are those of the present configuration: make sure that ' +
  `they are there, then deploy. What is not mended ${VERDICT_GRACE} after the recovery period (${facts.settings.recoveryPeriod}) ends ` +
  'the rotation without a deletion.';

/** What is said of a user that is not enrolled any more. */
export const sayUnenrolled = (why: UnenrolledWhy, { userName }: UnenrolledFacts): string => {
  const what =
    `${userName} is not enrolled any more, so whether its consumers are well is not known. The old key is ` +
    'Inactive, unless somebody has changed that, and was not deleted.';
  switch (why.code) {
    case 'watch-goes-on':
      return `${what} The checks go on until ${why.watchEnds.toISOString()}: enrol the user again, and deploy, for them to find anything.`;
    case 'watch-is-over':
      return `${what} The recovery period is over, and the watch ends here. ${ENROL_AGAIN}`;
  }
};

/** Why the old key is brought back. */
export const sayRollback = (reason: string): string => `Rolling back: ${reason}.`;
