"""moto's server, with two fixes that a rotation needs.

1. At signing time. The local runner lives in virtual time: weeks pass in seconds, and every request is signed with the
   virtual date. AWS compares that date (the header X-Amz-Date) with its own clock, so it carries out every request
   at about the time at which it was signed. moto has the machine's clock, and would date keys and their last use months
   away from what the rotation sees. Here each request is carried out at the time at which it was signed.

2. Current by default. GetSecretValue without a version returns the version labelled AWSCURRENT (Secrets Manager
   API Reference, GetSecretValue, VersionStage). moto returns the version that was last put as current, and does not
   notice when UpdateSecretVersionStage moves the label: consumers would never see a rotated key.

Nothing else of moto is changed. The list in test/e2e/moto/shims.ts names both.
"""

from __future__ import annotations

import argparse
import datetime
import signal
import sys
from typing import TYPE_CHECKING, Any

import time_machine
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.secretsmanager.models import SecretsManagerBackend
from werkzeug.serving import run_simple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SIGNING_TIME = "%Y%m%dT%H%M%S%z"


class AtSigningTime:
    """A WSGI application that sets the time to that of each signed request.

    The time stays there until the next signed request, so that the Date header, which the server writes later, has it,
    too: SDKs correct their clocks by it. Requests without a signature (moto's own API) leave the time as it is.
    """

    def __init__(self, application: WSGIApplication, time: time_machine.Coordinates) -> None:
        self._application = application
        self._time = time

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        signed = environ.get("HTTP_X_AMZ_DATE")
        if signed is not None:
            self._time.move_to(datetime.datetime.strptime(signed, SIGNING_TIME))
        return self._application(environ, start_response)


def read_current_by_default() -> None:
    """Makes GetSecretValue without a version look for the label AWSCURRENT."""
    original = SecretsManagerBackend.get_secret_value

    def get_secret_value(
        self: SecretsManagerBackend, secret_id: str, version_id: str, version_stage: str
    ) -> dict[str, Any]:
        return original(self, secret_id, version_id, version_stage or ("" if version_id else "AWSCURRENT"))

    SecretsManagerBackend.get_secret_value = get_secret_value  # type: ignore[method-assign]


def main() -> None:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-H", "--host", default="127.0.0.1", help="address to listen at (127.0.0.1)")
    parser.add_argument("-p", "--port", type=int, default=5000, help="port to listen at (5000)")
    arguments = parser.parse_args()

    def stop(*_: Any) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    read_current_by_default()
    with time_machine.travel(datetime.datetime.now(datetime.timezone.utc), tick=False) as time:
        run_simple(
            arguments.host,
            arguments.port,
            AtSigningTime(DomainDispatcherApplication(create_backend_app), time),
            # One request at a time: there is one clock.
            threaded=False,
            request_handler=MotoRequestHandler,
        )


if __name__ == "__main__":
    main()
