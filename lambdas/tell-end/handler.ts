import { safeParse } from '../shared/contract/schema';
import type { Telling } from '../shared/contract/told';
import { lambdaRuntime, type Runtime, requireSetting } from '../shared/gateways/runtime';
import { TopicGateway } from '../shared/gateways/topic-gateway';
import { composeMessage } from '../shared/words/message';
import { type End, EndEvent, readEnd, rotationDeclaredBy } from './decide';
import { notAnEnd, say } from './words';

const TELLS: Readonly<Record<End['of'], Telling>> = {
  rotation: 'RotationEndedUntold',
  declaration: 'DeclarationEndedUntold',
};

const userOf = ({ started }: End): string | undefined =>
  started.code === 'unreadable' ? undefined : started.userName;

/**
 * Tells people of an execution that has ended without a message of its own: what the rules select. Every failure is thrown, so that
 * Lambda tries again, and what cannot be told at all lies in the dead-letter queue.
 */
export const createHandler = (runtime: Pick<Runtime, 'clientConfig' | 'environment'>) => {
  const topic = new TopicGateway(runtime.clientConfig);
  return async (event: unknown): Promise<void> => {
    const rotations = requireSetting(runtime, 'STATE_MACHINE_ARN');
    const topicArn = requireSetting(runtime, 'NOTIFICATION_TOPIC_ARN');
    const runbookUrl = requireSetting(runtime, 'RUNBOOK_URL');
    const { data } = safeParse(EndEvent, event);
    const end = data === undefined ? undefined : readEnd(data, rotations);
    if (end === undefined) throw new Error(notAnEnd());
    const { executionArn } = end;
    const message = composeMessage(
      say({ ...end, rotationArn: rotationDeclaredBy(executionArn, rotations) }),
      TELLS[end.of],
      {
        userName: userOf(end),
        executionArn,
        stateMachineArn: rotations,
        roles: {},
        runbookUrl,
        at: new Date(),
      },
    );
    const { subject, text, user, urgent } = message;
    await topic.publish(topicArn, {
      subject,
      body: text,
      attributes: { user, event: message.event, urgent },
    });
    console.info({ execution: executionArn, status: end.status, user, event: message.event, urgent });
  };
};

export const handler = createHandler(lambdaRuntime());
