"""What cdk.json runs."""

from __future__ import annotations

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from sample_app.stacks.document_conversion import DocumentConversion
from sample_app.stages import STAGES, define_stage

app = cdk.App()
cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
# In whatever account a profile names, and on the local cloud: `cdk deploy`.
DocumentConversion(app, "DocumentConversion", description="Excel workbooks in, CSV files out")
# In the stages' own accounts: `cdk deploy "Prod/*"`.
for settings in STAGES:
    define_stage(app, settings)
app.synth()
