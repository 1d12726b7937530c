import { statusChange } from '../../../embedded-aws/services/states';
import { createHandler } from '../../../lambdas/record-rotation/handler';
import { RotationRecord } from '../../../lambdas/record-rotation/record';
import type { RecordedUser } from '../../../lambdas/shared/contract/recorded';
import type { RotationWorld } from '../../../local/world/base-world';

/** Where records go. */
export const AUDIT_LOG = '/audit/rotations';

/** The roles that a record expects to have started executions. */
export const SCHEDULER_ROLE = 'arn:aws:iam::111122223333:role/schedules';
export const EMERGENCY_ROLE = 'arn:aws:iam::111122223333:role/declarations';

const ALICE: RecordedUser = { userName: 'alice', rotateAfter: 'P60D', owners: ['alice@example.com'] };

type Detail = Readonly<Record<string, unknown>>;

/** The function that records executions, in a world. */
export const recorderIn = (world: RotationWorld, users: readonly RecordedUser[] = [ALICE]) => {
  const { aws, stateMachine } = world;
  aws.logs.addGroup(AUDIT_LOG, { retentionInDays: 400 });
  const handle = createHandler({
    clientConfig: {
      region: aws.region,
      credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/recorder`),
      requestHandler: aws.requestHandler(),
    },
    environment: {
      STATE_MACHINE_ARN: stateMachine.arn,
      AUDIT_LOG_GROUP: AUDIT_LOG,
      SCHEDULER_ROLE_ARN: SCHEDULER_ROLE,
      EMERGENCY_ROLE_ARN: EMERGENCY_ROLE,
    },
    recorded: () => ({ users }),
  });
  /** The event of an execution's end, as EventBridge hands it on. */
  const eventOf = ({ arn }: { readonly arn: string }, changes: Detail = {}) => {
    const execution = aws.states.execution(arn);
    if (execution === undefined) throw new Error(`There is no execution ${arn}`);
    const { detail, ...event } = statusChange(execution);
    return { ...event, detail: { ...detail, ...changes } };
  };
  const records = (): Readonly<Record<string, readonly RotationRecord[]>> =>
    Object.fromEntries(
      Object.entries(aws.logs.messages(AUDIT_LOG)).map(([stream, messages]) => [
        stream,
        messages.map((message) => RotationRecord.parse(JSON.parse(message))),
      ]),
    );
  return {
    handle: (event: unknown) => world.run(() => handle(event)),
    eventOf,
    /** The records, by stream. */
    records,
    /** Records an execution that has ended. Returns its record. */
    record: async (execution: { readonly arn: string }, changes: Detail = {}): Promise<RotationRecord> => {
      await world.run(() => handle(eventOf(execution, changes)));
      const found = Object.values(records())
        .flat()
        .filter(({ execution: { arn } }) => arn === execution.arn)
        .at(-1);
      if (found === undefined) throw new Error(`There is no record of ${execution.arn}`);
      return found;
    },
  };
};

/** The fields of which a record says that nobody knows them. */
export const unknownIn = ({ unknown }: RotationRecord): readonly string[] =>
  unknown.map(({ field }) => field);
