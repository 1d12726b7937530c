import java.time.Instant;
import software.amazon.awssdk.auth.credentials.*;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/** Give it to any client as credentialsProvider. The SDK asks it before each call; it reads the secret every 10 minutes. */
public final class RotatedKey implements AwsCredentialsProvider {
  private final java.util.function.Supplier<String> secret;
  private AwsCredentials key;
  private Instant askAgainAt = Instant.MIN;

  public RotatedKey(SecretsManagerClient secrets, String secretId) {
    secret = () -> secrets.getSecretValue(request -> request.secretId(secretId)).secretString();
  }

  static AwsCredentials keyIn(String text) { // What it throws repeats nothing of the text.
    try {
      var fields = JsonNode.parser().parse(text).asObject();
      var id = fields.get("AccessKeyId").asString();
      var secret = fields.get("SecretAccessKey").asString();
      var isPlaceholder = fields.containsKey("kind") && "placeholder".equals(fields.get("kind").text());
      var isKey = (id + "\n" + secret).matches("[A-Za-z0-9_]{16,128}\n[\\x21-\\x7e]{16,256}");
      if (isKey && !isPlaceholder) return AwsBasicCredentials.create(id, secret);
    } catch (RuntimeException e) { /* It is none. */ }
    throw new IllegalArgumentException("The secret holds no access key.");
  }

  @Override public synchronized AwsCredentials resolveCredentials() {
    if (Instant.now().isBefore(askAgainAt)) return key;
    try {
      key = keyIn(secret.get());
    } catch (RuntimeException e) {
      if (key == null) throw e;
      askAgainAt = Instant.now().plusSeconds(60); // The last good key goes on working.
      return key;
    }
    askAgainAt = Instant.now().plusSeconds(600);
    return key;
  }
}
