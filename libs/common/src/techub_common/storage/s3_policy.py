"""The bucket policy: anybody may read what is public, and nothing else.

One statement is ours, known by its Sid. Those of others are kept, and objects carry no ACL: Amazon
refuses them on new buckets, and a policy holds for objects that are already there.
"""

import json
from typing import Any, Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from techub_common.storage.keys import PUBLIC_PREFIXES
from techub_common.storage.s3_errors import code_of

SID: Final = "TecHubPublic"
VERSION: Final = "2012-10-17"


def statement(bucket: str) -> dict[str, Any]:
    """Return the statement that opens the public prefixes for reading, and not for listing."""
    return {
        "Sid": SID,
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{bucket}/{prefix}*" for prefix in PUBLIC_PREFIXES],
    }


async def publish(client: Any, bucket: str) -> None:  # noqa: ANN401  # made at run time
    """Leave our statement in the bucket's policy, as it is written here."""
    policy = await _policy_of(client, bucket)
    others = [each for each in policy.get("Statement", []) if each.get("Sid") != SID]
    policy = {"Version": VERSION, **policy, "Statement": [*others, statement(bucket)]}
    await client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


async def _policy_of(client: Any, bucket: str) -> dict[str, Any]:  # noqa: ANN401
    try:
        answer = await client.get_bucket_policy(Bucket=bucket)
    except ClientError as error:
        if code_of(error) == "NoSuchBucketPolicy":
            return {}
        raise
    policy: dict[str, Any] = json.loads(answer["Policy"])
    return policy
