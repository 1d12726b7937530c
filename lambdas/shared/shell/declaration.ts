import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod/mini';
import { RotationError } from '../contract/errors';
import { emergencyMachineName } from '../contract/names';
import { DECLARATION_GOOD_SECONDS } from '../contract/timing';
import type { ExecutionGateway, StartedExecution } from '../gateways/execution-gateway';
import { Late, mayBeLate, untilShown } from '../gateways/late-reads';
import { toRotationError } from '../gateways/service-errors';
import { DECLARED_BY, type ExecutionContext, type RotationInput } from '../rotation/rotation-state';
import {
  declarationNotShown,
  explainNotDeclared,
  type NotDeclared,
  withDeclareAgain,
} from '../words/admission';
import { STEP_AT_WORK } from '../words/explanation';

/**
 * An emergency retires a key that programs use, without asking anybody. Whoever may start rotations must not get that right along with
 * it, and IAM cannot look into the input of an execution. So an emergency is declared by an execution of another state machine, which
 * can be granted by itself, and the plan asks Step Functions whether it was.
 */

/**
 * What a declaration may hold: what it needs, and what other starts have as well. A field of another name is a mistake, and a mistake
 * may be in what matters.
 */
const Declaration = z.strictObject({
  userName: z.string(),
  accessKeyId: z.string(),
  reason: z.string(),
  action: z.optional(z.literal('emergency')),
  // What is put in by workflows that declare. The rotation gets the declaration's own.
  [DECLARED_BY]: z.optional(z.string()),
  trigger: z.optional(z.literal('manual')),
  outage: z.optional(z.enum(['avoided', 'accepted'])),
  leakedSince: z.optional(z.string()),
  comment: z.optional(z.string()),
});

/** The part of a declaration that says what has leaked. */
const Declared = z.object({
  userName: z.string(),
  accessKeyId: z.string(),
  reason: z.string(),
  outage: z._default(z.string(), 'avoided'),
});

/** What is declared: a key of a user, why, and whether programs may fail for it. */
const whatOf = ({
  userName,
  accessKeyId,
  reason,
  outage = 'avoided',
}: Pick<RotationInput, 'userName' | 'accessKeyId' | 'reason' | 'outage'>) => ({
  userName,
  accessKeyId,
  reason,
  outage,
});

/** An emergency, and what there is to say who has declared it. */
interface Emergency {
  readonly execution: ExecutionContext;
  readonly input: RotationInput;
}

/** Whether an execution is one of the state machine in which emergencies of this execution's rotations are declared. */
const isDeclaration = (declaredBy: string, { id }: ExecutionContext): boolean => {
  const place = id.split(':');
  const [name = ''] = place.splice(6);
  const parts = declaredBy.split(':');
  return (
    parts.length === 8 && parts.slice(0, 7).join(':') === [...place, emergencyMachineName(name)].join(':')
  );
};

const refuse = (
  { execution, input }: Emergency,
  why: NotDeclared,
  // A start that could not declare the emergency is not believed about the key either.
  isBelieved = false,
): never => {
  throw new RotationError('InvalidRotationInput', explainNotDeclared(why, execution, input), {
    leak: isBelieved ? undefined : 'told',
  });
};

/**
 * Whether Step Functions bears out that an emergency was declared.
 *
 * @param shown - the execution that is said to have declared it; undefined when none shows.
 * @returns undefined when it does; what is late when it may yet.
 * @throws RotationError `InvalidRotationInput` when it cannot any more.
 */
const judgeDeclaration = (
  emergency: Emergency,
  shown: StartedExecution | undefined,
  now: Date,
): Late | undefined => {
  const { execution, input } = emergency;
  const late = new Late({ code: 'execution', executionArn: String(input[DECLARED_BY]) }, 'Step Functions');
  if (shown === undefined) return late;
  const begun = new Date(execution.startTime);
  const age = begun.getTime() - shown.startDate.getTime();
  // Step Functions' own times, of which the API's answers may lose the milliseconds.
  if (age < -1000 || age > DECLARATION_GOOD_SECONDS * 1000) {
    // Names can be used again, so a late read shows a former execution of the name (ADR 27).
    return age > 0 && mayBeLate(begun, now) ? late : refuse(emergency, 'another-time');
  }
  if (!shown.running) return refuse(emergency, 'declaration-over');
  const declared = Declared.safeParse(shown.input);
  if (!isDeepStrictEqual(declared.data, whatOf(input))) {
    return refuse(emergency, 'something-else');
  }
  return Declaration.safeParse(shown.input).success ? undefined : refuse(emergency, 'holds-more', true);
};

/**
 * Lets an emergency pass that was declared.
 *
 * @returns When it was declared.
 * @throws RotationError `InvalidRotationInput`; `TransientServiceError` when Step Functions does not show it, which it may do later.
 */
export const requireDeclaration = async (
  executions: ExecutionGateway,
  emergency: Emergency,
): Promise<Date> => {
  const { input } = emergency;
  const declaredBy = input[DECLARED_BY];
  if (declaredBy === undefined || !isDeclaration(declaredBy, emergency.execution)) {
    return refuse(emergency, 'nothing-says-so');
  }
  const look = async (): Promise<StartedExecution | undefined> => {
    try {
      return await executions.started(declaredBy);
    } catch (error) {
      // Nobody is believed about the key yet, whatever AWS answers.
      const { name, said, keys } = toRotationError(error, STEP_AT_WORK);
      throw new RotationError(name, withDeclareAgain(said), { cause: error, leak: 'told', keys });
    }
  };
  return untilShown(
    async () => {
      const shown = await look();
      return judgeDeclaration(emergency, shown, new Date()) ?? shown?.startDate ?? new Date();
    },
    (): never => {
      const message = declarationNotShown(declaredBy, input);
      throw new RotationError('TransientServiceError', message, { leak: 'told' });
    },
  );
};
