"""A server on the loopback interface that speaks S3 and checks every signature: moto, from the Python package index."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

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
        # From now on requests must be signed by somebody who may.
        said = urllib.request.Request(f"{url}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}, method="POST")
        urllib.request.urlopen(said).close()

    def _client(self, service: str, access: str, secret: str) -> Any:  # noqa: ANN401  # boto3 makes its types at run time
        import boto3  # noqa: PLC0415  # as above

        return boto3.client(
            service,
            endpoint_url=self.url,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            region_name=REGION,
        )


@contextmanager
def storage() -> Iterator[Storage]:
    """Run a server."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # as above

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Storage(f"http://{host}:{port}")
    finally:
        server.stop()
