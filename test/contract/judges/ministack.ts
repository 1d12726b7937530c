import {
  type EmulatorOptions,
  MINISTACK_ACCOUNT,
  MINISTACK_CREDENTIALS,
  startMinistack,
} from '../../e2e/support/emulators';
import type { Judge } from '../judge';

/** Starts ministack with signature verification and policy evaluation, which are off by default. */
export const startMinistackJudge = async (options: EmulatorOptions): Promise<Judge> => {
  const settings = { ...options.settings, AUTH: 'true' };
  const { url } = await startMinistack({ ...options, settings });
  return {
    name: 'ministack',
    connection: { region: 'us-east-1', endpoint: url },
    credentials: MINISTACK_CREDENTIALS,
    accountId: MINISTACK_ACCOUNT,
    patienceSeconds: 5,
    isNotModelled: ({ name, message }) => name === 'InvalidAction' || /^Unknown action: /.test(message),
  };
};
