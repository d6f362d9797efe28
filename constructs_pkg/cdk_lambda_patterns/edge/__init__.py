"""What runs at CloudFront's edge: functions of Lambda@Edge, and CloudFront Functions."""
