"""ministack, with the parts of AWS that it lacks and the rotation needs.

Takes the place of the program ``ministack``. The following is put around its ASGI application; everything else passes
through unchanged. A request with the header ``x-without-shims`` reaches unmodified ministack.

* TLS. AWS is reached over TLS, and policies require it (``aws:SecureTransport``): the CDK's bucket and the stack's
  topic refuse anything else. Here no request leaves the machine. Each is marked as if it had come over TLS, by the
  header that ministack reads behind a proxy.
* Last-used data. ministack answers GetAccessKeyLastUsed with a constant: never used. AWS reports the date, the service
  and the Region of a key's last use, and of several uses within 15 minutes it records only the first. The credential
  of a request is in its Authorization header: ``Credential=<key>/<date>/<Region>/<service>/aws4_request``.
  A request that was refused with 403 is not counted: its signature may not be the key's.
* The resources of GetAccessKeyLastUsed, DescribeAlarms and DescribeAlarmHistory, which policies are matched with. In AWS
  they are the user who owns the key, and the alarm. ministack uses ``*`` for all. It accepts one resource per call,
  so a request about several alarms keeps ``*``.
* The universal target of schedules that starts an execution. ministack's schedules know templated targets only, which
  set no name. Here the request in the target's input is sent, with a new ID in the place of the context attribute.
* The resource of GetSchedule. ministack takes every schedule for one of the default group.
* The condition keys cloudwatch:namespace, events:source, secretsmanager:VersionId and secretsmanager:VersionStage, which
  it does not know.
* AWS::Logs::QueryDefinition, a type of resource that its CloudFormation refuses. Here a saved query has the name and the
  text that CloudFormation requires, and nothing else becomes of it: it can be run by people only.
* Functions that are at work when they are updated. ministack ends their processes, and the invocation fails. In AWS it
  goes on where it is, with the code that it began with.
"""

import json
import re
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import ministack.app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import eventbridge, stepfunctions
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

COARSENESS = timedelta(minutes=15)
SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
QUESTION = re.compile(r"\bAction=GetAccessKeyLastUsed\b")
ASKED_FOR = re.compile(r"\bAccessKeyId=(\w+)")
WITHOUT_SHIMS = "x-without-shims"
START_EXECUTION = re.compile(r"arn:aws[\w-]*:scheduler:::aws-sdk:sfn:startExecution")
EXECUTION_ID = "<aws.scheduler.execution-id>"
AT_REST_POLL_SECONDS = 0.05
NEVER_USED = "<Region>N/A</Region><ServiceName>N/A</ServiceName>"


class Use(NamedTuple):
    """A recorded use of an access key."""

    at: datetime
    region: str
    service: str


class Shim:
    """An ASGI application around another."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._uses: dict[str, Use] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}
        if scope["type"] != "http" or WITHOUT_SHIMS in headers:
            await self._application(scope, receive, send)
            return
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        signed = SCOPE.search(headers.get("authorization", ""))

        async def noting_the_use(message: Message) -> None:
            if signed and message["type"] == "http.response.start" and message["status"] != 403:
                self._note(*signed.groups())
            await send(message)

        if signed and signed.group(3) == "iam":
            await self._ask_iam(scope, receive, noting_the_use)
        else:
            await self._application(scope, receive, noting_the_use)

    def _note(self, key_id: str, region: str, service: str) -> None:
        now = datetime.now(timezone.utc)
        recorded = self._uses.get(key_id)
        if recorded is None or now - recorded.at >= COARSENESS:
            self._uses[key_id] = Use(now, region, service)

    async def _ask_iam(self, scope: Message, receive: Receive, send: Send) -> None:
        """Lets ministack authorize and answer, and puts the recorded use into an answer about last use."""
        request = await _read(receive)
        question = request.decode("latin-1")
        asked_for = ASKED_FOR.search(question)
        if not QUESTION.search(question) or asked_for is None:
            await self._application(scope, _once(request, receive), send)
            return

        start: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self._application(scope, _once(request, receive), keep)
        if start["status"] == 200:
            body = self._answer(body.decode(), asked_for.group(1)).encode()
        kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, text: str, key_id: str) -> str:
        use = self._uses.get(key_id)
        if use is None:
            return text
        return text.replace(
            NEVER_USED,
            f"<LastUsedDate>{use.at:%Y-%m-%dT%H:%M:%SZ}</LastUsedDate>"
            f"<Region>{use.region}</Region><ServiceName>{use.service}</ServiceName>",
        )


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def _once(body: bytes, receive: Receive) -> Receive:
    """Returns a body that has already been read, then everything that comes after it."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def resource_in_aws(
    service: str, headers: dict, body: bytes, parameters: dict, region: str, account_id: str
) -> str | None:
    """The resource of a call whose resource ministack does not know."""
    if service == "iam" and parameters.get("Action") == ["GetAccessKeyLastUsed"]:
        owner = iam_evaluator.resolve_caller_identity(parameters.get("AccessKeyId", [""])[0])
        return None if owner is None else owner["userArn"]
    if service == "monitoring" and headers.get("x-amz-target", "").endswith(".DescribeAlarms"):
        names = json.loads(body).get("AlarmNames", [])
        return f"arn:aws:cloudwatch:{region}:{account_id}:alarm:{names[0]}" if len(names) == 1 else None
    if service == "monitoring" and headers.get("x-amz-target", "").endswith(".DescribeAlarmHistory"):
        name = json.loads(body).get("AlarmName")
        return f"arn:aws:cloudwatch:{region}:{account_id}:alarm:{name}" if name else None
    return None


