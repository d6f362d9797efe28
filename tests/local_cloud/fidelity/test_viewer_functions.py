"""Key-value stores, and the CloudFront Functions that read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_lambda_patterns.local_cloud import Response
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
READS = """
import cf from 'cloudfront';
const store = cf.kvs();
async function handler(event) {
  const key = event.request.uri.slice(1);
  const found = { exists: await store.exists(key), count: await store.count() };
  if (found.exists) found.value = await store.get(key);
  return { statusCode: 200, headers: { found: { value: JSON.stringify(found) } } };
}
"""
PLAIN = "function handler(event) { return { statusCode: 200, headers: { found: { value: '{}' } } }; }"


class Site:
    """A distribution whose visitors are answered by a function."""

    def __init__(self, lab: Lab, code: str, store: Mapping[str, Any] | None) -> None:
        self.lab, self.code, self.name = lab, code, lab.name()
        self.cloudformation = lab.client("cloudformation")
        self.cloudformation.create_stack(StackName=self.name, TemplateBody=self.template(store))
        (output,) = self.stack("CREATE_COMPLETE")["Outputs"]
        self.address = f"https://{output['OutputValue']}"

    def update(self, store: Mapping[str, Any]) -> None:
        self.cloudformation.update_stack(StackName=self.name, TemplateBody=self.template(store))
        self.stack("UPDATE_COMPLETE")

    def stack(self, status: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            (stack,) = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else dict(stack)

        stack = eventually(ended)
        assert stack["StackStatus"] == status, stack
        return stack

    def template(self, store: Mapping[str, Any] | None) -> str:
        outputs = {"Address": {"Value": {"Fn::GetAtt": ["Site", "DomainName"]}}}
        return json.dumps({"Resources": self.resources(store), "Outputs": outputs})

    def resources(self, store: Mapping[str, Any] | None) -> dict[str, Any]:
        config: dict[str, Any] = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
        resources: dict[str, Any] = {}
        if store is not None:
            config["KeyValueStoreAssociations"] = [{"KeyValueStoreARN": {"Fn::GetAtt": ["Store", "Arn"]}}]
            resources["Store"] = {"Type": "AWS::CloudFront::KeyValueStore", "Properties": store}
        association = {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["Function", "FunctionARN"]}}
        behavior = {
            "TargetOriginId": "else",
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": CACHING_DISABLED,
            "FunctionAssociations": [association],
        }
        origin = {
            "Id": "else",
            "DomainName": "example.com",
            "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
        }
        return {
            **resources,
            "Function": {
                "Type": "AWS::CloudFront::Function",
                "Properties": {
                    "Name": self.name,
                    "AutoPublish": True,
                    "FunctionCode": self.code,
                    "FunctionConfig": config,
                },
            },
            "Site": {
                "Type": "AWS::CloudFront::Distribution",
                "Properties": {
                    "DistributionConfig": {"Enabled": True, "DefaultCacheBehavior": behavior, "Origins": [origin]}
                },
            },
        }

    def get(self, path: str) -> Response:
        return self.lab.cloud.request(f"{self.address}{path}")

    def found(self, key: str) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.get(f"/{key}").headers["found"])


def filled(lab: Lab, **pairs: str) -> dict[str, Any]:
    """The properties of a store with these pairs."""
    bucket = lab.bucket()
    data = {"data": [{"key": key, "value": value} for key, value in pairs.items()]}
    lab.client("s3").put_object(Bucket=bucket, Key="folder/pairs.json", Body=json.dumps(data).encode())
    source = {"SourceType": "S3", "SourceArn": f"arn:aws:s3:::{bucket}/folder/pairs.json"}
    return {"Name": lab.name(), "ImportSource": source}


def of_store(lab: Lab, store: Mapping[str, Any], path: str = "", **request: Any) -> Response:  # noqa: ANN401
    """What the API of the store's pairs answers. boto3 would need a signer that is compiled."""
    arn = f"arn:aws:cloudfront::{lab.account}:key-value-store/{store['Name']}"
    address = f"https://{lab.account}.cloudfront-kvs.global.api.aws/key-value-stores/{quote(arn, safe='')}{path}"
    return lab.cloud.request(address, **request)


def test_a_function_reads_what_its_store_was_filled_with(faithful: Lab) -> None:
    site = Site(faithful, READS, filled(faithful, one="1", two="2"))

    assert site.found("two") == {"exists": True, "count": 2, "value": "2"}
    assert site.found("three") == {"exists": False, "count": 2}


def test_a_function_reads_what_was_put_since(faithful: Lab) -> None:
    store = {"Name": faithful.name()}
    site = Site(faithful, READS, store)
    assert site.found("one") == {"exists": False, "count": 0}

    etag = of_store(faithful, store).headers["etag"]
    of_store(faithful, store, "/keys/one", method="PUT", body={"Value": "1"}, headers={"If-Match": etag})

    assert site.found("one") == {"exists": True, "count": 1, "value": "1"}


def test_a_store_of_another_name_is_another_one(faithful: Lab) -> None:
    old, new = filled(faithful, one="1"), filled(faithful, one="2")
    site = Site(faithful, READS, old)
    assert site.found("one")["value"] == "1"

    site.update(new)

    assert site.found("one")["value"] == "2"
    stores = faithful.client("cloudfront").list_key_value_stores()["KeyValueStoreList"]["Items"]
    assert {store["Name"] for store in stores} & {old["Name"], new["Name"]} == {new["Name"]}


def test_a_store_of_the_same_name_stays_as_it_was_filled(faithful: Lab) -> None:
    old, new = filled(faithful, one="1"), filled(faithful, one="2")
    site = Site(faithful, READS, old)

    site.update({**new, "Name": old["Name"]})

    assert site.found("one")["value"] == "1"


def test_a_function_without_a_store_fails_when_it_reads_one(faithful: Lab) -> None:
    assert Site(faithful, READS, None).get("/one").status == 503


def test_a_function_that_reads_none_needs_none(faithful: Lab) -> None:
    assert Site(faithful, PLAIN, None).found("one") == {}


def test_the_published_emulator_knows_no_stores_in_functions(stock: Lab) -> None:
    site = Site(stock, READS, filled(stock, one="1"))

    assert site.get("/one").status == 503


def test_the_published_emulator_leaves_stores_empty(stock: Lab) -> None:
    store = filled(stock, one="1")

    Site(stock, PLAIN, store)

    assert of_store(stock, store).json()["ItemCount"] == 0
