"""Run the app on this machine: deploy it to a local cloud, send events, see what happens.

The local cloud is a process on this machine, one for each project: no account and no Docker. A project is the nearest
folder, from the current one upward, that has a cdk.json.
"""
