import { RotationSettings } from '../contract/enrolment';
import { parse } from '../contract/schema';
import { milliseconds } from './calendar';

type Setting = Extract<keyof RotationSettings, string>;

/** What holds of a setting, of which the rotation was planned with one value, and the present enrolment has another. */
type Choice<Name extends Setting> = (
  planned: RotationSettings[Name],
  present: RotationSettings[Name],
) => RotationSettings[Name];

const longer = (planned: string, present: string): string =>
  milliseconds(present) > milliseconds(planned) ? present : planned;

const shorter = (planned: string, present: string): string =>
  milliseconds(present) < milliseconds(planned) ? present : planned;

const asPlanned = <Value>(planned: Value): Value => planned;

const asPresent = <Value>(_planned: Value, present: Value): Value => present;

/** Whoever was promised to be asked is asked, and so is whoever wants to be asked now. */
const askedInEitherCase: Choice<'acknowledgement'> = (planned, present) =>
  planned && present ? { deadline: longer(planned.deadline, present.deadline) } : (planned ?? present);

/** For each setting the value that is safe: neither what was promised nor what is promised now is cut short. */
const SAFE: { readonly [Name in Setting]: Choice<Name> } = {
  overlapPeriod: longer,
  // People have been told, or are to be told, that they have this long.
  noticeBefore: longer,
  quietPeriod: longer,
  recoveryPeriod: longer,
  // With a short one, a key in use passes for one that nobody uses.
  idleAfter: longer,
  // What comes after it is an error, or a deactivation that consumers were not ready for.
  adoptionDeadline: longer,
  acknowledgement: askedInEitherCase,
  onAdoptionDeadline: (planned, present) => (planned === present ? planned : 'stop'),
  // More looks see more.
  adoptionCheckInterval: shorter,
  healthCheckInterval: shorter,
  // Others the steps may not be allowed to ask any more, or they are gone.
  healthAlarms: asPresent,
  validator: asPresent,
  // People have arranged themselves with the hours that they were told; of two windows there may be no hour that is in both.
  deactivationWindow: asPlanned,
  timeZone: asPlanned,
  // Documents of this rotation are written and read with the same fields.
  document: asPlanned,
  fieldNames: asPlanned,
  sesSmtp: asPlanned,
  // Looked at and set by the steps that begin a rotation, who do not look the enrolment up.
  ownershipMark: asPlanned,
};

const safe = <Name extends Setting>(
  name: Name,
  planned: RotationSettings,
  present: RotationSettings,
): RotationSettings[Name] => SAFE[name](planned[name], present[name]);

const SETTINGS = Object.keys(SAFE) as Setting[];

/**
 * The settings by which a running rotation goes on: those that it was planned with, as far as the present enrolment does not
 * promise more. A step hands them on, so what a check has seen once is not cut short by a later deployment either.
 *
 * @param enrolled - what the enrolment says of the user now; undefined when it does not name the user.
 */
export const withPresent = <State extends { readonly settings: RotationSettings }>(
  state: State,
  enrolled: RotationSettings | undefined,
): State => {
  if (enrolled === undefined) return state;
  const entries = SETTINGS.map((name) => [name, safe(name, state.settings, enrolled)] as const);
  const settings = parse(
    RotationSettings,
    Object.fromEntries(entries.filter(([, value]) => value !== undefined)),
  );
  return { ...state, settings };
};
