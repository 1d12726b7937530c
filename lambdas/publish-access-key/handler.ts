import { type Refusal, RotationError } from '../shared/contract/errors';
import { LABELS } from '../shared/contract/names';
import { type CurrentValue, findKey, lacksLabel, type Situation } from '../shared/findings/situation';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { IdentityGateway } from '../shared/gateways/identity-gateway';
import { Late, untilShown } from '../shared/gateways/late-reads';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import type { AccessKey } from '../shared/rotation/access-key';
import { firstLook } from '../shared/rotation/course';
import { formerIdsOf, type TestedState } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { documentWith, type Obstacle } from '../shared/secret/key-document';
import { parseSecretDocument, type SecretDocument } from '../shared/secret/secret-document';
import { intentVersionId, keyLabel, mergedVersionId, publishedLabel } from '../shared/secret/versions';
import { readSituation } from '../shared/shell/situation';
import { type StepContext, stepHandler } from '../shared/shell/step-handler';
import { decidePublish, type PublishDecision, type PublishWhy, refusePublication } from './decide';
import { say, sayPublished } from './words';

interface Gateways {
  readonly iam: IamGateway;
  readonly secrets: SecretGateway;
  readonly identities: IdentityGateway;
  readonly executions: ExecutionGateway;
}

/** What there is, and what to do next towards publication. */
interface Round {
  readonly decision: Exclude<PublishDecision, Refusal<PublishWhy>>;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  readonly currentVersionId: string;
  /** The version that the key's label is on; undefined when the label is gone. */
  readonly keyVersion: string | undefined;
  /** What consumers are to read, AWSCURRENT with the key of that version in it, and the version ID under which that is stored. */
  readonly next: { readonly text: string; readonly versionId: string } | undefined;
}

/** What consumers are to read, by what they read now and by the version that holds the key; undefined when it holds none. */
const nextDocument = (
  { userName, settings, newAccessKeyId, rotation }: TestedState,
  { keys, currentText }: Situation,
  stored: SecretDocument | undefined,
): string | Obstacle | undefined => {
  const createDate = findKey(keys, newAccessKeyId)?.createDate;
  if (createDate === undefined || stored?.kind !== 'access-key') return undefined;
  const { accessKeyId, secretAccessKey } = stored;
  const key = { accessKeyId, secretAccessKey, userName, createDate };
  const formerIds = formerIdsOf(rotation);
  return documentWith({ text: currentText(), settings, keys, formerIds }, key);
};

const look = async (
  { iam, secrets, identities }: Gateways,
  { state, owner }: StepContext<TestedState>,
): Promise<Round> => {
  const { userName, newAccessKeyId, settings, rotation } = state;
  // The test has read the key by its label.
  const missing = lacksLabel(newAccessKeyId, new Date(state.testedAt));
  const situation = await readSituation(iam, secrets, state, owner, { missing, witnesses: { identities } });
  const { secret, keys, current, stranger, currentVersionId } = situation;
  const label = keyLabel(newAccessKeyId);
  const keyVersion = secret.versionByLabel.get(label);
  const text = keyVersion === undefined ? undefined : await secrets.versionText(state, keyVersion);
  const document = text === undefined ? undefined : parseSecretDocument(text, settings);
  const next = nextDocument(state, situation, document);
  const decision = decidePublish({
    userName,
    rotation,
    newAccessKeyId,
    keys,
    current,
    stranger,
    publishable: document?.kind === 'access-key' && document.accessKeyId === newAccessKeyId,
    marked: secret.versionByLabel.has(publishedLabel(newAccessKeyId)),
    upToDate: next !== undefined && next === text,
    obstacle: typeof next === 'string' ? undefined : next,
  });
  if (decision.kind === 'refuse') {
    throw RotationError.of({ ...decision, reason: say(decision.why, { ...state, keys, current }) });
  }
  const nextVersion =
    typeof next !== 'string' || keyVersion === undefined || document?.kind !== 'access-key'
      ? undefined
      : {
          text: next,
          versionId: mergedVersionId(rotation.rootRotationId, { ...document, versionId: keyVersion }, next),
        };
  return { decision, keys, current, currentVersionId, keyVersion, next: nextVersion };
};

/** Does what was decided. Until the key is published, everything has to be looked at again. */
const act = async (
  { secrets }: Gateways,
  { state, owner }: StepContext<TestedState>,
  { decision, keys, current, currentVersionId, keyVersion, next }: Round,
): Promise<'published' | 'look-again'> => {
  const { secretId, newAccessKeyId } = state;
  switch (decision.kind) {
    case 'published':
      return 'published';
    case 'merge': {
      if (next === undefined) return 'look-again';
      // One version ID per key and text, so that a repeated merge is the same version. The key's label moves by
      // compare-and-set, never by the put: a put would give it back to a key that was condemned.
      const stored = await secrets.put(secretId, { ...next, labels: [LABELS.scratch] });
      // Whatever is stored there is not what consumers are to read, and to look again would not make it so.
      if (stored === 'other-content') {
        const why = { code: 'taken-version', versionId: next.versionId } as const;
        const refusal = refusePublication('SecretConflict', why, keys);
        throw RotationError.of({ ...refusal, reason: say(why, { ...state, keys, current }) });
      }
      await secrets.moveLabel(secretId, keyLabel(newAccessKeyId), { from: keyVersion, to: next.versionId });
      return 'look-again';
    }
    case 'mark':
      await secrets.moveLabel(secretId, publishedLabel(newAccessKeyId), { to: intentVersionId(owner) });
      return 'look-again';
    case 'publish': {
      // From the very version into which the key was put: an edit in between makes this fail, not vanish.
      const moved = await secrets.moveLabel(secretId, LABELS.current, {
        from: currentVersionId,
        to: keyVersion,
      });
      return moved === 'lost' ? 'look-again' : 'published';
    }
  }
};

/** Step 3: moves AWSCURRENT to the tested key, so that consumers read it. */
export const createHandler = (runtime: Runtime) => {
  const gateways: Gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    identities: new IdentityGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
  };

  return stepHandler(STEPS['publish-access-key'], runtime, gateways, async (context) => {
    const { state, gateways, understands } = context;
    const { secretId, newAccessKeyId, settings, rotation } = state;
    // AWSCURRENT may change again and again, and reads may be late: then the step is retried later.
    const { keys } = await untilShown(async () => {
      const found = await look(gateways, context);
      return (await act(gateways, context, found)) === 'published'
        ? found
        : new Late({ code: 'publication', secretId, accessKeyId: newAccessKeyId });
    });
    const now = new Date();
    const old = findKey(keys, rotation.oldAccessKeyId);
    const tells = old?.status === 'Active' && understands('notice');
    return {
      ...state,
      status: 'published',
      outcome: sayPublished(newAccessKeyId, old),
      publishedAt: now.toISOString(),
      adoptionChecks: 0,
      waitUntil: firstLook(rotation, settings, now, tells).toISOString(),
    };
  });
};

export const handler = createHandler(lambdaRuntime());
