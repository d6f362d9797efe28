"""Gradual releases: CodeDeploy moves an alias to a new version, step by step.

What the published emulator does: it does not know CodeDeploy, and updates an alias at once, whatever its update policy
says. It reads no references in update policies, so that an alias may be updated before its deployment group or hooks.

What AWS does: where the version of an alias changes under `CodeDeployLambdaAliasUpdate`, CloudFormation starts a
deployment and waits for it. The hook before the traffic is invoked and has an hour to report; then the alias shifts its
weights as the deployment configuration says; then the hook after the traffic is invoked. An alarm of the deployment
group that goes off, a hook that fails or does not report, and a request to stop end the deployment; with automatic
rollback the alias goes back to the old version at once, and no hook runs. CloudFormation then fails the update of the
alias and rolls the stack back. The creation of an alias is no deployment.

Here a minute of a deployment configuration, and of the hour that hooks have, takes a second, unless the local cloud
was started with `real_waits`. The periods of alarms stay as they are. Aliases of one stack shift one after another.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html,
https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html,
https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html,
https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html
"""

from __future__ import annotations

from . import alias_updates, operations, resources


def apply() -> None:
    """Serve CodeDeploy's API, create its resources, and let aliases be updated by it."""
    operations.serve()
    resources.provide()
    alias_updates.route()
