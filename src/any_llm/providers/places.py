"""Where in a cloud: placeholders that several providers of the same vendor have."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.spec.provider import Placeholder

AWS_REGION = Placeholder(
    variables=("AWS_REGION", "AWS_DEFAULT_REGION"), aliases=("region_name", "aws_region"), finder="aws-region"
)
"""The region of AWS's services: the environment's, else that of the profile in `~/.aws/config`."""

GOOGLE_CLOUD: Mapping[str, Placeholder] = {
    "project": Placeholder(
        variables=("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GCP_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID"),
        aliases=("project_id",),
        finder="google-project",
    ),
    "location": Placeholder(
        variables=("GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_REGION", "CLOUD_ML_REGION"),
        default="global",
        aliases=("region",),
    ),
    "host": Placeholder(
        of="location",
        spelled={
            "global": "aiplatform.googleapis.com",
            "us": "aiplatform.us.rep.googleapis.com",
            "eu": "aiplatform.eu.rep.googleapis.com",
        },
        default="{location}-aiplatform.googleapis.com",
    ),
}
"""Project, location and host of Vertex AI; a project is not needed with a key of its express mode.

https://docs.cloud.google.com/vertex-ai/generative-ai/docs/learn/locations
"""
