import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { RotatedUser } from '../config';

/**
 * The secret of a user, for those who refer to it. CloudFormation does not know the secrets that a stack of ours creates: they outlive it.
 * So whatever refers to one goes by its name, and reading is granted by the ARN as far as it is known, as AWS advises (Secrets Manager User
 * Guide, "Permissions policy examples": six question marks stand for what Secrets Manager adds). A key of
 * the owner's is there as `encryptionKey`: the CDK grants decryption along with reading only where it may change the key's policy.
 */
export const secretOfUser = (scope: Construct, { userName, secretId, kmsKeyArn }: RotatedUser): ISecret => {
  const arn = secretId.startsWith('arn:')
    ? { secretCompleteArn: secretId }
    : {
        secretPartialArn: Stack.of(scope).formatArn({
          service: 'secretsmanager',
          resource: 'secret',
          resourceName: secretId,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      };
  // An ID that no part of the construct has.
  const id = `Secret of ${userName}`;
  return Secret.fromSecretAttributes(scope, id, {
    ...arn,
    ...(kmsKeyArn !== undefined && { encryptionKey: Key.fromKeyArn(scope, `Key of ${id}`, kmsKeyArn) }),
  });
};
