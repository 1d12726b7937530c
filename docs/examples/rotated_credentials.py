"""session.get_component("credential_provider").insert_before("env", RotatedKey(client, "my-secret"))
makes a session of botocore, also one below boto3, sign with the key that the client reads from the secret."""
import datetime
import json
import re
from botocore.credentials import CredentialProvider, RefreshableCredentials

KEY = re.compile(r"[A-Za-z0-9_]{16,128}\n[\x21-\x7e]{16,256}")

def key_in(text):  # what it raises repeats nothing of the text
    try:
        document = json.loads(text)
        key = document["AccessKeyId"], document["SecretAccessKey"]
        if document.get("kind") != "placeholder" and KEY.fullmatch("\n".join(key)):
            return key
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    raise ValueError("The secret holds no access key.") from None

class RotatedKey(CredentialProvider):
    METHOD = CANONICAL_NAME = "rotated-key"

    def __init__(self, secrets, secret_id):
        self._key, self._read = None, lambda: secrets.get_secret_value(SecretId=secret_id).get("SecretString")

    def load(self):
        return RefreshableCredentials.create_from_metadata(self._refresh(), self._refresh, self.METHOD)

    def _refresh(self):
        try:
            self._key, minutes = key_in(self._read()), 10
        except Exception:
            if self._key is None:
                raise
            minutes = 1  # the last good key goes on working
        minutes += 15  # botocore asks that much before the expiration
        expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
        return dict(zip(("access_key", "secret_key"), self._key), token=None, expiry_time=expiry.isoformat())
