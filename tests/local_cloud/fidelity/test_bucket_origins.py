"""What visitors get of a bucket behind a distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


def site(lab: Lab, *, source: str | None = None) -> str:
    """The address of a distribution in front of a bucket that wants TLS, and holds one page."""
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": {"Fn::Sub": "${Pages.Arn}/*"},
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": {"Fn::Sub": "${Pages.Arn}/*"},
            "Condition": {
                "StringEquals": {
                    "AWS:SourceArn": source or {"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Site}"}
                }
            },
        },
    ]
    resources = {
        "Pages": {"Type": "AWS::S3::Bucket"},
        "Access": {
            "Type": "AWS::CloudFront::OriginAccessControl",
            "Properties": {
                "OriginAccessControlConfig": {
                    "Name": lab.name(),
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        },
        "Site": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "DistributionConfig": {
                    "Enabled": True,
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "pages",
                        "ViewerProtocolPolicy": "allow-all",
                        "CachePolicyId": CACHING_DISABLED,
                    },
                    "Origins": [
                        {
                            "Id": "pages",
                            "DomainName": {"Fn::GetAtt": ["Pages", "RegionalDomainName"]},
                            "OriginAccessControlId": {"Fn::GetAtt": ["Access", "Id"]},
                            "S3OriginConfig": {"OriginAccessIdentity": ""},
                        }
                    ],
                }
            },
        },
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Pages"}, "PolicyDocument": {"Statement": statements}},
        },
    }
    outputs = lab.deploy(resources, {"Address": {"Fn::GetAtt": ["Site", "DomainName"]}, "Bucket": {"Ref": "Pages"}})
    lab.client("s3").put_object(Bucket=outputs["Bucket"], Key="a.html", Body=b"A")
    return f"https://{outputs['Address']}"


def test_a_page_is_served_though_the_bucket_wants_tls(faithful: Lab) -> None:
    response = faithful.cloud.request(f"{site(faithful)}/a.html")

    assert (response.status, response.text) == (200, "A")


def test_a_page_is_not_served_to_another_distribution(faithful: Lab) -> None:
    address = site(faithful, source="arn:aws:cloudfront::123456789012:distribution/OTHER")

    assert faithful.cloud.request(f"{address}/a.html").status == 403


def test_the_published_emulator_comes_without_tls(stock: Lab) -> None:
    assert stock.cloud.request(f"{site(stock)}/a.html").status == 403
