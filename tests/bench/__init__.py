"""What the library costs, against the same infrastructure written by hand with the CDK's L2 constructs.

`python -m tests.bench` prints it; `test_budgets.py` gates what can be counted.
"""
