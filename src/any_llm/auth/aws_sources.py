"""Where AWS credentials come from that do not last: the container, the machine, a command.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Final

import msgspec

from any_llm.auth.commands import LIMIT, printed_by
from any_llm.auth.endpoints import ask, ask_json, check_endpoint, parse, parse_time, text
from any_llm.auth.sigv4 import Credentials
from any_llm.auth.subject import read_token_file
from any_llm.exceptions import ConfigurationError
from any_llm.spec.auth import Grant, Send
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSONObject
from any_llm.types.secret import Secret

_CONTAINER: Final = "http://169.254.170.2"
_MACHINE: Final = "http://169.254.169.254"
_PATIENCE: Final = 2.0
_ROLES: Final = "/latest/meta-data/iam/security-credentials/"
_SIX_HOURS: Final = "21600"


def credentials_of(answer: JSONObject, who: str, *, token: str = "Token") -> Grant[Credentials]:  # noqa: S107  # a name
    """Return the credentials in an answer; `token` is the name of their session token.

    Raises:
        ConfigurationError: something is missing.
    """
    session = answer.get(token)
    ends = answer.get("Expiration")
    return Grant(
        value=Credentials(
            access_key=text(answer, "AccessKeyId", who),
            secret_key=Secret(text(answer, "SecretAccessKey", who)),
            session_token=Secret(session) if isinstance(session, str) and session else None,
        ),
        expires_at=parse_time(ends) if isinstance(ends, str) and ends else None,
    )


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """The role of the container's task: ECS, and EKS's pod identity.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    """

    url: str
    token: Secret | None = None
    token_file: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Container | None:
        """Return what an environment describes, if it does."""
        names = ("RELATIVE_URI", "FULL_URI")
        relative, full = (environment.get(f"AWS_CONTAINER_CREDENTIALS_{name}", "") for name in names)
        if not relative and not full:
            return None
        token = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        return cls(
            url=check_endpoint(f"{_CONTAINER}{relative}" if relative else full, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            token=Secret(token) if token else None,
            token_file=environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", ""),
        )

    async def fetch(self, send: Send, now: float) -> Grant[Credentials]:  # noqa: ARG002  # the answer says when it ends
        """Fetch the credentials."""
        who, variable = "The container's credential service", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
        token = read_token_file(self.token_file, variable) if self.token_file else self.token
        headers = {"Authorization": token.reveal()} if token else {}
        return credentials_of(await ask_json(send, HttpRequest("GET", self.url, headers), who, token), who)


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """The role of the machine: EC2, by the second version of its metadata service.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
    """

    origin: str = _MACHINE

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Instance | None:
        """Return the metadata service of an environment; `None` if it must not be asked."""
        if environment.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
            return None
        variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
        return cls(origin=check_endpoint((environment.get(variable) or _MACHINE).rstrip("/"), variable))

    async def fetch(self, send: Send, now: float) -> Grant[Credentials]:  # noqa: ARG002  # the answer says when it ends
        """Fetch the credentials."""
        who = "The EC2 metadata service"
        wanted = {"X-aws-ec2-metadata-token-ttl-seconds": _SIX_HOURS}
        session = await ask(
            send, HttpRequest("PUT", f"{self.origin}/latest/api/token", wanted), who, patience=_PATIENCE
        )
        token = Secret(session.decode("latin-1").strip())
        headers = {"X-aws-ec2-metadata-token": token.reveal()}
        roles = await ask(send, HttpRequest("GET", self.origin + _ROLES, headers), who, token, patience=_PATIENCE)
        role = roles.decode("latin-1").strip().partition("\n")[0]
        request = HttpRequest("GET", f"{self.origin}{_ROLES}{role}", headers)
        return credentials_of(await ask_json(send, request, who, token, patience=_PATIENCE), who)


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A command that prints credentials.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    """

    command: Secret
    limit: float = LIMIT

    async def fetch(self, send: Send, now: float) -> Grant[Credentials]:  # noqa: ARG002  # a process is asked
        """Run the command."""
        who = "credential_process"
        try:
            command = shlex.split(self.command.reveal())
        except ValueError as error:
            raise ConfigurationError(f"{who} cannot be read as a command ({error})") from None
        printed = await printed_by(command, who, limit=self.limit)
        answer = parse(printed, who)
        if answer.get("Version") != 1:
            raise ConfigurationError(f"{who} printed version {answer.get('Version')!r}; it must be 1")
        return credentials_of(answer, who, token="SessionToken")  # noqa: S106  # a name
