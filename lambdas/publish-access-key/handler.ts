import { after } from '../shared/calendar';
import { RETRY_NOTE, RotationError } from '../shared/errors';
import { IamGateway } from '../shared/iam-gateway';
import { mask } from '../shared/mask';
import { isEmergency, type Rotation, type RotationSettings, TestedState } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import {
  type OwnerFields,
  ownerFieldsOf,
  parseSecretDocument,
  withOwnerFields,
} from '../shared/secret-document';
import { SecretGateway } from '../shared/secret-gateway';
import { findKey, readSituation } from '../shared/situation';
import { INCOMPATIBLE_STATE, stepHandler } from '../shared/step-handler';
import { DRAIN_SECONDS } from '../shared/timing';
import { keyLabel, LABELS, mergedVersionId, publishedLabel } from '../shared/versions';
import { decidePublish } from './decide';

/** An owner who edits the secret faster than this is not going to stop; the step is retried later. */
const ROUNDS = 5;

/** Until when both keys are left alone. */
const endOfOverlap = (rotation: Rotation, settings: RotationSettings, now: Date): Date => {
  // A leaked key waits for nobody.
  if (isEmergency(rotation)) return now;
  // Nothing overlaps a first key; but what is still in flight must have ended before the lock is released.
  if (rotation.oldAccessKeyId === null) return new Date(now.getTime() + DRAIN_SECONDS * 1000);
  return after(now, settings.overlapPeriod);
};

/** As JSON would store them: what it writes the same is the same to us. */
const sameFields = (a: OwnerFields, b: OwnerFields): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Step 3: moves AWSCURRENT to the tested key, so that consumers read it. */
export const createHandler = (runtime: Runtime) => {
  const iam = new IamGateway(runtime.clientConfig);
  const secrets = new SecretGateway(runtime.clientConfig);

  return stepHandler('publish-access-key', TestedState, INCOMPATIBLE_STATE, async ({ state, owner }) => {
    const { secretId, newAccessKeyId, settings, rotation } = state;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { secret, keys, current, currentVersionId, currentOwnerFields } = await readSituation(
        iam,
        secrets,
        state,
        owner,
      );
      const label = keyLabel(newAccessKeyId);
      const keyVersion = secret.versionByLabel.get(label);
      const text = keyVersion === undefined ? undefined : await secrets.versionText(secretId, keyVersion);
      const document = text === undefined ? undefined : parseSecretDocument(text);
      const decision = decidePublish({
        rotation,
        newAccessKeyId,
        keys,
        current,
        publishable: document?.kind === 'access-key' && document.accessKeyId === newAccessKeyId,
        marked: secret.versionByLabel.has(publishedLabel(newAccessKeyId)),
        ownerFieldsCurrent: document !== undefined && sameFields(ownerFieldsOf(document), currentOwnerFields),
      });
      if (decision.kind === 'refuse') throw new RotationError(decision.error, decision.reason);
      if (decision.kind === 'merge' && text !== undefined) {
        // One version ID per pair of key and base, so that a repeated merge is the same version. The key's label
        // moves by compare-and-set, never by the put: a put would give it back to a key that was condemned.
        const merged = mergedVersionId(newAccessKeyId, currentVersionId);
        await secrets.put(secretId, {
          versionId: merged,
          text: withOwnerFields(text, currentOwnerFields),
          labels: [LABELS.scratch],
        });
        await secrets.moveLabel(secretId, label, { from: keyVersion, to: merged });
        continue;
      }
      if (decision.kind === 'mark') {
        await secrets.moveLabel(secretId, publishedLabel(newAccessKeyId), { to: keyVersion });
        continue;
      }
      // From the very version whose owner fields were compared: an edit in between makes this fail, not vanish.
      if (
        decision.kind === 'publish' &&
        (await secrets.moveLabel(secretId, LABELS.current, { from: currentVersionId, to: keyVersion })) ===
          'lost'
      ) {
        continue;
      }
      const now = new Date();
      return {
        ...state,
        status: 'published',
        outcome: `Consumers now read ${mask(newAccessKeyId)}.${
          findKey(keys, rotation.oldAccessKeyId)?.status === 'Active'
            ? ` ${mask(rotation.oldAccessKeyId ?? '')} stays Active beside it.`
            : ''
        }`,
        publishedAt: now.toISOString(),
        adoptionChecks: 0,
        waitUntil: endOfOverlap(rotation, settings, now).toISOString(),
      };
    }
    throw new RotationError(
      'TransientServiceError',
      `AWSCURRENT of ${secretId} changed again and again while the new key ${mask(newAccessKeyId)} was to be published. ` +
        `Nothing was lost. ${RETRY_NOTE}`,
    );
  });
};

export const handler = createHandler(lambdaRuntime());
