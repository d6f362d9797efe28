from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_config as config, aws_iam as iam
from constructs import Construct

from cdk_lambda_patterns import PythonCode, ServiceCaller, ServiceTrigger, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Owners(cdk.Stack):
    """AWS Config asks of each function that changes whether it has an owner."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        owner = WellArchitectedFunction(
            self, "Owner", code=PythonCode.from_folder(HANDLERS / "owners"), handler="owner.handler"
        )
        # IAM knows no narrower resource for this action.
        owner.add_to_role_policy(iam.PolicyStatement(actions=["config:PutEvaluations"], resources=["*"]))
        asked = ServiceTrigger(self, "Asked", function=owner, caller=ServiceCaller.config_rules())

        change = config.CfnConfigRule.SourceDetailProperty(
            event_source="aws.config", message_type="ConfigurationItemChangeNotification"
        )
        rule = config.CfnConfigRule(
            self,
            "FunctionsHaveOwners",
            scope=config.CfnConfigRule.ScopeProperty(compliance_resource_types=["AWS::Lambda::Function"]),
            source=config.CfnConfigRule.SourceProperty(
                owner="CUSTOM_LAMBDA", source_identifier=owner.live.function_arn, source_details=[change]
            ),
        )
        # AWS Config tries the function when the rule is made.
        rule.add_resource_dependency(asked.permission)

        reason = "PutEvaluations cannot be limited to a resource"
        cdk.Validations.of(owner).acknowledge(cdk.Acknowledgment(id="AwsSolutions-IAM5[Resource::*]", reason=reason))
