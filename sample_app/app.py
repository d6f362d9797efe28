"""What cdk.json runs."""

from __future__ import annotations

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from sample_app.stacks.document_conversion import DocumentConversion

app = cdk.App()
cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
DocumentConversion(app, "DocumentConversion", description="Excel workbooks in, CSV files out")
app.synth()