def with_resources_of_aws(resource_in_ministack: Callable[..., str]) -> Callable[..., str]:
    """ministack's way to find the resource of a call, or :func:`resource_in_aws` if it finds none."""

    def resource(
        service: str, method: str, path: str, headers: dict, body: bytes, parameters: dict, *place: str
    ) -> str:
        found = resource_in_ministack(service, method, path, headers, body, parameters, *place)
        if WITHOUT_SHIMS in headers:
            return found
        if service == "scheduler" and "groupName" in parameters:
            return found.replace(":schedule/default/", f":schedule/{_first(parameters['groupName'])}/")
        if found != "*":
            return found
        return resource_in_aws(service, headers, body, parameters, *place) or found

    return resource


def with_universal_starts(invoke_target: Callable[..., None]) -> Callable[..., None]:
    """ministack's way to call the target of a schedule or rule, and StartExecution as a universal target."""

    def invoke(target: dict, *event: Any, **more: Any) -> None:
        if not START_EXECUTION.fullmatch(target.get("Arn", "")):
            invoke_target(target, *event, **more)
            return
        request = json.loads(target["Input"].replace(EXECUTION_ID, str(uuid.uuid4())))
        status, _headers, answer = stepfunctions._start_execution(
            {"stateMachineArn": request["StateMachineArn"], "name": request["Name"], "input": request["Input"]}
        )
        if status != 200:
            raise RuntimeError(f"StartExecution by a schedule: {answer!r}")

    return invoke


def _first(value: str | list[str]) -> str:
    return value if isinstance(value, str) else value[0]


def with_keys_of_aws(keys_in_ministack: Callable[..., dict]) -> Callable[..., dict]:
    """ministack's values of condition keys, and those that it does not know."""

    def keys(service: str, action: str, body: bytes, parameters: dict) -> dict:
        found = keys_in_ministack(service, action, body, parameters)
        if action == "cloudwatch:PutMetricData":
            return {**found, "cloudwatch:namespace": json.loads(body).get("Namespace")}
        if action == "events:PutEvents":
            return {**found, "events:source": [entry.get("Source") for entry in json.loads(body)["Entries"]]}
        if action == "secretsmanager:GetSecretValue":
            request = json.loads(body)
            asked = {name: request[name] for name in ("VersionId", "VersionStage") if request.get(name)}
            return {**found, **{f"secretsmanager:{name}": value for name, value in asked.items()}}
        return found

    return keys


def with_invocations_that_end(kill_workers: Callable[[list], None]) -> Callable[[list], None]:
    """ministack's way to end the processes of functions, which lets one that is at work end its invocation first."""

    def kill_once_at_rest(worker: Any) -> None:
        while worker.in_use:
            time.sleep(AT_REST_POLL_SECONDS)
        kill_workers([worker])

    def kill(workers: list) -> None:
        at_work = [worker for worker in workers if worker.in_use]
        for worker in at_work:
            threading.Thread(target=kill_once_at_rest, args=(worker,), daemon=True).start()
        kill_workers([worker for worker in workers if worker not in at_work])

    return kill


SAVED_QUERY = "AWS::Logs::QueryDefinition"


def saved_query(properties: dict) -> dict[str, str]:
    """The attributes of a saved query."""
    for required in ("Name", "QueryString"):
        if not properties.get(required):
            raise ValueError(f"{SAVED_QUERY}: {required} is required")
    return {"QueryDefinitionId": str(uuid.uuid5(uuid.NAMESPACE_OID, properties["Name"]))}


def create_saved_query(_logical_id: str, properties: dict, _stack_name: str) -> tuple[str, dict[str, str]]:
    """A new saved query: its ID is what a reference to it gives."""
    attributes = saved_query(properties)
    return attributes["QueryDefinitionId"], attributes


def update_saved_query(
    query_id: str, _before: dict, properties: dict, _stack_name: str
) -> tuple[str, dict[str, str]]:
    """The same query, with another name or text."""
    saved_query(properties)
    return query_id, {"QueryDefinitionId": query_id}


def delete_saved_query(_query_id: str, _properties: dict) -> None:
    """Nothing is left of it."""


if __name__ == "__main__":
    if SAVED_QUERY in _RESOURCE_HANDLERS:
        raise SystemExit(f"ministack knows {SAVED_QUERY} now: take it out of this shim.")
    _RESOURCE_HANDLERS[SAVED_QUERY] = {
        "create": create_saved_query,
        "update": update_saved_query,
        "delete": delete_saved_query,
    }
    eventbridge._invoke_target = with_universal_starts(eventbridge._invoke_target)
    lambda_runtime.kill_workers = with_invocations_that_end(lambda_runtime.kill_workers)
    iam_actions.request_tag_context = with_keys_of_aws(iam_actions.request_tag_context)
    iam_actions.extract_resource_arn = with_resources_of_aws(iam_actions.extract_resource_arn)
    ministack.app.app = Shim(ministack.app.app)
    ministack.app.main()
