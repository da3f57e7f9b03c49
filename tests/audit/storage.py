"""A server on the loopback interface that speaks S3 and checks every signature: moto, from the Python package index."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from typing import Any

import pytest

# boto3 and moto are imported where they are used: each takes its time, and who collects tests needs neither.

REGION = "eu-central-1"
_ALLOWED = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


class Storage:
    """The server, with one bucket whose objects can be locked, and one user who may use it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client("s3", "none", "none").create_bucket(
            Bucket="audit",
            ObjectLockEnabledForBucket=True,
            CreateBucketConfiguration={"LocationConstraint": REGION},
        )
        users = self._client("iam", "none", "none")
        users.create_user(UserName="ann")
        users.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=json.dumps(_ALLOWED))
        key = users.create_access_key(UserName="ann")["AccessKey"]
        self.environment: Mapping[str, str] = {
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            "AWS_REGION": REGION,
        }
        self.s3 = self._client("s3", key["AccessKeyId"], key["SecretAccessKey"])
        self.checks_from(b"0")

    def checks_from(self, count: bytes) -> None:
        """Have requests be signed by somebody who may, from so many on."""
        self._say("/moto-api/reset-auth", count)

    def forget(self) -> None:
        """Have the process forget buckets and users, which it keeps for all its servers."""
        self.checks_from(b"inf")
        self._say("/moto-api/reset", b"")

    def _say(self, path: str, body: bytes) -> None:
        connection = HTTPConnection(self.url.removeprefix("http://"))
        connection.request("POST", path, body, {"Content-Type": "text/plain"})
        assert connection.getresponse().status == 200
        connection.close()

    def _client(self, service: str, access: str, secret: str) -> Any:  # noqa: ANN401  # boto3 makes its types at run time
        import boto3  # noqa: PLC0415  # as above

        return boto3.client(
            service,
            endpoint_url=self.url,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            region_name=REGION,
        )


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    """A server; a test has a prefix of its own in the bucket."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # as above

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        running = Storage(f"http://{host}:{port}")
        yield running
        running.forget()
    finally:
        server.stop()
