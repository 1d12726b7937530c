import { endOfOverlap } from '../shared/course';
import { RETRY_NOTE, RotationError } from '../shared/errors';
import { IamGateway } from '../shared/iam-gateway';
import { mask } from '../shared/mask';
import { TestedState } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { parseSecretDocument, withOwnerFields } from '../shared/secret-document';
import { SecretGateway } from '../shared/secret-gateway';
import { findKey, readSituation } from '../shared/situation';
import { INCOMPATIBLE_STATE, stepHandler } from '../shared/step-handler';
import { keyLabel, LABELS, mergedVersionId, publishedLabel } from '../shared/versions';
import { decidePublish } from './decide';

/** An owner who edits the secret faster than this is not going to stop; the step is retried later. */
const ROUNDS = 5;

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
      const text = keyVersion === undefined ? undefined : await secrets.versionText(state, keyVersion);
      const document = text === undefined ? undefined : parseSecretDocument(text, settings.fieldNames);
      const merged =
        text === undefined ? undefined : withOwnerFields(text, currentOwnerFields, settings.fieldNames);
      const decision = decidePublish({
        rotation,
        newAccessKeyId,
        keys,
        current,
        publishable: document?.kind === 'access-key' && document.accessKeyId === newAccessKeyId,
        marked: secret.versionByLabel.has(publishedLabel(newAccessKeyId)),
        ownerFieldsCurrent: merged !== undefined && merged === text,
      });
      if (decision.kind === 'refuse') throw RotationError.of(decision);
      if (decision.kind === 'merge' && merged !== undefined) {
        // One version ID per pair of key and base (and names of fields), so that a repeated merge is the same version.
        // The key's label moves by compare-and-set, never by the put: a put would give it back to a key that was
        // condemned.
        const versionId = mergedVersionId(newAccessKeyId, currentVersionId, settings.fieldNames);
        await secrets.put(secretId, { versionId, text: merged, labels: [LABELS.scratch] });
        await secrets.moveLabel(secretId, label, { from: keyVersion, to: versionId });
        continue;
      }
      if (decision.kind === 'mark') {
        // Where the key's label is gone, somebody has put the key into AWSCURRENT, which then holds it.
        await secrets.moveLabel(secretId, publishedLabel(newAccessKeyId), {
          to: keyVersion ?? currentVersionId,
        });
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
