import { emergencyMachineName, executionNameOnEvent } from '../shared/contract/names';
import { safeParse } from '../shared/contract/schema';
import { EmergencyGateway } from '../shared/gateways/emergency-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { lambdaRuntime, type Runtime, requireSetting } from '../shared/gateways/runtime';
import { TopicGateway } from '../shared/gateways/topic-gateway';
import { mask } from '../shared/text/mask';
import type { Said } from '../shared/text/said';
import { composeMessage } from '../shared/words/message';
import { answerTo, ExposureEvent, readExposure } from './decide';
import { notAllAnswered, notAnExposure, reasonOf, sayOfKey, sayUnclear, type ToldKey } from './words';

/**
 * Answers AWS's own event that access keys are exposed: starts the emergency of users whose settings say so, and tells people of all
 * other keys. What fails is thrown when every key has had its turn, so that Lambda tries again, and what cannot be done at all lies in
 * the dead-letter queue. What an attempt has started already is not started again; what it has told is told again.
 */
export const createHandler = (runtime: Omit<Runtime, 'calls'>) => {
  const iam = new IamGateway(runtime.clientConfig);
  const emergencies = new EmergencyGateway(runtime.clientConfig);
  const topic = new TopicGateway(runtime.clientConfig);

  return async (event: unknown): Promise<void> => {
    const rotations = requireSetting(runtime, 'STATE_MACHINE_ARN');
    const topicArn = requireSetting(runtime, 'NOTIFICATION_TOPIC_ARN');
    const runbookUrl = requireSetting(runtime, 'RUNBOOK_URL');
    const at = new Date();
    const { data } = safeParse(ExposureEvent, event);
    if (data === undefined) throw new Error(notAnExposure());
    const exposure = readExposure(data, at);
    const { eventArn, account, since } = exposure;
    if (account !== rotations.split(':')[4]) {
      console.info({ exposed: eventArn, ignored: 'another account', account });
      return;
    }

    const tell = async (said: Said, userName: string | undefined): Promise<void> => {
      const letterhead = {
        userName,
        executionArn: undefined,
        stateMachineArn: rotations,
        roles: {},
        runbookUrl,
        at,
      };
      const message = composeMessage(said, 'KeyExposed', letterhead);
      const { subject, text, user, urgent } = message;
      const attributes = { user, event: message.event, urgent };
      await topic.publish(topicArn, { subject, body: text, attributes });
    };

    const declare = (userName: string, accessKeyId: string): Promise<'started' | 'already'> =>
      emergencies.declare(
        emergencyMachineName(rotations),
        executionNameOnEvent(userName, `${eventArn} ${accessKeyId}`),
        {
          userName,
          accessKeyId,
          reason: reasonOf(exposure),
          ...(since !== undefined && { leakedSince: since.toISOString() }),
        },
      );

    const answer = async (accessKeyId: string): Promise<void> => {
      const userName = await iam.userOf(accessKeyId);
      const enrolled = userName === undefined ? undefined : await runtime.enrolment.find(userName);
      const decided = answerTo(userName, enrolled);
      let told: ToldKey = { accessKeyId, ...decided };
      let began: 'started' | 'already' | undefined;
      if (decided.code === 'emergency') {
        try {
          began = await declare(decided.userName, accessKeyId);
        } catch (error) {
          told = { accessKeyId, code: 'not-started', userName: decided.userName, error };
        }
      }
      const said = sayOfKey(exposure, told);
      console.info({ exposed: eventArn, key: mask(accessKeyId), user: userName, answer: told.code, began });
      if (said !== undefined) await tell(said, userName);
      if (told.code === 'not-started') throw told.error;
    };

    const answers = await Promise.allSettled([
      ...exposure.accessKeyIds.map(answer),
      ...(exposure.isUnclear ? [tell(sayUnclear(exposure), undefined)] : []),
    ]);
    const failures = answers.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    if (failures.length > 0) {
      throw new AggregateError(failures, notAllAnswered(failures.length, answers.length));
    }
  };
};

export const handler = createHandler(lambdaRuntime());
